// Every conditional write as a table row: how the lease comes to stand before it, the write, and what the lease is after it.
// The suite in `suite.ts` puts each of them through the same tests.
import type { Lease, LeaseStore, Written } from '../../types.ts';
import { asked, at, created, held, horizon, type LeaseTableUnderTest, leaseOf, me, never, other, shardEnd } from './harness.ts';

export interface WriteCase {
  readonly name: string;
  /** The lease as the writer saw it last. */
  readonly arrange: (table: LeaseTableUnderTest) => Promise<Lease>;
  readonly act: (store: LeaseStore, lease: Lease) => Promise<Written>;
  /** What differs afterwards; null: the row is gone. */
  readonly becomes: (before: Lease) => Partial<Record<keyof Lease, unknown>> | null;
  /** Whether the condition looks at the counter: what asks for a lease or withdraws that does not. */
  readonly fenced: boolean;
}

const place = at('49590338271490256608559692538361571095921575989136588898', 3);
const children = ['shardId-000000000001', 'shardId-000000000002'];

const bumped = (lease: Lease) => ({ counter: lease.counter + 1n, holderCounter: lease.counter + 1n });
const placed = { position: place, ownerSwitches: 0n };
const nobody = { owner: undefined, holder: undefined, holderCounter: undefined, request: undefined };

/** A finished row with the owner that a Java worker left in it. */
async function finishedByJava(table: LeaseTableUnderTest): Promise<Lease> {
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
  return leaseOf(await table.rival.transfer(request, other, place, never));
}

export const writeCases: readonly WriteCase[] = [
  {
    name: 'take of a lease without an owner',
    arrange: created,
    act: (store, lease) => store.take(lease, me, {}, never),
    becomes: (before) => ({ ...bumped(before), owner: me.worker, holder: me.incarnation }),
    fenced: true,
  },
  {
    name: 'take of an expired lease',
    arrange: (table) => held(table, other),
    act: (store, lease) => store.take(lease, me, {}, never),
    becomes: (before) => ({ ...bumped(before), owner: me.worker, holder: me.incarnation, ownerSwitches: before.ownerSwitches + 1n }),
    fenced: true,
  },
  {
    name: 'renew',
    arrange: (table) => held(table),
    act: (store, lease) => store.renew(lease, me, { throughputKBps: 12.5 }, never),
    becomes: (before) => ({ ...bumped(before), throughputKBps: 12.5 }),
    fenced: true,
  },
  {
    name: 'checkpoint',
    arrange: (table) => held(table),
    act: (store, lease) => store.checkpoint(lease, me, place, {}, never),
    becomes: (before) => ({ ...bumped(before), ...placed }),
    fenced: true,
  },
  {
    name: 'request',
    arrange: (table) => held(table, other),
    act: (store, lease) => store.request(lease, me, never),
    becomes: () => ({ request: { next: me.worker, nextHolder: me.incarnation, asked: other.incarnation } }),
    fenced: false,
  },
  {
    name: 'transfer',
    arrange: asked,
    act: (store, lease) => store.transfer(lease, me, place, never),
    becomes: (before) => ({ ...bumped(before), ...placed, owner: other.worker, holder: other.incarnation, request: undefined }),
    fenced: true,
  },
  { name: 'accept', arrange: transferred, act: (store, lease) => store.accept(lease, me, never), becomes: bumped, fenced: true },
  {
    name: 'cancel',
    arrange: async (table) => leaseOf(await table.store.request(await held(table, other), me, never)),
    act: (store, lease) => store.cancel(lease, me, never),
    becomes: () => ({ request: undefined }),
    fenced: false,
  },
  {
    name: 'release',
    arrange: asked,
    act: (store, lease) => store.release(lease, me, place, never),
    becomes: (before) => ({ ...nobody, ...placed, counter: before.counter + 1n }),
    fenced: true,
  },
  {
    name: 'finish',
    arrange: asked,
    act: (store, lease) => store.finish(lease, me, children, never),
    becomes: (before) => ({ ...nobody, position: shardEnd, ownerSwitches: 0n, children, counter: before.counter + 1n }),
    fenced: true,
  },
  {
    name: 'disown',
    arrange: finishedByJava,
    act: (store, lease) => store.disown(lease, never),
    becomes: (before) => ({ ...nobody, counter: before.counter + 1n }),
    fenced: true,
  },
  { name: 'remove', arrange: finished, act: (store, lease) => store.remove(lease, never), becomes: () => null, fenced: true },
  {
    name: 'rewind',
    arrange: async (table) => leaseOf(await table.store.release(await held(table), me, place, never)),
    act: (store, lease) => store.rewind(lease, horizon, never),
    becomes: (before) => ({ position: horizon, ownerSwitches: 0n, counter: before.counter + 1n }),
    fenced: true,
  },
];

/** What only the holder may do, tried over a row that says something else. */
export const holderWrites: readonly { readonly name: string; readonly act: WriteCase['act'] }[] = [
  { name: 'renew', act: (store, lease) => store.renew(lease, me, {}, never) },
  { name: 'checkpoint', act: (store, lease) => store.checkpoint(lease, me, place, {}, never) },
  { name: 'transfer', act: (store, lease) => store.transfer(lease, me, place, never) },
  { name: 'accept', act: (store, lease) => store.accept(lease, me, never) },
  { name: 'release', act: (store, lease) => store.release(lease, me, place, never) },
  { name: 'finish', act: (store, lease) => store.finish(lease, me, children, never) },
];

export { place };
