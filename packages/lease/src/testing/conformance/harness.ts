// What the conformance suite needs of a lease store under test, and the rows and names it plays with. It knows no server.
import type { Item } from '../../rows/decode.ts';
import { isBeingReassigned, isHeldBy } from '../../rows/marks.ts';
import type { Identity, Lease, LeaseStore, NewLease, Position, Written } from '../../types.ts';

/** One lease table, reached by two workers, and a way past them into the raw rows. */
export interface LeaseTableUnderTest {
  readonly store: LeaseStore;
  /** The same table from another process. */
  readonly rival: LeaseStore;
  put(item: Item): Promise<void>;
  get(key: string): Promise<Item | undefined>;
  /** The next write of `store` is carried out, and then reported as a failure without an answer. */
  loseNextAnswer(): void;
  /** The next write of `store` fails before it reaches the table. */
  failNextWrite(): void;
  close(): Promise<void>;
}

/** Makes a fresh, open, empty table. */
export type OpenTable = () => Promise<LeaseTableUnderTest>;

export const me: Identity = { worker: 'worker-a', incarnation: 'a'.repeat(32) };
export const other: Identity = { worker: 'worker-b', incarnation: 'b'.repeat(32) };
/** The same name after a restart: a stranger. */
export const meAgain: Identity = { worker: 'worker-a', incarnation: 'c'.repeat(32) };

export const horizon: Position = { kind: 'trim-horizon' };
export const shardEnd: Position = { kind: 'shard-end' };
export const at = (sequence: string, subSequence = 0): Position => ({ kind: 'sequence', sequence, subSequence });

export const fresh: NewLease = {
  key: 'shardId-000000000000',
  shardId: 'shardId-000000000000',
  position: horizon,
  parents: ['shardId-000000000008', 'shardId-000000000009'],
  hashRange: { start: '0', end: '340282366920938463463374607431768211455' },
};

/** Aborted by nobody; the suite's calls end by themselves. */
export const never: AbortSignal = new AbortController().signal;

/** The lease that a write left, of a write that must have been applied. */
export function leaseOf(written: Written): Lease {
  if (written.outcome === 'applied') return written.lease;
  throw new Error(
    `The write was refused over the row ${written.current === undefined ? '(none)' : JSON.stringify(written.current, (_name, value) => String(value))}.`,
  );
}

export async function created(table: LeaseTableUnderTest): Promise<Lease> {
  return leaseOf(await table.store.create(fresh, never));
}

/** A lease that `by` holds; 'worker-a' unless said otherwise. */
export async function held(table: LeaseTableUnderTest, by: Identity = me): Promise<Lease> {
  return leaseOf(await table.store.take(await created(table), by, {}, never));
}

/** A lease that `me` holds and `other` has asked for, as `me` sees it. */
export async function asked(table: LeaseTableUnderTest): Promise<Lease> {
  return leaseOf(await table.rival.request(await held(table), other, never));
}

/** Changes attributes of a row past every store. */
export async function plant(table: LeaseTableUnderTest, key: string, more: Item): Promise<void> {
  await table.put({ ...(await table.get(key)), ...more });
}

/** What a 3.x leader writes when it begins a hand-over from `lease.owner` to `next`: both owner fields, no counter. */
export async function reassign(table: LeaseTableUnderTest, lease: Lease, next: string): Promise<Lease> {
  const item = await table.get(lease.key);
  const current = item?.leaseOwner;
  if (item === undefined || current === undefined) throw new Error('Only an owned row can be reassigned.');
  await table.put({ ...item, checkpointOwner: current, leaseOwner: { S: next } });
  return { ...lease, owner: next, ...(lease.owner === undefined ? {} : { checkpointOwner: lease.owner }) };
}

/** Writes in a row that a holder sends before it gives up. */
const maxInsisting = 3;

/**
 * A write of `me` as a holder sends it: once more over the row that it found, as long as that is its own. The store leaves it to
 * the holder, who looks at its fence in between.
 */
export async function insist(lease: Lease, write: (over: Lease) => Promise<Written>): Promise<Written> {
  let written = await write(lease);
  for (let again = 0; again < maxInsisting; again += 1) {
    const row = written.outcome === 'stale' ? written.current : undefined;
    if (row === undefined || (!isHeldBy(row, me) && !isBeingReassigned(row, me))) break;
    written = await write(row);
  }
  return written;
}
