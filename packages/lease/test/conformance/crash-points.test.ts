// Every point at which a hand-over of a lease from worker A to worker B can break (lease-protocol part 4), step by step against
// DynamoDB Local: what becomes of the lease, and that whoever comes back late changes nothing.
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { isHeldBy, isOurs, validRequest } from '../../src/rows/marks.ts';
import { at, fresh, leaseOf, never, shardEnd } from '../../src/testing/conformance/harness.ts';
import type { Identity, Lease, LeaseStore, Written } from '../../src/types.ts';
import { clientOf, pluggedStore, rawItems } from '../support/dynamo-table-under-test.ts';
import { localDynamo } from '../support/dynamodb-local.ts';
import { javaWorkers } from '../support/java-worker.ts';

interface Worker {
  readonly me: Identity;
  readonly store: LeaseStore;
  loseNextAnswer(): void;
  renew(lease: Lease): Promise<Written>;
  transfer(lease: Lease): Promise<Written>;
  accept(lease: Lease): Promise<Written>;
  take(lease: Lease): Promise<Written>;
}

const place = at('4959', 2);
const { key } = fresh;
let tables = 0;

/** Everything that a worker might still want to write about a lease, as it knew it. */
const lateWrites: Readonly<Record<string, (worker: Worker, lease: Lease) => Promise<Written>>> = {
  renew: (worker, lease) => worker.renew(lease),
  checkpoint: ({ store, me }, lease) => store.checkpoint(lease, me, at('1'), {}, never),
  transfer: (worker, lease) => worker.transfer(lease),
  accept: (worker, lease) => worker.accept(lease),
  release: ({ store, me }, lease) => store.release(lease, me, at('1'), {}, never),
  finish: ({ store, me }, lease) => store.finish(lease, me, ['child'], never),
  take: (worker, lease) => worker.take(lease),
  request: ({ store, me }, lease) => store.request(lease, me, never),
  disown: ({ store }, lease) => store.disown({ ...lease, position: shardEnd }, never),
  remove: ({ store }, lease) => store.remove({ ...lease, position: shardEnd }, never),
  rewind: ({ store }, lease) => store.rewind(lease, at('1'), never),
};

async function crew(url: string) {
  tables += 1;
  const table = `crash-${tables}`;
  const raw = clientOf(url);
  const worker = (name: string, incarnation: string): Worker => {
    const { store, loseNextAnswer } = pluggedStore(url, table);
    onTestFinished(() => store.close());
    const me = { worker: name, incarnation: incarnation.repeat(32) };
    return {
      me,
      store,
      loseNextAnswer,
      renew: (lease) => store.renew(lease, me, {}, never),
      transfer: (lease) => store.transfer(lease, me, place, {}, never),
      accept: (lease) => store.accept(lease, me, never),
      take: (lease) => store.take(lease, me, {}, never),
    };
  };
  const [a, b, b2, c] = [worker('a', 'a'), worker('b', 'b'), worker('b', '2'), worker('c', 'c')] as const;
  onTestFinished(() => raw.destroy());
  await a.store.open(never);
  const { get } = rawItems(raw, table);
  const row = async (): Promise<Lease> => {
    const lease = await c.store.read(key, never);
    if (lease === undefined) throw new Error('The row is gone.');
    return lease;
  };
  return {
    ...{ a, b, b2, c, row, java: javaWorkers(raw, table) },
    /** A holds the lease. */
    held: async () => leaseOf(await a.take(leaseOf(await a.store.create(fresh, never)))),
    /** None of the worker's writes does anything, whichever of its views it goes by. */
    async isHarmless(worker: Worker, ...views: readonly Lease[]): Promise<void> {
      const before = await get(key);
      for (const [name, write] of Object.entries(lateWrites)) {
        for (const view of views) expect((await write(worker, view)).outcome, `${name} over counter ${view.counter}`).toBe('stale');
      }
      expect(await get(key)).toEqual(before);
      // A worker may withdraw its own request at any time, debris by now; that moves nothing else.
      for (const view of views) await worker.store.cancel(view, worker.me, never);
      const own = before?.sfNextHolder?.S === worker.me.incarnation ? ['sfNext', 'sfNextHolder', 'sfAsked'] : [];
      expect(await get(key)).toEqual(Object.fromEntries(Object.entries(before ?? {}).filter(([name]) => !own.includes(name))));
    },
  };
}

type Crew = Awaited<ReturnType<typeof crew>>;

/** A holds the lease, B has asked, and A knows it from its renewal. */
async function requested({ a, b, held }: Crew) {
  const first = await held();
  const byB = leaseOf(await b.store.request(first, b.me, never));
  const byA = leaseOf(await a.renew(first));
  expect(validRequest(byA)?.nextHolder).toBe(b.me.incarnation);
  return { first, byB, byA };
}

async function transferred(all: Crew) {
  const views = await requested(all);
  return { ...views, given: leaseOf(await all.a.transfer(views.byA)) };
}

function nextDies(url: string): void {
  describe('B dies', () => {
    it('before the transfer: A transfers to the dead, the counter stands, anyone takes', async () => {
      const all = await crew(url);
      const { first, byB, byA } = await requested(all);
      const given = leaseOf(await all.a.transfer(byA));
      expect(given).toMatchObject({ owner: 'b', holder: all.b.me.incarnation, position: place });
      expect(await all.row()).toEqual(given);
      const taken = leaseOf(await all.c.take(await all.row()));
      expect(taken).toMatchObject({ owner: 'c', position: place, counter: given.counter + 1n, ownerSwitches: 1n });
      await all.isHarmless(all.a, first, byA, given);
      await all.isHarmless(all.b, first, byB, given);
    });

    it('before it accepts: the counter stands, anyone takes', async () => {
      const all = await crew(url);
      const { first, byB, byA, given } = await transferred(all);
      const taken = leaseOf(await all.c.take(await all.row()));
      expect(taken).toMatchObject({ owner: 'c', position: place, counter: given.counter + 1n });
      await all.isHarmless(all.b, byB, given);
      await all.isHarmless(all.a, first, byA);
    });
  });
}

function nextRestarts(url: string): void {
  describe('B restarts as B2', () => {
    it('before the transfer: a stranger, whose first life’s request stands', async () => {
      const all = await crew(url);
      const { byB, byA } = await requested(all);
      expect((await all.b2.accept(byA)).outcome).toBe('stale');
      expect((await all.b2.store.request(byA, all.b2.me, never)).outcome).toBe('stale');
      leaseOf(await all.b2.store.cancel(byA, all.b2.me, never));
      expect(await all.row()).toEqual(byA);
      const given = leaseOf(await all.a.transfer(byA));
      expect(isHeldBy(given, all.b.me)).toBe(true);
      const taken = leaseOf(await all.b2.take(given));
      expect(taken).toMatchObject({ holder: all.b2.me.incarnation, position: place, ownerSwitches: 0n });
      await all.isHarmless(all.b, byB, given);
    });

    it('after the transfer: a stranger, who waits and takes as anyone does', async () => {
      const all = await crew(url);
      const { byB, given } = await transferred(all);
      expect((await all.b2.accept(given)).outcome).toBe('stale');
      expect((await all.b2.renew(given)).outcome).toBe('stale');
      expect(await all.row()).toEqual(given);
      const taken = leaseOf(await all.b2.take(given));
      expect(isHeldBy(taken, all.b2.me)).toBe(true);
      await all.isHarmless(all.b, byB, given);
    });
  });
}

function holderDies(url: string): void {
  describe('A dies', () => {
    it('before the transfer: the lease is taken, and the take clears the request', async () => {
      const all = await crew(url);
      const { first, byB, byA } = await requested(all);
      expect(await all.row()).toEqual(byA);
      const taken = leaseOf(await all.c.take(byA));
      expect(taken).toMatchObject({ owner: 'c', position: fresh.position });
      expect(taken.request).toBeUndefined();
      await all.isHarmless(all.a, first, byA);
      await all.isHarmless(all.b, byB, byA);
    });

    it('after the transfer: B accepts', async () => {
      const all = await crew(url);
      const { first, byA, given } = await transferred(all);
      const accepted = leaseOf(await all.b.accept(given));
      expect(isHeldBy(accepted, all.b.me)).toBe(true);
      expect(accepted).toMatchObject({ position: place, counter: given.counter + 1n });
      await all.isHarmless(all.a, first, byA);
    });
  });
}

function bothDie(url: string): void {
  describe.each(['before', 'after'])('both die %s the transfer: an ordinary row', (when) => {
    const heirs: Readonly<Record<string, (all: Crew) => Promise<unknown>>> = {
      'a worker of ours': async (all) => leaseOf(await all.c.take(await all.row())),
      'a 2.x worker': (all) => all.java.takes2x(key, 'java'),
      'a 3.x leader': (all) => all.java.assigns3x(key, 'java'),
    };
    it.each(Object.keys(heirs))('for %s', async (heir) => {
      const all = await crew(url);
      const { first, byB, byA } = await requested(all);
      const last = when === 'before' ? byA : leaseOf(await all.a.transfer(byA));
      await heirs[heir]?.(all);
      const row = await all.row();
      expect(row).toMatchObject({ counter: last.counter + 1n, position: last.position, owner: heir === 'a worker of ours' ? 'c' : 'java' });
      expect(isOurs(row)).toBe(heir === 'a worker of ours');
      await all.isHarmless(all.a, first, byA);
      await all.isHarmless(all.b, byB, last);
    });
  });
}

function answersAreLost(url: string): void {
  describe('an answer is lost', () => {
    it('to the request: B recognises itself', async () => {
      const all = await crew(url);
      const first = await all.held();
      all.b.loseNextAnswer();
      await expect(all.b.store.request(first, all.b.me, never)).rejects.toMatchObject({ retryable: true });
      const row = await all.row();
      expect(leaseOf(await all.b.store.request(first, all.b.me, never))).toEqual(row);
      expect(validRequest(row)?.nextHolder).toBe(all.b.me.incarnation);
    });

    it('to the accepting: B recognises itself', async () => {
      const all = await crew(url);
      const { given } = await transferred(all);
      all.b.loseNextAnswer();
      await expect(all.b.accept(given)).rejects.toMatchObject({ retryable: true });
      expect((await all.row()).counter).toBe(given.counter + 1n);
      // By a write of its own: nobody knows when the first arrived, and a fence must count from somewhere.
      const again = leaseOf(await all.b.accept(given));
      expect(again.counter).toBe(given.counter + 2n);
      expect(again).toEqual(await all.row());
    });

    it('to the transfer: it counts as applied', async () => {
      const all = await crew(url);
      const { byA } = await requested(all);
      all.a.loseNextAnswer();
      await expect(all.a.transfer(byA)).rejects.toMatchObject({ retryable: true });
      const row = await all.row();
      expect(leaseOf(await all.a.transfer(byA))).toEqual(row);
      expect(isHeldBy(row, all.b.me)).toBe(true);
    });

    it('to the transfer, and B has accepted already: lost, which ends the same', async () => {
      const all = await crew(url);
      const { first, byA } = await requested(all);
      all.a.loseNextAnswer();
      await expect(all.a.transfer(byA)).rejects.toMatchObject({ retryable: true });
      const accepted = leaseOf(await all.b.accept(await all.row()));
      expect(await all.a.transfer(byA)).toEqual({ outcome: 'stale', current: accepted });
      await all.isHarmless(all.a, first, byA);
    });
  });
}

function holderPauses(url: string): void {
  describe('A is paused', () => {
    it('and wakes after its transfer and B’s accepting: all it writes fails on the counter', async () => {
      const all = await crew(url);
      const { first, byA, given } = await transferred(all);
      const accepted = leaseOf(await all.b.accept(given));
      await all.isHarmless(all.a, first, byA);
      leaseOf(await all.b.renew(accepted));
    });

    it('and wakes after C took the lease: likewise', async () => {
      const all = await crew(url);
      const { first, byA } = await requested(all);
      const taken = leaseOf(await all.c.take(byA));
      await all.isHarmless(all.a, first, byA);
      leaseOf(await all.c.renew(taken));
    });
  });
}

function nextWithdraws(url: string): void {
  it('B withdraws while A drains: the transfer is refused, A goes on, B comes too late', async () => {
    const all = await crew(url);
    const { byB, byA } = await requested(all);
    leaseOf(await all.b.store.cancel(byA, all.b.me, never));
    const refused = await all.a.transfer(byA);
    expect(refused.outcome).toBe('stale');
    const row = await all.row();
    expect(isHeldBy(row, all.a.me) && row.counter === byA.counter).toBe(true);
    expect(refused).toMatchObject({ current: row });
    for (const view of [byB, byA, row]) expect((await all.b.accept(view)).outcome).toBe('stale');
    expect(leaseOf(await all.a.store.checkpoint(row, all.a.me, place, {}, never))).toMatchObject({ owner: 'a', position: place });
  });
}

function javaTakes(url: string): void {
  it('a 2.x worker takes while A drains: A has lost it, B drops its request', async () => {
    const all = await crew(url);
    const { first, byB, byA } = await requested(all);
    await all.java.takes2x(key, 'java');
    const row = await all.row();
    expect(row).toMatchObject({ owner: 'java', position: fresh.position });
    expect([isOurs(row), validRequest(row)]).toEqual([false, undefined]);
    expect((await all.a.transfer(byA)).outcome).toBe('stale');
    leaseOf(await all.b.store.cancel(byA, all.b.me, never));
    expect((await all.row()).request).toBeUndefined();
    await all.java.renews(key);
    await all.isHarmless(all.a, first, byA);
    await all.isHarmless(all.b, byB, byA);
  });
}

const server = await localDynamo();
if ('skipped' in server) {
  it.skip(`DynamoDB Local is not to be had: ${server.skipped}`);
} else {
  afterAll(() => server.stop());
  describe('a hand-over from A to B', () => {
    for (const crash of [nextDies, nextRestarts, holderDies, bothDie, answersAreLost, holderPauses, nextWithdraws, javaTakes]) crash(server.url);
  });
}
