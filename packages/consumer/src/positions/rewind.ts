// Decides how leases go back so that everything from a moment on, or everything there is, is read again, parents before their children. Pure.
// Nothing goes forward: what a lease has not read yet stays unread.
import { comparePositions, goneBefore, type Lease, type LeaseNames, type NewLease, oldestFirst, type Position, type ShardListing } from '@shardfold/lease';
import type { StartPosition } from '../types.ts';
import type { Kept, Move, MovePlan } from './plan.ts';
import { type Found, type Target, targetOf } from './target.ts';

/** How far back. */
export type RewindAim = { readonly kind: 'trim-horizon' } | { readonly kind: 'timestamp'; readonly atMs: number };

export interface RewindInput extends LeaseNames {
  readonly listing: readonly ShardListing[];
  /** The rows of this stream. */
  readonly rows: readonly Lease[];
  /** Only this shard, with those that follow it; else all. */
  readonly only?: string;
  readonly aim: RewindAim;
  /** By shard id, of the shards that are asked for: the first record at or after the moment. Not looked at for `trim-horizon`. */
  readonly found: ReadonlyMap<string, Found>;
  /** Where the configuration begins shards that nobody has read. */
  readonly start: StartPosition;
  /** Of the stream, as rows of a single-stream table name it. */
  readonly source?: string;
}

const trimHorizon = { kind: 'trim-horizon' } as const;

/** Undefined: no record of this shard is asked for, and none will come. */
function wantedOf({ aim, found }: RewindInput, shardId: string): Target | undefined {
  if (aim.kind === 'trim-horizon') return trimHorizon;
  const first = found.get(shardId);
  return first === undefined || (first.kind === 'none' && first.ended) ? undefined : targetOf(first, aim.atMs);
}

/** A lease that stands at the latest since `readMs` reads everything of then and later. */
function latestCovers(readMs: number | undefined, first: Found | undefined): boolean {
  if (readMs === undefined || first === undefined) return false;
  return first.kind === 'none' || first.arrivalMs >= readMs;
}

/** The lease, as it stands, will read everything from `wanted` on. */
function covers({ aim, found, start }: RewindInput, { position, readMs, shardId }: Lease, wanted: Target): boolean {
  switch (position.kind) {
    case 'trim-horizon':
      return true;
    case 'at-timestamp':
      // The configuration holds the time; without one everything is read.
      return start.kind !== 'timestamp' || (aim.kind === 'timestamp' && start.atMs <= aim.atMs);
    case 'latest':
      return aim.kind === 'timestamp' && latestCovers(readMs, found.get(shardId));
    case 'sequence':
      if (wanted.kind === 'trim-horizon') return false;
      return wanted.kind !== 'sequence' || comparePositions(position, wanted) <= 0;
    case 'shard-end':
      return false;
    default:
      return position satisfies never;
  }
}

interface Lineage {
  parents(shardId: string): readonly string[];
  row(shardId: string): Lease | undefined;
  /** Without a row: a shard after it was begun, so it was read, or was never to be. */
  isGone(shardId: string): boolean;
}

function lineageOf({ listing, rows }: RewindInput): Lineage {
  const listed = new Map(listing.map((shard) => [shard.shardId, shard]));
  const byShard = new Map(rows.map((row) => [row.shardId, row]));
  const parents = (shardId: string): readonly string[] => listed.get(shardId)?.parents ?? byShard.get(shardId)?.parents ?? [];
  const gone = new Set<string>();
  const open = rows.filter((row) => goneBefore(row) !== undefined).flatMap((row) => [...new Set([...row.parents, ...parents(row.shardId)])]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (byShard.has(next) || gone.has(next)) continue;
    gone.add(next);
    open.push(...parents(next));
  }
  return { parents, row: (shardId) => byShard.get(shardId), isGone: (shardId) => gone.has(shardId) };
}

/** Nobody begins this shard by itself at what is asked for. Workers begin one that follows another with its first record. */
function isLeftOut({ aim, start }: RewindInput, { parents, row, isGone }: Lineage, shardId: string): boolean {
  if (isGone(shardId)) return true;
  const follows = parents(shardId).some((parent) => row(parent) !== undefined || isGone(parent));
  if (follows || start.kind === 'trim-horizon') return false;
  return start.kind === 'latest' || aim.kind === 'trim-horizon' || start.atMs > aim.atMs;
}

function leaseFor({ leaseKey, stream, source }: RewindInput, { shardId, parents, hashRange }: ShardListing): Omit<NewLease, 'position'> {
  return {
    key: leaseKey(shardId),
    shardId,
    parents,
    ...(stream === undefined ? {} : { stream }),
    ...(hashRange === undefined ? {} : { hashRange }),
    ...(source === undefined ? {} : { source }),
  };
}

const isAt = (position: Position | undefined, kind: Position['kind']): boolean => position?.kind === kind;

type Decision = { readonly to: Target; readonly why: Move['why'] } | { readonly why: Kept['why'] } | undefined;

/** Undefined: it is none of this rewind's business. */
function decide(input: RewindInput, lineage: Lineage, shardId: string, again: ReadonlySet<string>): Decision {
  const lease = lineage.row(shardId);
  if (lineage.parents(shardId).some((parent) => again.has(parent))) {
    if (isAt(lease?.position, 'trim-horizon')) return { why: 'covered' };
    return lease === undefined && !lineage.isGone(shardId) ? undefined : { to: trimHorizon, why: 'follows' };
  }
  if (input.only !== undefined && input.only !== shardId) return undefined;
  const wanted = wantedOf(input, shardId);
  if (wanted === undefined) return { why: 'nothing-there' };
  if (lease === undefined) {
    if (!isLeftOut(input, lineage, shardId)) return { why: 'covered' };
    // What was read to its end and has nothing to give is not begun again for what may come.
    return wanted.kind === 'latest' && lineage.isGone(shardId) ? { why: 'nothing-there' } : { to: wanted, why: 'asked' };
  }
  if (isAt(lease.position, 'shard-end') && wanted.kind === 'latest') return { why: 'nothing-there' };
  return covers(input, lease, wanted) ? { why: 'covered' } : { to: wanted, why: 'asked' };
}

/**
 * Shards after one that is read again are read again from their beginning, however far they are: their first record comes after its last. One
 * that was finished and cleared away is begun again where its records are still there.
 */
export function planRewind(input: RewindInput): MovePlan {
  const lineage = lineageOf(input);
  const again = new Set<string>();
  const moves: Move[] = [];
  const kept: Kept[] = [];
  for (const shard of oldestFirst(input.listing)) {
    const { shardId } = shard;
    const lease = lineage.row(shardId);
    const decision = decide(input, lineage, shardId, again);
    if (decision === undefined) continue;
    const key = lease?.key ?? input.leaseKey(shardId);
    if (!('to' in decision)) {
      kept.push({ key, lease, why: decision.why });
      continue;
    }
    again.add(shardId);
    moves.push({ key, lease, ...(lease === undefined ? { made: leaseFor(input, shard) } : {}), ...decision });
  }
  const alone = moves.length <= 1 && input.only !== undefined && !moves.some(({ lease }) => isAt(lease?.position, 'shard-end') || lease === undefined);
  return { moves, kept, free: moves.length === 0 ? [] : alone ? moves.flatMap(({ lease }) => lease ?? []) : input.rows };
}
