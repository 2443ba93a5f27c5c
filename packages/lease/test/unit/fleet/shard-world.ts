// A stream that reshards and forgets, a fleet that syncs, reads and clears away with accidents, and a memory of what really
// happened. For the laws of the shard graph; every choice is a number from outside.
import { LeaseError } from '../../../src/errors.ts';
import { planCleanup } from '../../../src/fleet/cleanup.ts';
import { observe } from '../../../src/fleet/observe.ts';
import { startableIn } from '../../../src/fleet/plan/parents.ts';
import { childLeases, isBeginning, type MissingInput, missingLeases } from '../../../src/fleet/shard-graph.ts';
import { newLease } from '../../../src/rows/encode.ts';
import type { Lease, NewLease, ShardListing } from '../../../src/types.ts';
import { me } from './rows.ts';

interface WorldShard {
  readonly shardId: string;
  readonly parents: readonly string[];
  readonly low: number;
  readonly high: number;
  closed: boolean;
  /** Retention has passed it. */
  forgotten: boolean;
}

export type Start = 'trim-horizon' | 'latest' | 'time' | 'time, roots only' | 'time, of a stream that names all';

export interface World {
  readonly start: Start;
  readonly shards: WorldShard[];
  /** By shard id. */
  readonly rows: Map<string, Lease>;
  /** Shards whose row cannot be read for now. */
  readonly broken: Set<string>;
  readonly everRowed: Set<string>;
  /** Shards from which somebody has read. */
  readonly begun: Set<string>;
  /** Shards that were read to their end. */
  readonly read: Set<string>;
  /** Shards that the start includes, known from the first sync on. */
  included: ReadonlySet<string> | undefined;
  /** Open at the time of a start at a time. */
  openThen: ReadonlySet<string>;
}

/** A row's key is its shard's name. */
const leaseKey = (shardId: string): string => shardId;
const hashes = 32;
const idOf = (at: number): string => String(at).padStart(2, '0');
const pick = <T>(all: readonly T[], choice: number): T | undefined => all[choice % Math.max(1, all.length)];

export function createWorld(start: Start, count: number): World {
  const step = Math.floor(hashes / count);
  const shards = Array.from({ length: count }, (_, at) => ({
    shardId: idOf(at),
    parents: [],
    low: at * step,
    high: at === count - 1 ? hashes : (at + 1) * step,
    closed: false,
    forgotten: false,
  }));
  const openThen = new Set(shards.map((shard) => shard.shardId));
  return { start, shards, rows: new Map(), broken: new Set(), everRowed: new Set(), begun: new Set(), read: new Set(), included: undefined, openThen };
}

function add(world: World, parents: readonly WorldShard[], low: number, high: number): void {
  for (const parent of parents) parent.closed = true;
  world.shards.push({ shardId: idOf(world.shards.length), parents: parents.map((parent) => parent.shardId), low, high, closed: false, forgotten: false });
}

const openShards = (world: World): readonly WorldShard[] => world.shards.filter((shard) => !shard.closed).toSorted((left, right) => left.low - right.low);

export function split(world: World, choice: number): void {
  const shard = pick(
    openShards(world).filter(({ low, high }) => high - low > 1),
    choice,
  );
  if (shard === undefined) return;
  const middle = Math.floor((shard.low + shard.high) / 2);
  add(world, [shard], shard.low, middle);
  add(world, [shard], middle, shard.high);
}

export function merge(world: World, choice: number): void {
  const open = openShards(world);
  const at = choice % Math.max(1, open.length - 1);
  const [left, right] = [open[at], open[at + 1]];
  if (left !== undefined && right !== undefined) add(world, [left, right], left.low, right.high);
}

/** The time of a start at a time is now, if nobody has synced yet. */
export function setTime(world: World): void {
  if (world.included === undefined) world.openThen = new Set(openShards(world).map((shard) => shard.shardId));
}

/** Retention passes the oldest closed shard. */
export function forget(world: World): void {
  const kept = new Set(world.shards.filter((shard) => !shard.forgotten).map((shard) => shard.shardId));
  const oldest = world.shards.find((shard) => shard.closed && kept.has(shard.shardId) && !shard.parents.some((parent) => kept.has(parent)));
  if (oldest !== undefined) oldest.forgotten = true;
}

function listed(world: World): readonly ShardListing[] {
  return world.shards.filter((shard) => !shard.forgotten).map(({ shardId, parents, closed }) => ({ shardId, parents, closed }));
}

const readable = (world: World): readonly Lease[] => [...world.rows.values()].filter((row) => !world.broken.has(row.shardId));

function atStart(world: World, listing: readonly ShardListing[]): readonly ShardListing[] {
  if (world.start === 'time, of a stream that names all') return listing;
  return listing.filter((shard) => world.openThen.has(shard.shardId));
}

function view(world: World): MissingInput {
  const listing = listed(world);
  const rows = readable(world);
  const kind = world.start === 'trim-horizon' || world.start === 'latest' ? world.start : 'at-timestamp';
  const asked = kind === 'at-timestamp' && world.start !== 'time, roots only' && isBeginning(rows);
  const broken = [...world.broken].map((key) => ({ key, error: new LeaseError('ROW_BROKEN', 'broken (test)') }));
  return { leaseKey, listing, rows, broken, start: { kind }, ...(asked ? { atStart: atStart(world, listing) } : {}) };
}

export function missing(world: World): readonly NewLease[] {
  return missingLeases(view(world));
}

/** The same from a listing and rows in other orders. */
export function missingFromDisorder(world: World, choice: number): readonly NewLease[] {
  const { listing, rows, ...rest } = view(world);
  const at = choice % Math.max(1, listing.length);
  return missingLeases({ ...rest, listing: [...listing.slice(at), ...listing.slice(0, at)].toReversed(), rows: rows.toReversed() });
}

/** As the table does it: a row that exists stays as it is. */
function create(world: World, lease: NewLease): void {
  if (world.rows.has(lease.shardId)) return;
  if (world.read.has(lease.shardId)) throw new Error(`shard ${lease.shardId} was read to its end and is begun anew`);
  if (lease.position.kind === 'latest' && lease.parents.some((parent) => world.begun.has(parent))) {
    throw new Error(`shard ${lease.shardId} follows one that is read, and its first records are passed over`);
  }
  world.rows.set(lease.shardId, newLease(lease));
  world.everRowed.add(lease.shardId);
}

/** Creates at most so many of the missing leases: the process may die on the way. */
export function sync(world: World, most: number): void {
  const listing = listed(world);
  if (world.included === undefined && listing.length > 0) {
    const then = world.start === 'latest' ? [] : world.start === 'time' ? atStart(world, listing) : listing;
    world.included = new Set(then.map((shard) => shard.shardId));
  }
  for (const lease of missing(world).slice(0, most)) {
    if (world.rows.has(lease.shardId)) throw new Error(`shard ${lease.shardId} has a row`);
    create(world, lease);
  }
}

/** What a worker of ours would begin. */
export function startable(world: World): readonly Lease[] {
  const parents = new Map(listed(world).map((shard) => [shard.shardId, shard.parents]));
  const mayStart = startableIn({
    rows: readable(world),
    broken: view(world).broken,
    parentsOf: (_, shardId) => parents.get(shardId) ?? [],
    isListed: (_, shardId) => parents.has(shardId),
    // The model's listing is always of this moment.
    isPlaced: () => true,
  });
  return readable(world).filter((row) => row.position.kind !== 'shard-end' && !world.begun.has(row.shardId) && mayStart(row));
}

/** A worker takes a lease; it has saved a position already, or not. */
export function begin(world: World, choice: number): void {
  const row = pick(startable(world), choice >> 1);
  if (row === undefined) return;
  world.begun.add(row.shardId);
  const position = choice % 2 === 0 ? row.position : ({ kind: 'sequence', sequence: '7', subSequence: 0 } as const);
  world.rows.set(row.shardId, { ...row, position, counter: row.counter + 1n });
}

export const accidents = ['none', 'after the first child', 'no children created'] as const;

/** A worker comes to the end of a shard; an accident may keep it from finishing, or from creating children at all. */
export function end(world: World, choice: number, accident: (typeof accidents)[number]): void {
  const row = pick(
    readable(world).filter(
      ({ shardId, position }) =>
        world.begun.has(shardId) && position.kind !== 'shard-end' && world.shards.some((shard) => shard.shardId === shardId && shard.closed),
    ),
    choice,
  );
  if (row === undefined) return;
  const children = world.shards.filter((shard) => shard.parents.includes(row.shardId));
  if (accident !== 'no children created') {
    for (const child of children) {
      // As a holder of ours does it: the child of a merge whose other parent has no row is left to a sync.
      if (!child.parents.every((parent) => world.rows.has(parent))) continue;
      for (const lease of childLeases([child], { leaseKey })) create(world, lease);
      if (accident === 'after the first child') return;
    }
  }
  world.read.add(row.shardId);
  const known = accident === 'no children created' ? [] : children.map((child) => child.shardId);
  world.rows.set(row.shardId, { ...row, position: { kind: 'shard-end' }, counter: row.counter + 1n, children: known });
}

/** Breaks a row, or mends all. */
export function garble(world: World, choice: number): void {
  const row = pick(readable(world), choice);
  if (choice % 3 === 0 || row === undefined) world.broken.clear();
  else world.broken.add(row.shardId);
}

const longAfterMs = 1e9;

export function cleanUp(world: World): void {
  const input = view(world);
  const { remove } = planCleanup({ ...input, observations: observe(new Map(), input.rows, 0), nowMs: longAfterMs, durationMs: 10_000, me });
  for (const { lease } of remove) world.rows.delete(lease.shardId);
}

/** What must be read: what the start includes, what ever had a lease, and all that follows. */
export function wanted(world: World): ReadonlySet<string> {
  const all = new Set([...(world.included ?? []), ...world.everRowed]);
  for (const { shardId, parents } of world.shards) if (parents.some((parent) => all.has(parent))) all.add(shardId);
  return all;
}

/** By what really happened: the shards before it are read, never come, or cannot be read any more. */
export function mayTrulyStart(world: World, row: Lease): boolean {
  const all = wanted(world);
  return row.parents.every((parent) => {
    const lost = !world.rows.has(parent) && (world.shards.find((shard) => shard.shardId === parent)?.forgotten ?? true);
    return world.read.has(parent) || !all.has(parent) || lost;
  });
}
