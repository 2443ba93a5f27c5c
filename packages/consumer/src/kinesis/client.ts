// Makes the Kinesis client. HTTP/1.1 with keep-alive: the SDK's default of HTTP/2 is answered badly by emulators and helps
// polling nothing. It knows no stream.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createRequestHandler } from './http/handler.ts';

export interface KinesisAccess {
  readonly endpoint?: string;
  readonly region?: string;
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

/** One attempt a call: the reader decides about retries, so that a stop is never behind the SDK's own pauses. */
export function createKinesisClient(access: KinesisAccess): KinesisClient {
  return new KinesisClient({
    ...(access.endpoint === undefined ? {} : { endpoint: access.endpoint }),
    ...(access.region === undefined ? {} : { region: access.region }),
    maxAttempts: 1,
    requestHandler: createRequestHandler({ connectMs: connectTimeoutMs, quietMs: answerTimeoutMs }),
  });
}
