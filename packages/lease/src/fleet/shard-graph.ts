// Decides which leases are missing, from the stream's listing and the rows there are. Pure; it reads no stream and creates
// nothing. It never goes back to a shard whose descendants somebody has already begun.
import type { LeaseNames } from '../streams.ts';
import type { ChildShard, Lease, NewLease, Position, ShardListing } from '../types.ts';
import { isFinished } from './ownership.ts';

export interface MissingInput extends LeaseNames {
  readonly listing: readonly ShardListing[];
  /** The rows of this stream. */
  readonly rows: readonly Lease[];
  readonly start: Position;
}

const trimHorizon: Position = { kind: 'trim-horizon' };

function newLease(shard: ChildShard, position: Position, names: LeaseNames): NewLease {
  return {
    key: names.leaseKey(shard.shardId),
    shardId: shard.shardId,
    ...(names.stream === undefined ? {} : { stream: names.stream }),
    position,
    parents: shard.parents,
    ...(shard.hashRange === undefined ? {} : { hashRange: shard.hashRange }),
  };
}

/** The rows that must exist before their parent is finished: their first record comes after the parent's last. */
export function childLeases(children: readonly ChildShard[], names: LeaseNames): readonly NewLease[] {
  return children.map((child) => newLease(child, trimHorizon, names));
}

/** How a listed shard stands to the rows. `under` = something before it has been or is being read. */
interface Standing {
  readonly rowed: boolean;
  readonly done: boolean;
  readonly under: boolean;
}

/** A listing may show a child while it still shows a parent open: such a child waits for the next listing. */
function consistentShards(listing: readonly ShardListing[]): ReadonlyMap<string, ShardListing> {
  const open = new Set(listing.filter((shard) => !shard.closed).map((shard) => shard.shardId));
  return new Map(listing.filter((shard) => !shard.parents.some((parent) => open.has(parent))).map((shard) => [shard.shardId, shard]));
}

function standings(shards: ReadonlyMap<string, ShardListing>, rows: readonly Lease[]): ReadonlyMap<string, Standing> {
  const byShard = new Map(rows.map((row) => [row.shardId, row]));
  // A shard without a row whose descendant has one was read to its end, and its row cleaned up.
  const implied = new Set<string>();
  const markBefore = (shardIds: readonly string[]): void => {
    for (const shardId of shardIds) {
      if (implied.has(shardId) || byShard.has(shardId)) continue;
      implied.add(shardId);
      markBefore(shards.get(shardId)?.parents ?? []);
    }
  };
  for (const row of rows) markBefore(shards.get(row.shardId)?.parents ?? row.parents);

  const answers = new Map<string, Standing>();
  const stand = (shard: ShardListing): Standing => {
    const known = answers.get(shard.shardId);
    if (known !== undefined) return known;
    const row = byShard.get(shard.shardId);
    const parents = shard.parents.flatMap((parent) => shards.get(parent) ?? []).map(stand);
    const under = parents.some((parent) => parent.rowed || parent.done || parent.under) || shard.parents.some((parent) => byShard.has(parent));
    const answer = { rowed: row !== undefined, done: row === undefined ? implied.has(shard.shardId) : isFinished(row), under };
    answers.set(shard.shardId, answer);
    return answer;
  };
  for (const shard of shards.values()) stand(shard);
  // A row may outlive its shard in the listing.
  for (const row of rows) if (!shards.has(row.shardId)) answers.set(row.shardId, { rowed: true, done: isFinished(row), under: false });
  return answers;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Leases to create, in order of shard id. With an empty table: the listing's roots, or its open shards for `latest`. A
 * time may lie before the last reshard, so at-timestamp begins at the roots too: shards that ended before it are read to their
 * end at once, and what their children hold from before the time is read rather than lost. Else what is missing under finished parents, at TRIM_HORIZON, and lines of shards that no row touches, at
 * `start`.
 */
export function missingLeases(input: MissingInput): readonly NewLease[] {
  const shards = consistentShards(input.listing);
  const answers = standings(shards, input.rows);
  const fromRoots = input.start.kind !== 'latest';
  const parentsOf = (shard: ShardListing) => shard.parents.flatMap((parent) => shards.get(parent) ?? []);
  const untouched = (shard: ShardListing) => {
    const standing = answers.get(shard.shardId);
    return standing !== undefined && !standing.rowed && !standing.done && !standing.under;
  };
  // A merge whose one parent is being read must not begin before the other line has been.
  const coParents = new Set([...shards.values()].filter((shard) => answers.get(shard.shardId)?.under === true).flatMap((shard) => shard.parents));

  const created: NewLease[] = [];
  for (const shard of [...shards.values()].toSorted((left, right) => compareText(left.shardId, right.shardId))) {
    const standing = answers.get(shard.shardId);
    if (standing === undefined || standing.rowed || standing.done) continue;
    if (untouched(shard)) {
      const begin = fromRoots ? parentsOf(shard).length === 0 : !shard.closed || coParents.has(shard.shardId);
      if (begin) created.push(newLease(shard, input.start, input));
    } else if (shard.parents.every((parent) => answers.get(parent)?.done ?? true)) {
      created.push(newLease(shard, trimHorizon, input));
    }
  }
  return created;
}
