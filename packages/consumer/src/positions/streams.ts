// The streams of a lease table, as a command finds them: asked once, for what is there now. It keeps nothing, and reads no record.
import { type Lease, type LeaseNames, type Machine, type ShardListing, streamIdentityText } from '@shardfold/lease';
import { inParallel } from '../in-parallel.ts';
import { patiently } from '../source/asking.ts';
import type { StreamDescription, StreamService } from '../source/service.ts';
import { isPattern, isSingle, matcher, multiStreamName } from '../streams/names.ts';
import type { ShardRef } from '../types.ts';

export interface StreamsParts {
  readonly service: StreamService;
  /** Names, ARNs or patterns. */
  readonly streams: readonly string[];
  readonly machine: Machine;
}

export interface NamedStream {
  /** As it is asked for: its name or ARN. */
  readonly stream: string;
  /** How its rows are named. */
  readonly names: LeaseNames;
  /** What rows of a single-stream table say that they are of. */
  readonly source?: string;
  /** How long it keeps its records, where it says. */
  readonly retentionMs?: number;
}

const triesMax = 4;

/** Asks the service a few times at most. */
export function ask<T>({ machine }: StreamsParts, stream: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  return patiently({ stream, machine, triesMax, onEvent: () => undefined }, signal, call);
}

async function namesOf(parts: StreamsParts, signal: AbortSignal): Promise<readonly string[]> {
  const { service, streams } = parts;
  const patterns = streams.filter(isPattern).map(matcher);
  const named = streams.filter((stream) => !isPattern(stream));
  if (patterns.length === 0) return named;
  const all = await ask(parts, streams.filter(isPattern).join(', '), signal, () => service.list(signal));
  return [...new Set([...named, ...all.filter((name) => patterns.some((matches) => matches(name)))])];
}

function namedStream(stream: string, description: StreamDescription, single: boolean): NamedStream {
  const { arn, createdAtS, retentionMs } = description;
  const kept = retentionMs === undefined ? {} : { retentionMs };
  if (!single) {
    const name = multiStreamName(description);
    return { stream, ...kept, names: { stream: name, leaseKey: (shardId) => `${name}:${shardId}` } };
  }
  return {
    stream,
    ...kept,
    names: { leaseKey: (shardId) => shardId },
    source: streamIdentityText({ arn, ...(createdAtS === undefined ? {} : { createdAtS }) }),
  };
}

/** Throws `ConsumerError` when one of them cannot be asked. */
export async function findStreams(parts: StreamsParts, signal: AbortSignal): Promise<readonly NamedStream[]> {
  const single = isSingle(parts.streams);
  return inParallel(await namesOf(parts, signal), async (stream) =>
    namedStream(stream, await ask(parts, stream, signal, () => parts.service.describe(stream, signal)), single),
  );
}

export function shardRef({ stream, names }: NamedStream, shard: Pick<ShardListing, 'shardId' | 'hashRange'>): ShardRef {
  const { shardId, hashRange } = shard;
  return { stream, shardId, key: names.leaseKey(shardId), ...(hashRange === undefined ? {} : { hashRange }) };
}

/** Undefined: the configuration does not name its stream (any more). */
export function streamOf(streams: readonly NamedStream[], { stream }: Pick<Lease, 'stream'>): NamedStream | undefined {
  return streams.find(({ names }) => names.stream === stream);
}
