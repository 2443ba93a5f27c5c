// Answers a reader's calls from streams in memory, with the refusals that AWS has. It knows no clock but the one that it is given.
import type { ChildShard, ShardListing } from '@shardfold/lease';
import { ConsumerError } from '../../errors.ts';
import type { Page, StartAt, StreamDescription, StreamService } from '../../source/service.ts';
import type { ShardRef } from '../../types.ts';
import { refusal } from '../disturbed-service.ts';
import { iteratorLifeMs, iteratorText, readIterator, type ShardIterator } from './iterators.ts';
import { pageAt } from './pages.ts';
import { timeOfSequence } from './sequences.ts';
import type { KeptShard, KeptStream, Streams } from './streams.ts';

export interface ServiceParts {
  readonly streams: Streams;
  nowMs(): number;
  readonly limits: 'aws' | 'none';
  readonly pageBytesMax: number;
  readonly namesChildren: boolean;
  readonly endsEmpty: boolean;
}

const limitMax = 10_000;

const invalid = (stream: string, message: string): Error => refusal('InvalidArgumentException', message, stream);

function streamNamed({ streams }: ServiceParts, stream: string): KeptStream {
  const kept = streams.find(stream);
  if (kept === undefined) throw refusal('ResourceNotFoundException', 'no such stream', stream);
  return kept;
}

function shardNamed(parts: ServiceParts, { stream, shardId }: ShardRef): { readonly stream: KeptStream; readonly shard: KeptShard } {
  const kept = streamNamed(parts, stream);
  const shard = parts.streams.shard(kept, shardId);
  if (shard !== undefined) return { stream: kept, shard };
  throw new ConsumerError('SHARD_GONE', `Shard ${shardId} is not in stream ${stream}, or not any more. Nothing is read of it. Look at what the stream lists.`, {
    retryable: false,
  });
}

function describe(parts: ServiceParts, stream: string): StreamDescription {
  const { name, arn, createdAtS, retentionMs } = streamNamed(parts, stream);
  return { name, arn, createdAtS, retentionMs };
}

function listShards(parts: ServiceParts, stream: string, openAtMs: number | undefined): readonly ShardListing[] {
  const wasOpen = ({ openedMs, closedMs }: KeptShard): boolean =>
    openAtMs === undefined || (openedMs <= openAtMs && (closedMs === undefined || closedMs > openAtMs));
  const shards = parts.streams.shards(streamNamed(parts, stream)).filter(wasOpen);
  return shards.map(({ shardId, parents, range, closedMs }) => ({ shardId, parents, hashRange: range, closed: closedMs !== undefined }));
}

function placeOf({ streams, nowMs }: ServiceParts, stream: string, shard: KeptShard, from: StartAt): number {
  const { log } = shard;
  switch (from.kind) {
    case 'trim-horizon':
      return log.first();
    case 'latest':
      return log.end();
    case 'timestamp':
      if (from.atMs > nowMs()) throw invalid(stream, 'the time is in the future');
      return log.placeSince(from.atMs);
    case 'at-sequence':
    case 'after-sequence': {
      const { sequence } = from;
      if (!streams.hasGiven(sequence, shard)) throw invalid(stream, `${sequence} did not come from ${shard.shardId} of this stream`);
      const place = log.placeOf(sequence);
      return from.kind === 'after-sequence' && log.at(place)?.sequence === sequence ? place + 1 : place;
    }
    default:
      return from satisfies never;
  }
}

/** Throws what AWS answers to an iterator that is not good for this shard now. */
function good({ nowMs }: ServiceParts, stream: KeptStream, shardId: string, text: string): ShardIterator {
  const iterator = readIterator(text);
  if (iterator === undefined || iterator.shardId !== shardId || iterator.createdAtS !== stream.createdAtS)
    throw invalid(stream.name, 'the iterator is none of this shard');
  if (nowMs() - iterator.givenMs > iteratorLifeMs) throw refusal('ExpiredIteratorException', 'the iterator is older than 5 minutes', stream.name);
  return iterator;
}

function childrenOf(parts: ServiceParts, stream: KeptStream, shard: KeptShard): readonly ChildShard[] | undefined {
  if (shard.closedMs === undefined) return undefined;
  if (!parts.namesChildren) return [];
  return shard.children.flatMap((id) => {
    const child = parts.streams.shard(stream, id);
    return child === undefined ? [] : [{ shardId: id, parents: child.parents, hashRange: child.range }];
  });
}

type GiveIterator = (stream: KeptStream, shard: KeptShard, place: number) => string;

interface PageCall {
  readonly ref: ShardRef;
  readonly iterator: string;
  readonly limit: number;
}

function page(parts: ServiceParts, { ref, iterator, limit }: PageCall, giveIterator: GiveIterator): Page {
  const { nowMs, pageBytesMax, endsEmpty } = parts;
  const { stream, shard } = shardNamed(parts, ref);
  const { place } = good(parts, stream, shard.shardId, iterator);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= limitMax)) throw invalid(ref.stream, `a limit of ${limit}`);
  const refusedFor = parts.limits === 'aws' ? shard.meter.refuses(nowMs()) : undefined;
  if (refusedFor !== undefined) throw refusal('ProvisionedThroughputExceededException', refusedFor, ref.stream);
  const answer = pageAt({
    shard: ref,
    log: shard.log,
    place,
    limit,
    bytesMax: pageBytesMax,
    nowMs: nowMs(),
    children: childrenOf(parts, stream, shard),
    endsEmpty,
    iteratorAt: (next) => giveIterator(stream, shard, next),
  });
  shard.meter.charge(answer.retainedBytes, nowMs());
  return answer;
}

/** @param signal of the caller, which may be gone */
async function answered<T>(signal: AbortSignal, answer: () => T): Promise<T> {
  signal.throwIfAborted();
  return answer();
}

export function createMemoryService(parts: ServiceParts): StreamService {
  let given = 0;
  const giveIterator: GiveIterator = ({ createdAtS }, { shardId }, place) => {
    given += 1;
    return iteratorText({ createdAtS, shardId, place, givenMs: parts.nowMs(), serial: given });
  };
  return {
    list: (signal) => answered(signal, () => parts.streams.names()),
    describe: (stream, signal) => answered(signal, () => describe(parts, stream)),
    listShards: (stream, signal, openAtMs) => answered(signal, () => listShards(parts, stream, openAtMs)),
    iterator: (ref, from, signal) =>
      answered(signal, () => {
        const { stream, shard } = shardNamed(parts, ref);
        return giveIterator(stream, shard, placeOf(parts, ref.stream, shard, from));
      }),
    page: (ref, iterator, limit, signal) => answered(signal, () => page(parts, { ref, iterator, limit }, giveIterator)),
    timeOf: timeOfSequence,
    close: () => undefined,
  };
}
