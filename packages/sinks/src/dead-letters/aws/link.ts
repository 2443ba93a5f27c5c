// The way to an AWS service: its client, loaded when it is first needed, over HTTP/1.1, and what becomes of failures. It knows
// no letter.
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { stopped } from '../../sql/errors.ts';
import { SinkError } from '../../types.ts';
import { type AwsPlace, sortAwsError } from './errors.ts';

/** Where a service is asked, and as whom. What is absent comes from where the SDK finds it: environment, profile, instance. */
export interface AwsAccess {
  readonly region?: string;
  /** For services that speak AWS's words but are others. */
  readonly endpoint?: string;
  readonly credentials?: NonNullable<S3ClientConfig['credentials']>;
}

const socketsMax = 32;
const connectTimeoutMs = 5_000;
const answerTimeoutMs = 20_000;
/** The SDK repeats what it knows to be worth it; the signal ends its pauses. */
const maxAttempts = 3;

export interface AwsConfig extends AwsAccess {
  readonly maxAttempts: number;
  readonly requestHandler: NodeHttpHandler;
}

/** What every client is made with. */
export async function awsConfig({ region, endpoint, credentials }: AwsAccess): Promise<AwsConfig> {
  const { NodeHttpHandler: Handler } = await import('@smithy/node-http-handler');
  const agent = { keepAlive: true, maxSockets: socketsMax };
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts,
    requestHandler: new Handler({
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: connectTimeoutMs,
      requestTimeout: answerTimeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: answerTimeoutMs,
    }),
  };
}

export interface Link<Reached> {
  readonly place: AwsPlace;
  /** Throws `SinkError`, SINK_CLOSED when the signal aborts or the link was closed. */
  ask<T>(signal: AbortSignal, use: (reached: Reached) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function createLink<Reached extends { readonly client: { destroy(): void } }>(place: AwsPlace, connect: () => Promise<Reached>): Link<Reached> {
  let reached: Promise<Reached> | undefined;
  let closed = false;
  function refuse(signal: AbortSignal): void {
    if (closed) throw new SinkError('SINK_CLOSED', `${place.name}: it was closed; nothing was asked.`, { retryable: false });
    if (signal.aborted) throw stopped(place.name);
  }
  return {
    place,
    async ask(signal, use) {
      refuse(signal);
      try {
        reached ??= connect();
        return await use(await reached);
      } catch (error) {
        refuse(signal);
        throw sortAwsError(error, place);
      }
    },
    async close() {
      closed = true;
      const connected = reached;
      reached = undefined;
      (await connected?.catch(() => undefined))?.client.destroy();
    },
  };
}
