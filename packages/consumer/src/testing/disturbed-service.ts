// What can happen to a call on its way to a service and back. Over the Kinesis in memory as over a real one: it knows only the seam.
import type { ShardListing } from '@shardfold/lease';
import { sortKinesisError } from '../kinesis/errors.ts';
import type { Page, StartAt, StreamService } from '../source/service.ts';
import type { ShardRef } from '../types.ts';
import { unlessAborted } from '../unless-aborted.ts';

/** A call as it arrives, before anything is done about it. */
export type ServiceCall =
  | { readonly operation: 'list' }
  | { readonly operation: 'describe'; readonly stream: string }
  | { readonly operation: 'listShards'; readonly stream: string; readonly openAtMs?: number }
  | { readonly operation: 'iterator'; readonly shard: ShardRef; readonly from: StartAt }
  | { readonly operation: 'page'; readonly shard: ShardRef; readonly iterator: string; readonly limit: number };

/** Kinds that do not fit a call let it through. */
export type Disturbance =
  /** Refused with STREAM_THROTTLED; the service never sees it. */
  | { readonly kind: 'throttle' }
  /** A page: refused with ITERATOR_EXPIRED, as every later one of this iterator. */
  | { readonly kind: 'expire' }
  /** The connection breaks (STREAM_UNREACHABLE) before the service did anything, or when it has and its answer is lost. */
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' }
  /** Carried out now, answered then. */
  | { readonly kind: 'late'; readonly until: Promise<unknown> }
  /** A page: so many records at most. None: empty, with a continuation. */
  | { readonly kind: 'short'; readonly records: number }
  /** A page: the next one begins with the records of this one again. */
  | { readonly kind: 'repeat' }
  /** Shards of a stream: these, of some time ago. */
  | { readonly kind: 'stale'; readonly shards: readonly ShardListing[] };

/**
 * Called with each call as it arrives. A promise is waited for first: the call is under way until then. What the hook itself does to
 * the service (a reshard, say) happens at this very moment, and what it throws is what the caller gets.
 */
export type ServiceHook = (call: ServiceCall, signal: AbortSignal) => Disturbance | undefined | Promise<Disturbance | undefined>;

const expiredMax = 1_000;

/** As the product sees an error of the service that has this name. */
export function refusal(name: string, message: string, stream: string): Error {
  return sortKinesisError(Object.assign(new Error(message), { name }), stream);
}

function streamOf(call: ServiceCall): string {
  if ('shard' in call) return call.shard.stream;
  return 'stream' in call ? call.stream : '*';
}

const brokenOff = (call: ServiceCall): Error => refusal('Error', 'the connection was broken off', streamOf(call));

function refuse(call: ServiceCall, disturbance: Disturbance | undefined): void {
  if (disturbance?.kind === 'throttle') throw refusal('ProvisionedThroughputExceededException', 'throttled by a hook', streamOf(call));
  if (disturbance?.kind === 'cut' && disturbance.when === 'before') throw brokenOff(call);
}

const emptyPage = (next: string): Page => ({ records: [], retainedBytes: 0, next, behindLatestMs: 1, free: () => undefined });

async function disturbedPage(
  disturbance: Disturbance | undefined,
  { iterator, limit }: { readonly iterator: string; readonly limit: number },
  ask: (limit: number) => Promise<Page>,
): Promise<Page> {
  if (disturbance?.kind === 'short') return disturbance.records === 0 ? emptyPage(iterator) : ask(Math.min(limit, disturbance.records));
  const page = await ask(limit);
  if (disturbance?.kind !== 'repeat') return page;
  const { children: _children, ...rest } = page;
  return { ...rest, next: iterator };
}

/**
 * Two moments for each call, as on a network: it arrives and is carried out, its answer arrives. Either may be late, or never come.
 * Several of these over one service are several readers, each with a network of its own.
 */
export function disturbedService(service: StreamService, hook: ServiceHook): StreamService {
  const expired = new Set<string>();

  function refuseExpired(call: ServiceCall, disturbance: Disturbance | undefined): void {
    if (call.operation !== 'page') return;
    if (disturbance?.kind === 'expire') expired.add(call.iterator);
    if (expired.has(call.iterator)) throw refusal('ExpiredIteratorException', 'expired by a hook', streamOf(call));
    // Whoever has a newer one does not come back with the oldest.
    for (const oldest of expired) if (expired.size > expiredMax) expired.delete(oldest);
  }

  async function through<T>(call: ServiceCall, signal: AbortSignal, ask: (disturbance: Disturbance | undefined) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const verdict = hook(call, signal);
    const disturbance = verdict instanceof Promise ? await unlessAborted(verdict, signal) : verdict;
    signal.throwIfAborted();
    refuse(call, disturbance);
    refuseExpired(call, disturbance);
    const answer = await ask(disturbance);
    if (disturbance?.kind === 'cut') throw brokenOff(call);
    if (disturbance?.kind === 'late') await unlessAborted(disturbance.until, signal);
    return answer;
  }

  return {
    ...service,
    list: (signal) => through({ operation: 'list' }, signal, () => service.list(signal)),
    describe: (stream, signal) => through({ operation: 'describe', stream }, signal, () => service.describe(stream, signal)),
    listShards: (stream, signal, openAtMs) =>
      through({ operation: 'listShards', stream, ...(openAtMs === undefined ? {} : { openAtMs }) }, signal, async (disturbance) =>
        disturbance?.kind === 'stale' ? disturbance.shards : service.listShards(stream, signal, openAtMs),
      ),
    iterator: (shard, from, signal) => through({ operation: 'iterator', shard, from }, signal, () => service.iterator(shard, from, signal)),
    page: (shard, iterator, limit, signal) =>
      through({ operation: 'page', shard, iterator, limit }, signal, (disturbance) =>
        disturbedPage(disturbance, { iterator, limit }, (most) => service.page(shard, iterator, most, signal)),
      ),
  };
}
