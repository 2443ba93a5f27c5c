// The shard tree of a stream as the fleet needs it, out of what DescribeStream lists. Pure; it asks nobody.
import type { Shard, StreamStatus } from '@aws-sdk/client-dynamodb-streams';
import type { ChildShard, ShardListing } from '@shardfold/lease';

export interface ListedStream {
  readonly status: StreamStatus | undefined;
  /** In any order; one that is listed twice counts as it was listed last. */
  readonly shards: readonly Shard[];
}

/**
 * Shards live for four hours or less, and one that has none of its records left is listed no more: its children name it all the
 * same. The listing is eventually consistent: a shard that others follow takes no more records, whatever it says of itself.
 * Nor do those of a stream that was switched off.
 */
export function listingOf({ status, shards }: ListedStream): readonly ShardListing[] {
  const byId = new Map<string, Shard>();
  const followed = new Set<string>();
  for (const shard of shards) {
    if (shard.ShardId !== undefined) byId.set(shard.ShardId, shard);
    if (shard.ParentShardId !== undefined) followed.add(shard.ParentShardId);
  }
  return [...byId].map(([shardId, { ParentShardId: parent, SequenceNumberRange: range }]) => ({
    shardId,
    parents: parent === undefined ? [] : [parent],
    closed: range?.EndingSequenceNumber !== undefined || followed.has(shardId) || status === 'DISABLED',
  }));
}

/**
 * What follows a shard that has ended, out of an answer about its children: undefined where nothing is listed yet, an empty list
 * where nothing ever will be, because the stream was switched off.
 */
export function followersOf(shardId: string, { status, shards }: ListedStream): readonly ChildShard[] | undefined {
  // An emulator lists all shards, whatever it was asked for.
  const children = shards.flatMap(({ ShardId: id, ParentShardId: parent }) =>
    id !== undefined && parent === shardId ? [{ shardId: id, parents: [parent] }] : [],
  );
  return children.length === 0 && status !== 'DISABLED' ? undefined : children;
}
