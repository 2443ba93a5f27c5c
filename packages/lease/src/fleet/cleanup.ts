// Decides which rows of finished shards nobody needs any more, and which of them this worker clears away. Pure; the conditions
// of the writes settle what two workers both clear away.
import type { LeaseNames } from '../streams.ts';
import type { BrokenRow, Identity, Lease, ShardListing } from '../types.ts';
import { type Observations, stillSinceMs } from './observe.ts';
import { isFinished, isForeign, ownerId, workerId } from './ownership.ts';
import { type Contender, comesFirst, hashOf } from './rendezvous.ts';

/**
 * How long a finished row is left alone. A creation that rests on what another worker saw before the shard was begun must be
 * long over: it would begin the shard anew. Much longer than a sync's view may be old.
 */
export const restMs = 300_000;

export interface CleanupInput extends LeaseNames {
  readonly listing: readonly ShardListing[];
  /** The rows of this stream. */
  readonly rows: readonly Lease[];
  /** Rows of the table that cannot be read, of whichever stream. */
  readonly broken: readonly BrokenRow[];
  readonly observations: Observations;
  /** Monotonic time at which the answer with these rows came. */
  readonly nowMs: number;
  readonly durationMs: number;
  readonly me: Identity;
}

export interface Removal {
  readonly lease: Lease;
  /** Shards that follow it: they must have begun when the row is deleted, too. */
  readonly children: readonly string[];
}

export interface Cleanup {
  /** Finished rows that a Java worker, or one that died, still owns. */
  readonly disown: readonly Lease[];
  /** Ancestors' rows go first, one generation at a time. */
  readonly remove: readonly Removal[];
}

/** Somebody has read from this shard: proof that what is before it is done. To stand at `latest` is none, though Java takes it for one. */
export function isBegun(row: Lease | undefined): boolean {
  return row?.position.kind === 'sequence' || row?.position.kind === 'shard-end';
}

/** By shard id, of these shards: what a row or the listing says follows them. */
function childrenOf(finished: readonly Lease[], { rows, listing }: CleanupInput): ReadonlyMap<string, ReadonlySet<string>> {
  const children = new Map(finished.map((row) => [row.shardId, new Set(row.children)]));
  const add = (parent: string, child: string): void => void children.get(parent)?.add(child);
  for (const { shardId, parents } of [...rows, ...listing]) for (const parent of parents) add(parent, shardId);
  return children;
}

/** The live workers of ours that the rows show, this one left out. */
function others({ rows, observations, nowMs, durationMs, me }: CleanupInput): readonly Contender[] {
  const live = new Set<string>();
  for (const row of rows) {
    const owner = ownerId(row);
    if (owner !== undefined && !isForeign(owner) && nowMs - stillSinceMs(observations.get(row.key), row, owner, nowMs) < durationMs) live.add(owner);
  }
  live.delete(workerId(me));
  return [...live].map((id) => ({ id, hash: hashOf(id) }));
}

/** What this worker clears away: of all rows that may go, those for which it comes first among the live workers it sees. */
export function planCleanup(input: CleanupInput): Cleanup {
  const { listing, rows, broken, observations, nowMs, durationMs, me, leaseKey } = input;
  const finished = rows.filter(isFinished);
  if (finished.length === 0) return { disown: [], remove: [] };
  const byShard = new Map(rows.map((row) => [row.shardId, row]));
  const listed = new Map(listing.map((shard) => [shard.shardId, shard]));
  const brokenKeys = new Set(broken.map((row) => row.key));
  const children = childrenOf(finished, input);
  const among = others(input);
  const self: Contender = { id: workerId(me), hash: hashOf(workerId(me)) };
  const hasRow = (shardId: string): boolean => byShard.has(shardId) || brokenKeys.has(leaseKey(shardId));

  const disown: Lease[] = [];
  const remove: Removal[] = [];
  const isMine = ({ key }: Lease): boolean => comesFirst(self, among, hashOf(key));
  for (const lease of finished) {
    const owner = ownerId(lease);
    const stillMs = nowMs - stillSinceMs(observations.get(lease.key), lease, owner, nowMs);
    if (owner !== undefined) {
      if (stillMs >= durationMs && isMine(lease)) disown.push(lease);
      continue;
    }
    const parents = [...lease.parents, ...(listed.get(lease.shardId)?.parents ?? [])];
    const followers = [...(children.get(lease.shardId) ?? [])];
    // Without a known child nobody could tell later that this shard was read.
    const over = followers.length > 0 && followers.every((child) => isBegun(byShard.get(child)));
    if (stillMs >= restMs && over && !parents.some(hasRow) && isMine(lease)) remove.push({ lease, children: followers });
  }
  return { disown, remove };
}
