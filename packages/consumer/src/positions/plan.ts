// What a change of positions comes to: which leases move, which stay, and which must be nobody's meanwhile. The words of the plans, and the two
// simple ones; `rewind.ts` has the other. Pure.
import { type Lease, type NewLease, oldestFirst } from '@shardfold/lease';
import { standsAt, type Target } from './target.ts';

export interface Move {
  readonly key: string;
  /** As it stands. Undefined: there is no lease (any more), and one is made. */
  readonly lease: Lease | undefined;
  /** Of a lease that is made: all but its position. */
  readonly made?: Omit<NewLease, 'position'>;
  readonly to: Target;
  /** `follows`: a shard before it is read again, and it can only be read after that. */
  readonly why: 'asked' | 'follows';
}

/** `covered`: it will read everything that is asked for as it is. `nothing-there`: no record of its shard is asked for. */
export interface Kept {
  readonly key: string;
  readonly lease: Lease | undefined;
  readonly why: 'covered' | 'nothing-there';
}

export interface MovePlan {
  /** Parents before their children. */
  readonly moves: readonly Move[];
  readonly kept: readonly Kept[];
  /** Nobody may hold one of these while the others move. */
  readonly free: readonly Lease[];
  /** Streams that keep less than is asked for: what arrived before then, in milliseconds since 1970, is gone. */
  readonly forgotten?: readonly { readonly stream: string; readonly beforeMs: number }[];
}

const isFinished = ({ position }: Lease): boolean => position.kind === 'shard-end';

/** Those of the shards that follow this one, and follow those. */
export function descendantsOf(lease: Lease, rows: readonly Lease[]): readonly Lease[] {
  const found = new Set<Lease>();
  const open = [lease];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const row of rows) {
      if (row.stream !== next.stream || found.has(row) || !(row.parents.includes(next.shardId) || next.children.includes(row.shardId))) continue;
      found.add(row);
      open.push(row);
    }
  }
  return [...found];
}

/** One lease to one place, forward or back. Shards that follow one that was finished wait until it is again: nobody may be reading them. */
export function planSet(lease: Lease, to: Target, rows: readonly Lease[]): MovePlan {
  const { key } = lease;
  if (standsAt(lease, to)) return { moves: [], kept: [{ key, lease, why: 'covered' }], free: [] };
  return { moves: [{ key, lease, to, why: 'asked' }], kept: [], free: [lease, ...(isFinished(lease) ? descendantsOf(lease, rows) : [])] };
}

export type WantedLease = Omit<NewLease, 'position'> & { readonly to: Target };

/** Leases as they were written down elsewhere: those that stand elsewhere move, those that are not there are made. */
export function planImport(wanted: readonly WantedLease[], rows: readonly Lease[]): MovePlan {
  const known = new Map(rows.map((row) => [row.key, row]));
  const moves: Move[] = [];
  const kept: Kept[] = [];
  for (const { to, ...made } of oldestFirst(wanted)) {
    const { key } = made;
    const lease = known.get(key);
    if (lease === undefined) moves.push({ key, lease, made, to, why: 'asked' });
    else if (standsAt(lease, to)) kept.push({ key, lease, why: 'covered' });
    else moves.push({ key, lease, to, why: 'asked' });
  }
  return { moves, kept, free: moves.flatMap(({ lease }) => lease ?? []) };
}
