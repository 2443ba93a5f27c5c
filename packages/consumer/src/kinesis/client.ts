// Makes the Kinesis client. HTTP/1.1 with keep-alive: the SDK's default of HTTP/2 is answered badly by emulators and helps
// polling nothing. It knows no stream.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createRequestHandler } from './http/handler.ts';

/** Where an AWS service is asked, and as whom. What is absent comes from where the SDK finds it: environment, profile, instance. */
export interface KinesisAccess {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: NonNullable<KinesisClientConfig['credentials']>;
}

const socketsMax = 256;
const connectTimeoutMs = 5_000;
const answerTimeoutMs = 20_000;

/** Connections are kept open. */
export function createHttpHandler(): NodeHttpHandler {
  const agent = { keepAlive: true, maxSockets: socketsMax };
  return new NodeHttpHandler({
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent(agent),
    connectionTimeout: connectTimeoutMs,
    requestTimeout: answerTimeoutMs,
    throwOnRequestTimeout: true,
    // The time-out of a request ends with the head of its answer; a body that stalls must not hang for ever.
    socketTimeout: answerTimeoutMs,
  });
}

/** What every client of this package is made with. One attempt a call: readers decide about retries, so that a stop is never behind the SDK's own pauses. */
export function clientConfig({ endpoint, region, credentials }: KinesisAccess): KinesisAccess & { readonly maxAttempts: number } {
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 1,
  };
}

export function createKinesisClient(access: KinesisAccess): KinesisClient {
  return new KinesisClient({
    ...clientConfig(access),
    requestHandler: createRequestHandler({ connectMs: connectTimeoutMs, quietMs: answerTimeoutMs }),
  });
}
