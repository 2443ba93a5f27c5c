// The part of the suite about how far in time a shard was read: what each write does to it, and whom it is not believed.
import { describe, expect, it } from 'vitest';
import type { Lease, Written } from '../../types.ts';
import { asked, created, fresh, held, horizon, type LeaseTableUnderTest, leaseOf, me, never, other, plant, reassign } from './harness.ts';
import { finishedByJava, place } from './writes.ts';

const readMs = 1_700_000_000_123;
const laterMs = readMs + 60_000;

/** A lease that somebody holds and has read until then. */
async function read(table: LeaseTableUnderTest, by = me): Promise<Lease> {
  return leaseOf(await table.store.renew(await held(table, by), by, { readMs }, never));
}

/** ... that `other` has asked for. */
async function readAndAsked(table: LeaseTableUnderTest): Promise<Lease> {
  return leaseOf(await table.rival.request(await read(table), other, never));
}

/** A 3.x leader begins to hand it to a worker of its own. */
async function readAndReassigned(table: LeaseTableUnderTest): Promise<Lease> {
  return reassign(table, await readAndAsked(table), 'w4');
}

async function givenBack(table: LeaseTableUnderTest): Promise<Lease> {
  return leaseOf(await table.store.release(await read(table), me, place, {}, never));
}

type Act = (table: LeaseTableUnderTest, lease: Lease) => Promise<Written>;
type Fate = readonly [what: string, arrange: (table: LeaseTableUnderTest) => Promise<Lease>, act: Act];

const keeping: readonly Fate[] = [
  ['a renewal that says nothing of it', read, ({ store }, lease) => store.renew(lease, me, { throughputKBps: 1 }, never)],
  ['a checkpoint that says nothing of it', read, ({ store }, lease) => store.checkpoint(lease, me, place, {}, never)],
  ['a release that says nothing of it', read, ({ store }, lease) => store.release(lease, me, place, {}, never)],
  ['a transfer that says nothing of it', readAndAsked, ({ store }, lease) => store.transfer(lease, me, place, {}, never)],
  [
    'accepting what was transferred',
    async (table) => leaseOf(await table.store.transfer(await readAndAsked(table), me, place, {}, never)),
    ({ rival }, lease) => rival.accept(lease, other, never),
  ],
  ['the take of a lease that was given back', givenBack, ({ store }, lease) => store.take(lease, other, {}, never)],
  ['the take of a lease of ours that expired', read, ({ rival }, lease) => rival.take(lease, other, {}, never)],
  ['a request', read, ({ rival }, lease) => rival.request(lease, other, never)],
  ['a cancel', readAndAsked, ({ rival }, lease) => rival.cancel(lease, other, never)],
  ['a creation', read, ({ rival }) => rival.create(fresh, never)],
];

const dropping: readonly Fate[] = [
  ['the end of the shard', read, ({ store }, lease) => store.finish(lease, me, [], never)],
  ['a rewind', givenBack, ({ store }, lease) => store.rewind(lease, horizon, never)],
  ['a release to the worker of a 3.x leader', readAndReassigned, ({ store }, lease) => store.release(lease, me, place, { readMs }, never)],
  ['a transfer to the worker of a 3.x leader', readAndReassigned, ({ store }, lease) => store.transfer(lease, me, place, { readMs }, never)],
  ['the end of the shard while a 3.x leader gives it away', readAndReassigned, ({ store }, lease) => store.finish(lease, me, [], never)],
  [
    'clearing the owner of a shard that a Java worker finished',
    async (table) => {
      const lease = await finishedByJava(table);
      await plant(table, lease.key, { sfRead: { N: String(readMs) } });
      return lease;
    },
    ({ store }, lease) => store.disown(lease, never),
  ],
];

const writing: readonly Fate[] = [
  ['a renewal', read, ({ store }, lease) => store.renew(lease, me, { readMs: laterMs }, never)],
  ['a checkpoint', read, ({ store }, lease) => store.checkpoint(lease, me, place, { readMs: laterMs }, never)],
  ['a checkpoint at the same place', read, ({ store }, lease) => store.checkpoint(lease, me, horizon, { readMs: laterMs }, never)],
  ['a release', read, ({ store }, lease) => store.release(lease, me, place, { readMs: laterMs }, never)],
  ['a transfer', asked, ({ store }, lease) => store.transfer(lease, me, place, { readMs: laterMs }, never)],
  ['a renewal while a 3.x leader gives it away', readAndReassigned, ({ store }, lease) => store.renew(lease, me, { readMs: laterMs }, never)],
];

export function readSuite(table: () => LeaseTableUnderTest): void {
  describe('how far a shard was read', () => {
    const stored = async () => (await table().get(fresh.key))?.sfRead;

    it.each(keeping)('stays after %s', async (_what, arrange, act) => {
      const after = leaseOf(await act(table(), await arrange(table())));
      expect(after.readMs).toBe(readMs);
      expect((await table().rival.read(fresh.key, never))?.readMs).toBe(readMs);
    });

    it.each(dropping)('is gone after %s', async (_what, arrange, act) => {
      const before = await arrange(table());
      expect(await stored()).toEqual({ N: String(readMs) });
      leaseOf(await act(table(), before));
      expect(await stored()).toBeUndefined();
    });

    it.each(writing)('is written by %s, and once where the answer is lost', async (_what, arrange, act) => {
      const before = await arrange(table());
      table().loseNextAnswer();
      await expect(act(table(), before)).rejects.toThrow();
      expect(await stored()).toEqual({ N: String(laterMs) });
      const counter = (await table().get(fresh.key))?.leaseCounter;
      expect(leaseOf(await act(table(), before)).readMs).toBe(laterMs);
      expect((await table().get(fresh.key))?.leaseCounter).toEqual(counter);
    });

    it('goes back, when the holder says so', async () => {
      const lease = await read(table());
      expect(leaseOf(await table().store.renew(lease, me, { readMs: 1 }, never)).readMs).toBe(1);
    });

    it('is in whole milliseconds, rounded down', async () => {
      expect(leaseOf(await table().store.renew(await held(table()), me, { readMs: 1.9 }, never)).readMs).toBe(1);
    });

    it.each<[string, typeof read]>([
      ['of a lease', read],
      ['of a lease that was given back', givenBack],
    ])('%s says nothing any more once a Java worker has written, and a take does not make it good', async (_what, arrange) => {
      const { counter } = await arrange(table());
      await plant(table(), fresh.key, { leaseOwner: { S: 'java' }, leaseCounter: { N: String(counter + 1n) } });
      const javas = await table().store.read(fresh.key, never);
      expect(javas).toMatchObject({ owner: 'java' });
      expect(javas).not.toHaveProperty('readMs');
      if (javas !== undefined) expect(leaseOf(await table().store.take(javas, me, {}, never))).not.toHaveProperty('readMs');
      expect(await stored()).toBeUndefined();
      expect((await table().store.list({ consistent: true }, never)).leases[0]).not.toHaveProperty('readMs');
    });

    it('is unknown of a row that was just made, whatever it is a copy of', async () => {
      expect(await created(table())).not.toHaveProperty('readMs');
    });
  });
}
