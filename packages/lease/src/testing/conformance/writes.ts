// Every conditional write as a table row: how the lease comes to stand before it, the write, and what the lease is after it.
// The suite in `suite.ts` puts each of them through the same tests.
import { newLease } from '../../rows/encode.ts';
import type { Lease, LeaseStore, NewLease, Written } from '../../types.ts';
import { asked, at, created, fresh, held, horizon, type LeaseTableUnderTest, leaseOf, me, never, other, plant, shardEnd } from './harness.ts';

/** What a write answers whose view of the row is out of date. It changes nothing then, but what `WriteCase.mayMove` names. */
type Answer = 'stale' | 'applied';

export interface WriteCase {
  readonly name: string;
  /** The lease as the writer saw it last; for one that is not there yet, as it shall be. */
  readonly arrange: (table: LeaseTableUnderTest) => Promise<Lease>;
  /** Undefined: the write has no answer. */
  readonly act: (store: LeaseStore, lease: Lease) => Promise<Written | undefined>;
  /** What differs afterwards; null: the row is gone. */
  readonly becomes: (before: Lease) => Partial<Record<keyof Lease, unknown>> | null;
  /** Somebody else was faster; absent: somebody else moved the counter, a Java worker perhaps. */
  readonly overtake?: (table: LeaseTableUnderTest, before: Lease) => Promise<unknown>;
  readonly overtaken: Answer;
  /** The row is not there; no write makes it anew. Absent: the write makes it. */
  readonly gone?: Answer;
  /** The attributes that a late or a repeated write changes all the same. */
  readonly mayMove?: readonly string[];
  /** It begins a holding: repeated after an answer was lost, it moves the counter once more, for nobody knows when the first was sent. */
  readonly begins?: true;
}

const place = at('49590338271490256608559692538361571095921575989136588898', 3);
const children = ['shardId-000000000001', 'shardId-000000000002'];
const read = { readMs: 1_700_000_000_123 };

const bumped = (lease: Lease) => ({ counter: lease.counter + 1n, holderCounter: lease.counter + 1n });
const placed = { position: place, ownerSwitches: 0n };
const nobody = { owner: undefined, holder: undefined, holderCounter: undefined, request: undefined };

/** A finished row with the owner that a Java worker left in it. */
export async function finishedByJava(table: LeaseTableUnderTest): Promise<Lease> {
  const { key } = await created(table);
  await table.put({ ...(await table.get(key)), checkpoint: { S: 'SHARD_END' }, leaseOwner: { S: 'java' }, leaseCounter: { N: '41' } });
  return rowOf(table, key);
}

async function finished(table: LeaseTableUnderTest): Promise<Lease> {
  return leaseOf(await table.store.finish(await held(table), me, children, never));
}

async function rowOf(table: LeaseTableUnderTest, key: string): Promise<Lease> {
  const row = await table.store.read(key, never);
  if (row === undefined) throw new Error(`The row ${key} is gone.`);
  return row;
}

/** `me` asked `other` for the lease and was given it, but has not said so yet. */
async function transferred(table: LeaseTableUnderTest): Promise<Lease> {
  const request = leaseOf(await table.store.request(await held(table, other), me, never));
  return leaseOf(await table.rival.transfer(request, other, place, {}, never));
}

const someoneElse = async (table: LeaseTableUnderTest, lease: Lease) => leaseOf(await table.rival.take(lease, other, {}, never));
const stale = { overtaken: 'stale', gone: 'stale' } as const;

/** A write without an answer: it was carried out, or there was no row for it. */
async function told(done: Promise<void>): Promise<undefined> {
  await done;
}

const copied: NewLease = { ...fresh, children, source: 'arn:aws:kinesis:us-east-1:123456789012:stream/orders 1700000000' };

const anybodysWrites: readonly WriteCase[] = [
  {
    name: 'create',
    arrange: async () => newLease(copied),
    act: (store) => store.create(copied, never),
    becomes: () => ({}),
    overtake: async (table) => leaseOf(await table.rival.take(leaseOf(await table.rival.create(fresh, never)), other, {}, never)),
    overtaken: 'applied',
  },
  {
    name: 'take of a lease without an owner',
    begins: true,
    arrange: created,
    act: (store, lease) => store.take(lease, me, { source: 'a stream' }, never),
    becomes: (before) => ({ ...bumped(before), owner: me.worker, holder: me.incarnation, source: 'a stream' }),
    ...stale,
  },
  {
    name: 'take of an expired lease',
    begins: true,
    arrange: (table) => held(table, other),
    act: (store, lease) => store.take(lease, me, {}, never),
    becomes: (before) => ({ ...bumped(before), owner: me.worker, holder: me.incarnation, ownerSwitches: before.ownerSwitches + 1n }),
    ...stale,
  },
  {
    name: 'request',
    arrange: (table) => held(table, other),
    act: (store, lease) => store.request(lease, me, never),
    becomes: () => ({ request: { next: me.worker, nextHolder: me.incarnation, asked: other.incarnation } }),
    ...stale,
  },
  {
    name: 'cancel',
    arrange: async (table) => leaseOf(await table.store.request(await held(table, other), me, never)),
    act: (store, lease) => store.cancel(lease, me, never),
    becomes: () => ({ request: undefined }),
    overtake: (table, { key }) => plant(table, key, { sfNext: { S: 'worker-d' }, sfNextHolder: { S: 'd'.repeat(32) } }),
    overtaken: 'applied',
    gone: 'stale',
  },
  {
    name: 'disown',
    arrange: finishedByJava,
    act: (store, lease) => store.disown(lease, never),
    becomes: (before) => ({ ...nobody, counter: before.counter + 1n }),
    ...stale,
  },
  {
    name: 'remove',
    arrange: finished,
    act: (store, lease) => store.remove(lease, never),
    becomes: () => null,
    overtake: someoneElse,
    overtaken: 'stale',
    gone: 'applied',
  },
  {
    name: 'rewind',
    arrange: async (table) => leaseOf(await table.store.release(await held(table), me, place, {}, never)),
    act: (store, lease) => store.rewind(lease, horizon, never),
    becomes: (before) => ({ position: horizon, ownerSwitches: 0n, counter: before.counter + 1n }),
    ...stale,
  },
  {
    name: 'ring',
    arrange: (table) => held(table),
    act: (store, lease) => told(store.ring([lease.key], [fresh.key], never)),
    becomes: (before) => ({ bell: before.bell + 1n, freed: [fresh.key] }),
    overtake: someoneElse,
    overtaken: 'applied',
    gone: 'applied',
    mayMove: ['sfBell', 'sfFreed'],
  },
  {
    name: 'vouch',
    arrange: (table) => held(table),
    act: (store, lease) => told(store.vouch([lease.key], 'still', never)),
    becomes: () => ({ peersSeen: 'still' }),
    overtake: someoneElse,
    overtaken: 'applied',
    gone: 'applied',
    mayMove: ['sfPeers'],
  },
];

const holdersWrites: readonly WriteCase[] = [
  {
    name: 'renew',
    arrange: (table) => held(table),
    act: (store, lease) => store.renew(lease, me, { throughputKBps: 12.5, ...read }, never),
    becomes: (before) => ({ ...bumped(before), throughputKBps: 12.5, ...read }),
    ...stale,
  },
  {
    name: 'checkpoint',
    arrange: (table) => held(table),
    act: (store, lease) => store.checkpoint(lease, me, place, read, never),
    becomes: (before) => ({ ...bumped(before), ...placed, ...read }),
    ...stale,
  },
  {
    name: 'transfer',
    arrange: asked,
    act: (store, lease) => store.transfer(lease, me, place, read, never),
    becomes: (before) => ({ ...bumped(before), ...placed, ...read, owner: other.worker, holder: other.incarnation, request: undefined }),
    ...stale,
  },
  { name: 'accept', begins: true, arrange: transferred, act: (store, lease) => store.accept(lease, me, never), becomes: bumped, ...stale },
  {
    name: 'release',
    arrange: asked,
    act: (store, lease) => store.release(lease, me, place, read, never),
    becomes: (before) => ({ ...nobody, ...placed, ...read, ...bumped(before) }),
    ...stale,
  },
  {
    name: 'finish',
    arrange: asked,
    act: (store, lease) => store.finish(lease, me, children, never),
    becomes: (before) => ({ ...nobody, position: shardEnd, ownerSwitches: 0n, children, counter: before.counter + 1n }),
    ...stale,
  },
];

export const writeCases: readonly WriteCase[] = [...anybodysWrites, ...holdersWrites];

/** What only the holder may do, tried over a row that says something else. */
export const holderWrites: readonly { readonly name: string; readonly act: (store: LeaseStore, lease: Lease) => Promise<Written> }[] = [
  { name: 'renew', act: (store, lease) => store.renew(lease, me, {}, never) },
  { name: 'checkpoint', act: (store, lease) => store.checkpoint(lease, me, place, {}, never) },
  { name: 'transfer', act: (store, lease) => store.transfer(lease, me, place, {}, never) },
  { name: 'accept', act: (store, lease) => store.accept(lease, me, never) },
  { name: 'release', act: (store, lease) => store.release(lease, me, place, {}, never) },
  { name: 'finish', act: (store, lease) => store.finish(lease, me, children, never) },
];

export { place };
