// Makes the Kinesis client that subscriptions go through: HTTP/2, and HTTP/1.1 for emulators. It knows no shard.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { clientConfig, type KinesisAccess } from '../kinesis/client.ts';

export interface FanOutAccess extends KinesisAccess {
  /** Default: true, but for an endpoint that is `http://`. An `https://` emulator that speaks HTTP/1.1 only wants `false`. */
  readonly http2?: boolean;
}

/** One socket a subscription, and one subscription a shard: no worker holds as many. */
const socketsMax = 4_096;
const connectTimeoutMs = 5_000;
/** Until the head of an answer; an open subscription is watched by its reader. */
const headTimeoutMs = 20_000;
/** A connection on which nothing moves for so long is closed. Longer than any silence that a reader allows: it is the last resort. */
const idleTimeoutMs = 120_000;

function handler(http2: boolean): NodeHttp2Handler | NodeHttpHandler {
  // The handler gives each event stream a connection of its own, so that no limit of concurrent streams is ever met. Its time-out
  // of a request stays unset: it would close a subscription that is not read for a while without a word.
  if (http2) return new NodeHttp2Handler({ sessionTimeout: idleTimeoutMs });
  const agent = { keepAlive: true, maxSockets: socketsMax };
  return new NodeHttpHandler({
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent(agent),
    connectionTimeout: connectTimeoutMs,
    requestTimeout: headTimeoutMs,
    throwOnRequestTimeout: true,
  });
}

/** Destroying it does not end subscriptions that are open: their signals do. */
export function createFanOutClient({ http2, ...access }: FanOutAccess): KinesisClient {
  return new KinesisClient({
    ...clientConfig(access),
    requestHandler: handler(http2 ?? access.endpoint?.startsWith('http://') !== true),
  });
}
