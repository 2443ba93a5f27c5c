// Decides which leases are missing, from the stream's listing and the rows there are. Pure; it reads no stream and creates
// nothing. It never goes back to a shard that was read to its end, and never takes one for read without proof.
import type { LeaseNames } from '../streams.ts';
import type { BrokenRow, ChildShard, Lease, NewLease, Position, ShardListing } from '../types.ts';
import { isFinished } from './ownership.ts';

export interface MissingInput extends LeaseNames {
  readonly listing: readonly ShardListing[];
  /** The rows of this stream. */
  readonly rows: readonly Lease[];
  /** Rows of the table that cannot be read, of whichever stream. */
  readonly broken: readonly BrokenRow[];
  readonly start: Position;
  /** The shards that a start at a time begins with; given only while `isBeginning`. */
  readonly atStart?: readonly ShardListing[];
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

/**
 * The rows that must exist before their parent is finished: their first record comes after the parent's last. The child of a
 * merge whose other parent has no row is left to a sync, which tells whether that one was read or never begun.
 */
export function childLeases(children: readonly ChildShard[], names: LeaseNames): readonly NewLease[] {
  return children.map((child) => newLease(child, trimHorizon, names));
}

/** Nothing of the stream has been read yet, so far as its rows show: a start at a time may still be incomplete. */
export function isBeginning(rows: readonly Lease[]): boolean {
  return rows.every((row) => row.position.kind === 'at-timestamp');
}

/**
 * Why a shard gets no row: it was read to its end and its row removed; it lies before the fleet's start; or only a broken row
 * could tell. The strongest counts.
 */
type Gone = 'read' | 'before-start' | 'unknown';
const strength: Readonly<Record<Gone, number>> = { unknown: 1, 'before-start': 2, read: 3 };

/** What a row says of the shards before its own that have none. */
export function goneBefore({ position, counter }: Lease): Gone | undefined {
  switch (position.kind) {
    case 'sequence':
    case 'shard-end':
      return 'read';
    case 'latest':
    case 'at-timestamp':
      return 'before-start';
    case 'trim-horizon':
      // A child's row is created before its parent is finished: while nobody has ever held it, it proves nothing.
      return counter > 0n ? 'read' : undefined;
  }
}

interface Graph {
  /** All that is listed, by shard id. */
  readonly listed: ReadonlyMap<string, ShardListing>;
  /** Parents before their children. A child whose parent is still listed as open is left out until the next listing. */
  readonly shards: readonly ShardListing[];
  readonly rows: ReadonlyMap<string, Lease>;
  isBroken(shardId: string): boolean;
  /** It has a row, which may be a broken one. */
  hasRow(shardId: string): boolean;
  /** It has a row, or gets one because the start says so. */
  rowed(shardId: string): boolean;
  readonly atStart: ReadonlySet<string>;
}

function withoutTorn(shards: readonly ShardListing[]): readonly ShardListing[] {
  const open = new Set(shards.filter((shard) => !shard.closed).map((shard) => shard.shardId));
  return shards.filter((shard) => !shard.parents.some((parent) => open.has(parent)));
}

interface Descendant {
  readonly shardId: string;
  readonly parents: readonly string[];
}

/** Shards whose parents are all in generations before; in no order within one. What leads back to itself is in none. */
function generationsOf<Shard extends Descendant>(shards: readonly Shard[]): readonly (readonly Shard[])[] {
  const ids = new Set(shards.map((shard) => shard.shardId));
  const children = new Map<string, Shard[]>();
  const parentsLeft = new Map<Shard, number>();
  let generation: Shard[] = [];
  for (const shard of shards) {
    let parents = 0;
    for (const parent of shard.parents) {
      if (!ids.has(parent)) continue;
      parents += 1;
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [shard]);
      else siblings.push(shard);
    }
    if (parents === 0) generation.push(shard);
    else parentsLeft.set(shard, parents);
  }
  const all: Shard[][] = [];
  while (generation.length > 0) {
    all.push(generation);
    const next: Shard[] = [];
    for (const { shardId } of generation) {
      for (const child of children.get(shardId) ?? []) {
        const left = (parentsLeft.get(child) ?? 0) - 1;
        parentsLeft.set(child, left);
        if (left === 0) next.push(child);
      }
    }
    generation = next;
  }
  return all;
}

/** Parents before their children, and by id within a generation. */
export function oldestFirst<Shard extends Descendant>(shards: readonly Shard[]): readonly Shard[] {
  return generationsOf(shards).flatMap((generation) => generation.toSorted((left, right) => (left.shardId < right.shardId ? -1 : 1)));
}

function graphOf({ listing, rows, broken, atStart = [], leaseKey }: MissingInput): Graph {
  const listed = new Map([...listing, ...atStart].map((shard) => [shard.shardId, shard]));
  const shards = generationsOf(withoutTorn([...listed.values()])).flat();
  const wanted = new Set(atStart.map((shard) => shard.shardId));
  const begun = new Set(shards.map((shard) => shard.shardId).filter((shardId) => wanted.has(shardId)));
  const byShard = new Map(rows.map((row) => [row.shardId, row]));
  const brokenKeys = new Set(broken.map((row) => row.key));
  const isBroken = (shardId: string): boolean => brokenKeys.size > 0 && brokenKeys.has(leaseKey(shardId));
  const hasRow = (shardId: string): boolean => byShard.has(shardId) || isBroken(shardId);
  return { listed, shards, rows: byShard, isBroken, hasRow, rowed: (shardId) => begun.has(shardId) || hasRow(shardId), atStart: begun };
}

/** Shards without a row that get none, because of a row of one that follows. */
function goneShards({ listed, rows, isBroken, rowed, atStart }: Graph): ReadonlyMap<string, Gone> {
  const gone = new Map<string, Gone>();
  const parentsOf = (shardId: string) => listed.get(shardId)?.parents ?? rows.get(shardId)?.parents ?? [];
  const open: { readonly shardId: string; readonly why: Gone }[] = [];
  const before = (shardId: string, why: Gone): void => {
    for (const parent of parentsOf(shardId)) open.push({ shardId: parent, why });
  };
  for (const shardId of listed.keys()) if (isBroken(shardId)) before(shardId, 'unknown');
  for (const shardId of atStart) before(shardId, 'before-start');
  for (const row of rows.values()) {
    const why = goneBefore(row);
    if (why !== undefined) before(row.shardId, why);
  }
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const known = gone.get(next.shardId);
    if (rowed(next.shardId) || (known !== undefined && strength[known] >= strength[next.why])) continue;
    gone.set(next.shardId, next.why);
    before(next.shardId, next.why);
  }
  return gone;
}

/** Shards that follow one which has been, is or will be read: they wait for their parents, and begin with their first record. */
function followers({ shards, rowed }: Graph, gone: ReadonlyMap<string, Gone>): ReadonlySet<string> {
  const following = new Set<string>();
  for (const { shardId, parents } of shards) {
    if (parents.some((parent) => rowed(parent) || gone.get(parent) === 'read' || following.has(parent))) following.add(shardId);
  }
  return following;
}

/** Shards that begin at `latest` where nothing before them was read: where the stream is now. */
function tips({ shards }: Graph, following: ReadonlySet<string>): (shard: ShardListing) => boolean {
  const parents = new Set(shards.flatMap((shard) => shard.parents));
  // A merge whose one parent is being read must not begin before the other has been.
  const coParents = new Set(shards.filter((shard) => following.has(shard.shardId)).flatMap((shard) => shard.parents));
  // A closed shard whose children are not listed yet leads to them: without it, they would be found late and begun later still.
  return ({ shardId, closed }) => !closed || !parents.has(shardId) || coParents.has(shardId);
}

/**
 * Leases to create, parents before their children. Where a finished shard's child is missing, the child, at TRIM_HORIZON. Where
 * nobody has begun: the oldest shards listed, at `start`; at `latest`, those that are open. A start at a time begins with
 * `atStart` where that is given.
 */
export function missingLeases(input: MissingInput): readonly NewLease[] {
  const graph = graphOf(input);
  const { listed, rows, rowed, atStart } = graph;
  const gone = goneShards(graph);
  const following = followers(graph, gone);
  const isTip = tips(graph, following);
  const done = (shardId: string): boolean => {
    const row = rows.get(shardId);
    if (row !== undefined) return isFinished(row);
    const why = gone.get(shardId);
    return why === undefined ? !(rowed(shardId) || listed.has(shardId)) : why !== 'unknown';
  };

  const missing: NewLease[] = [];
  for (const shard of graph.shards) {
    const { shardId, parents } = shard;
    if (atStart.has(shardId) && !graph.hasRow(shardId)) missing.push(newLease(shard, input.start, input));
    if (rowed(shardId) || gone.has(shardId) || parents.some((parent) => gone.get(parent) === 'unknown')) continue;
    const ready = parents.every(done);
    if (following.has(shardId)) {
      if (ready) missing.push(newLease(shard, trimHorizon, input));
    } else if (input.start.kind === 'latest' ? isTip(shard) : ready) missing.push(newLease(shard, input.start, input));
  }
  return oldestFirst(missing);
}
