// Asks Kinesis which shards a stream has. It keeps nothing and knows no lease.
import { DescribeStreamSummaryCommand, type KinesisClient, ListShardsCommand, type Shard, type ShardFilter } from '@aws-sdk/client-kinesis';
import type { ChildShard, Machine, ShardListing, StreamIdentity } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { retryDelayMs } from '../retry.ts';
import type { ConsumerEvent } from '../types.ts';
import { sortKinesisError } from './errors.ts';

/** AWS allows 10,000 shards an answer; emulators give 100. */
const pagesMax = 1_000;

function listing(shard: Shard): ShardListing {
  const { StartingHashKey: start, EndingHashKey: end } = shard.HashKeyRange ?? {};
  return {
    shardId: shard.ShardId ?? '',
    parents: [shard.ParentShardId, shard.AdjacentParentShardId].filter((id): id is string => id !== undefined && id !== ''),
    ...(start === undefined || end === undefined ? {} : { hashRange: { start, end } }),
    closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
  };
}

/** Every shard that the stream still has, closed ones included; `filter` leaves out some, where the service knows it. Throws `ConsumerError`. */
export async function listShards(client: KinesisClient, stream: string, signal: AbortSignal, filter?: ShardFilter): Promise<readonly ShardListing[]> {
  const found: ShardListing[] = [];
  // The token stands for the filter, too.
  const first = { StreamName: stream, ...(filter === undefined ? {} : { ShardFilter: filter }) };
  let token: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    try {
      const answer = await client.send(new ListShardsCommand(token === undefined ? first : { NextToken: token }), { abortSignal: signal });
      for (const shard of answer.Shards ?? []) found.push(listing(shard));
      token = answer.NextToken;
    } catch (error) {
      signal.throwIfAborted();
      throw sortKinesisError(error, stream);
    }
    if (token === undefined) break;
  }
  return found;
}

export interface ListingParts {
  readonly client: KinesisClient;
  readonly stream: string;
  readonly machine: Machine;
  onEvent(event: ConsumerEvent): void;
}

/** Asks until it is answered. Throws only what no repetition mends, or the signal's reason. */
async function patiently<T>({ stream, machine, onEvent }: ListingParts, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || !(error instanceof ConsumerError) || !error.retryable) throw error;
      const retryInMs = retryDelayMs(attempt, machine.random.number());
      onEvent({ kind: 'listing-failed', stream, error, retryInMs });
      await machine.timers.sleep(retryInMs, signal);
    }
  }
}

/** `listShards`, repeated until it answers. Throws only what no repetition mends, or the signal's reason. */
export function listShardsPatiently(parts: ListingParts, signal: AbortSignal): Promise<readonly ShardListing[]> {
  return patiently(parts, signal, () => listShards(parts.client, parts.stream, signal));
}

/** The shards that were open at a time, in milliseconds since 1970; an emulator may answer with all there are. Throws likewise. */
export function listShardsAtPatiently(parts: ListingParts, atMs: number, signal: AbortSignal): Promise<readonly ShardListing[]> {
  const filter: ShardFilter = { Type: 'AT_TIMESTAMP', Timestamp: new Date(atMs) };
  return patiently(parts, signal, () => listShards(parts.client, parts.stream, signal, filter));
}

/** What tells the stream from another of the same name. Throws likewise. */
export function identifyPatiently(parts: ListingParts, signal: AbortSignal): Promise<StreamIdentity | undefined> {
  const { client, stream } = parts;
  return patiently(parts, signal, async () => {
    try {
      const { StreamDescriptionSummary: summary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: stream }), { abortSignal: signal });
      if (summary?.StreamARN === undefined) return undefined;
      const created = summary.StreamCreationTimestamp?.getTime();
      return { arn: summary.StreamARN, ...(created === undefined || Number.isNaN(created) ? {} : { createdAtS: Math.trunc(created / 1000) }) };
    } catch (error) {
      signal.throwIfAborted();
      throw sortKinesisError(error, stream);
    }
  });
}

/** The shards that follow `shardId`, read from a listing: for services that do not name them at the end of a shard. */
export function childrenOf(shards: readonly ShardListing[], shardId: string): readonly ChildShard[] {
  return shards
    .filter((shard) => shard.parents.includes(shardId))
    .map(({ shardId: id, parents, hashRange }) => ({ shardId: id, parents, ...(hashRange === undefined ? {} : { hashRange }) }));
}
