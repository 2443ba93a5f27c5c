// The way between a worker and the stream, as `network.ts` is the way to the table: each call is two events, and either may be late or
// lost. What the service itself does to a call (throttled, short, stale) it does when the request arrives.
import { ConsumerError, type Page, type StreamService } from '@shardfold/consumer';
import type { Disturbance, ServiceCall } from '@shardfold/consumer/testing';
import type { VirtualTime } from '@shardfold/lease/testing';
import { readIterator } from '../../../packages/consumer/src/testing/memory-kinesis/iterators.ts';
import type { Chance } from '../chance.ts';
import type { Host } from '../network.ts';
import type { StreamWeather } from './settings.ts';
import type { ConsumerStream } from './stream.ts';

/** What is the same for all workers, and changes. */
export interface StreamNetwork {
  weather: StreamWeather;
  /** Until then, so many of the calls are throttled. */
  throttled: { readonly probability: number; readonly untilMs: number };
  /** How much later than it happened a reshard shows in listings, at most. */
  maxListingLagMs: number;
}

export interface StreamServiceOptions {
  readonly stream: ConsumerStream;
  readonly network: StreamNetwork;
  readonly host: Host & { blind: boolean };
  readonly time: VirtualTime;
  readonly chance: Chance;
  /** A page is asked for from this place of the service's records in a shard. */
  readonly onPage: (shardId: string, place: number) => void;
}

/** The real client waits longer; here it would only be silence. */
const answerTimeoutMs = 3_000;
const neverAborted = new AbortController().signal;

type Answer<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly error: unknown };

/** What the service does to a call. */
function disturbance(options: StreamServiceOptions, call: ServiceCall, listings: StreamService): Disturbance | undefined | Promise<Disturbance> {
  const { network, chance, time, stream } = options;
  const { weather, throttled, maxListingLagMs } = network;
  if (throttled.untilMs > time.nowMs() && chance.hits(throttled.probability)) return { kind: 'throttle' };
  if (call.operation === 'listShards' && call.openAtMs === undefined && maxListingLagMs > 0) {
    const lag = (): number => time.nowMs() - chance.between(0, maxListingLagMs);
    const [shownMs, closedMs] = [lag(), lag()];
    return listings.listShards(stream.name, neverAborted).then((shards) => ({ kind: 'stale', shards: stream.listed(shards, shownMs, closedMs) }));
  }
  if (call.operation !== 'page') return undefined;
  options.onPage(call.shard.shardId, readIterator(call.iterator)?.place ?? 0);
  if (chance.hits(weather.expire)) return { kind: 'expire' };
  if (chance.hits(weather.empty)) return { kind: 'short', records: 0 };
  if (chance.hits(weather.repeat)) return { kind: 'repeat' };
  return chance.hits(weather.short) ? { kind: 'short', records: chance.whole(1, 3) } : undefined;
}

export function simulatedService(options: StreamServiceOptions): StreamService {
  const { stream, network, host, time, chance } = options;
  const { machine } = host;
  const served = stream.kinesis.intercept((call) => disturbance(options, call, stream.kinesis.service));

  /** How long a way takes; undefined: it never ends. */
  function way(lose: number): number | undefined {
    const { minLatencyMs, maxLatencyMs, delay, maxDelayMs } = network.weather;
    if (host.blind || chance.hits(lose)) return undefined;
    return chance.between(minLatencyMs, maxLatencyMs) + (chance.hits(delay) ? chance.between(0, maxDelayMs) : 0);
  }

  function through<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      let settled = false;
      const settle = (finish: () => void): void => {
        if (settled) return;
        settled = true;
        cancelTimeout();
        signal.removeEventListener('abort', aborted);
        finish();
      };
      const aborted = (): void => settle(() => reject(signal.reason));
      const cancelTimeout = machine.timers.after(answerTimeoutMs, () =>
        settle(() => reject(new ConsumerError('STREAM_UNREACHABLE', `${stream.name} did not answer in time.`, { retryable: true }))),
      );
      signal.addEventListener('abort', aborted, { once: true });
      const there = way(network.weather.loseRequest);
      const back = way(network.weather.loseAnswer);
      const tell = (answer: Answer<T>): void => {
        if (host.blind) return;
        settle(() => (answer.kind === 'done' ? resolve(answer.value) : reject(answer.error)));
      };
      const arrives = (): void => {
        ask().then(
          (value) => back !== undefined && machine.deliver(back, () => tell({ kind: 'done', value })),
          (error: unknown) => back !== undefined && machine.deliver(back, () => tell({ kind: 'failed', error })),
        );
      };
      if (there !== undefined) time.after(there, arrives);
    });
  }

  return {
    list: (signal) => through(signal, () => served.list(neverAborted)),
    describe: (name, signal) => through(signal, () => served.describe(name, neverAborted)),
    listShards: (name, signal, openAtMs) => through(signal, () => served.listShards(name, neverAborted, openAtMs)),
    iterator: (shard, from, signal) => through(signal, () => served.iterator(shard, from, neverAborted)),
    page: (shard, iterator, limit, signal) => through<Page>(signal, () => served.page(shard, iterator, limit, neverAborted)),
    ...(served.timeOf === undefined ? {} : { timeOf: served.timeOf }),
    close: () => undefined,
  };
}
