// Laws of the planner over a shared table: whatever the views, plans converge, and no live lease of ours is ever taken.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observe } from '../../../src/fleet/observe.ts';
import { firstComerMs } from '../../../src/fleet/plan/takes.ts';
import { type Plan, type PlanInput, planLeases } from '../../../src/fleet/plan.ts';
import { createMemoryTable, memoryLeaseStore } from '../../../src/testing/index.ts';
import type { Identity, Lease, LeaseStore } from '../../../src/types.ts';
import { durationMs, keys, noInput, type Planner, planner, spread } from './planned-fleet.ts';
import { released, seen } from './rows.ts';

const never = new AbortController().signal;
const roundMs = 1000;

interface Worker extends Planner {
  /** What it looked at last; one round old when it dawdles. */
  view: readonly Lease[];
}

function holds(row: Lease, { me }: Worker): boolean {
  return row.holder === me.incarnation && row.holderCounter === row.counter;
}

function planOf(worker: Worker, rows: readonly Lease[], nowMs: number): Plan {
  worker.seen = observe(worker.seen, rows, nowMs);
  const held = new Set(rows.filter((row) => holds(row, worker)).map((row) => row.key));
  const { me, maxPerWorker, memory } = worker;
  const plan = planLeases({ ...noInput, rows, observations: worker.seen, scannedMs: nowMs, nowMs, me, held, maxPerWorker, memory });
  worker.memory = plan.memory;
  return plan;
}

/** One round: everybody looks, some at what stood a round ago; everybody acts, conditions decide; holders hand over and renew. */
async function round(store: LeaseStore, workers: readonly Worker[], late: readonly boolean[], nowMs: number): Promise<void> {
  const { leases: now } = await store.list({ consistent: true }, never);
  const plans = workers.map((worker, at) => planOf(worker, late[at] === true && worker.view.length > 0 ? worker.view : now, nowMs));
  for (const [at, worker] of workers.entries()) {
    for (const take of plans[at]?.takes ?? []) {
      const before = await store.read(take.lease.key, never);
      const written = await store.take(take.lease, worker.me, {}, never);
      // Nobody dies in these fleets, so only leases without an owner may change hands by a take.
      if (written.outcome === 'applied') expect(before?.owner).toBeUndefined();
    }
    for (const row of plans[at]?.requests ?? []) await store.request(row, worker.me, never);
  }
  for (const row of (await store.list({ consistent: true }, never)).leases) {
    const holder = workers.find((worker) => holds(row, worker));
    if (holder === undefined) continue;
    if (row.request === undefined) await store.renew(row, holder.me, {}, never);
    else await store.transfer(row, holder.me, row.position, {}, never);
  }
  const { leases: after } = await store.list({ consistent: true }, never);
  for (const worker of workers) worker.view = after;
}

it('a fleet of any size over a lease table comes to counts that differ by at most one, and stays there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 6 }), fc.infiniteStream(fc.boolean()), async (leases, size, lateness) => {
      const store = memoryLeaseStore({ table: createMemoryTable() });
      for (const key of keys(leases)) await store.create({ key, shardId: key, position: { kind: 'trim-horizon' }, parents: [] }, never);
      const workers = Array.from({ length: size }, (_, at): Worker => ({ ...planner(`w${at}`), view: [] }));
      // They join one by one, then have some rounds in which nobody is late: fifteen seconds of rest, and a few moves.
      let nowMs = 0;
      for (let turn = 0; turn < 2 * size + 25; turn += 1, nowMs += roundMs) {
        const joined = workers.slice(0, 1 + Math.floor(turn / 2));
        const late = joined.map(() => turn < 2 * size && lateness.next().value === true);
        await round(store, joined, late, nowMs);
      }
      const { leases: before } = await store.list({ consistent: true }, never);
      const counts = workers.map((worker) => before.filter((row) => holds(row, worker)).length);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(leases);
      expect(spread(counts)).toBeLessThanOrEqual(1);
      await round(store, workers, [], nowMs);
      const { leases: after } = await store.list({ consistent: true }, never);
      expect(after.map((row) => row.owner)).toEqual(before.map((row) => row.owner));
    }),
    { numRuns: 40 },
  );
});

const someone: fc.Arbitrary<string | undefined> = fc.constantFrom(undefined, 'a', 'b', 'c', 'me');
const draft = fc.record({
  owner: someone,
  ours: fc.boolean(),
  done: fc.boolean(),
  stillMs: fc.integer({ min: 0, max: 12_000 }),
  asker: fc.option(fc.constantFrom('a', 'b', 'me'), { nil: undefined, freq: 4 }),
  throughputKBps: fc.option(fc.integer({ min: 0, max: 2000 }), { nil: undefined }),
});
type Draft = typeof draft extends fc.Arbitrary<infer T> ? T : never;
const nowMs = 50_000;
const holderOf = (name: string): Identity => ({ worker: name, incarnation: `${name}-1` });

function rowOf({ owner, ours, done, asker, throughputKBps }: Draft, at: number): Lease {
  const key = `s${String(at).padStart(3, '0')}`;
  return {
    ...released(key, { position: done ? { kind: 'shard-end' } : { kind: 'latest' } }),
    ...(throughputKBps === undefined ? {} : { throughputKBps }),
    ...(owner === undefined ? {} : { owner }),
    ...(owner === undefined || !ours ? {} : { holder: `${owner}-1`, holderCounter: 7n }),
    ...(owner === undefined || !ours || asker === undefined || asker === owner
      ? {}
      : { request: { next: asker, nextHolder: `${asker}-1`, asked: `${owner}-1` } }),
  };
}

/** What `self` sees of the rows; it holds all that name it. */
function inputOf(drafts: readonly Draft[], rows: readonly Lease[], self: Identity, over: Partial<PlanInput> = {}): PlanInput {
  const observations = new Map(rows.flatMap((row, at) => [...seen([row], nowMs - (drafts[at]?.stillMs ?? 0), nowMs)]));
  const held = new Set(rows.filter((row) => row.holder === self.incarnation && row.position.kind !== 'shard-end').map((row) => row.key));
  return { ...noInput, rows, observations, scannedMs: nowMs, nowMs, me: self, held, ...over };
}

describe('a plan of any rows', () => {
  it('stays within the maximum, names each lease once, and takes nothing that another holds', () => {
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 20 }), fc.nat(12), (drafts, maxPerWorker) => {
        const rows = drafts.map(rowOf);
        const input = inputOf(drafts, rows, holderOf('me'), { maxPerWorker });
        const plan = planLeases(input);
        const named = [...plan.takes.map((take) => take.lease.key), ...plan.requests.map((row) => row.key)];
        expect(new Set(named).size).toBe(named.length);
        expect(named.length + input.held.size).toBeLessThanOrEqual(Math.max(maxPerWorker, input.held.size));
        for (const { lease, why } of plan.takes) {
          const { stillMs = 0 } = drafts[rows.indexOf(lease)] ?? {};
          expect(input.held.has(lease.key) || lease.position.kind === 'shard-end').toBe(false);
          if (why === 'expired') expect(stillMs).toBeGreaterThanOrEqual(durationMs);
          if (why === 'steal') expect(lease.holder).toBeUndefined();
          if (why === 'released') expect(lease.owner).toBeUndefined();
        }
        for (const row of plan.requests) {
          expect(row.holder).toBeDefined();
          expect([row.request, row.position.kind === 'shard-end', input.held.has(row.key)]).toEqual([undefined, false, false]);
        }
      }),
    );
  });

  it('is the same for the same rows in any order', () => {
    const shuffled = fc.array(draft, { maxLength: 20 }).chain((drafts) =>
      fc.tuple(
        fc.constant(drafts),
        fc.shuffledSubarray(
          drafts.map((_, at) => at),
          { minLength: drafts.length },
        ),
      ),
    );
    fc.assert(
      fc.property(shuffled, fc.boolean(), ([drafts, order], rested) => {
        const rows = drafts.map(rowOf);
        const first = inputOf(drafts, rows, holderOf('me'));
        // A fleet that has been at rest plans its small moves too.
        const known = planLeases(first).memory;
        const memory = rested ? { ...known, restUntilMs: 0, scannedMs: 0, lightScans: 5, unevenScans: 5 } : undefined;
        const plan = planLeases({ ...first, memory });
        expect(planLeases({ ...first, memory })).toEqual(plan);
        expect(planLeases({ ...first, memory, rows: order.flatMap((at) => rows[at] ?? []) })).toEqual(plan);
      }),
      { numRuns: 300 },
    );
  });

  it('takes, together with everybody’s, each lease that could be taken, once, and after a while all of them alone', () => {
    const workers = ['a', 'b', 'c', 'me'].map(holderOf);
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 20 }), (drafts) => {
        // Each worker is in view by a lease that it holds.
        const all: Draft[] = drafts.map((one) => ({ ...one, ours: true }));
        for (const { worker } of workers) all.push({ owner: worker, ours: true, done: false, stillMs: 0, asker: undefined, throughputKBps: undefined });
        const rows = all.map(rowOf);
        const free = rows.filter((row, at) => row.position.kind !== 'shard-end' && (row.owner === undefined || (all[at]?.stillMs ?? 0) >= durationMs));
        const sight = (self: Identity, over: Partial<PlanInput> = {}) => {
          const input = inputOf(all, rows, self);
          // What stood still long enough is not held by anybody who plans here.
          const held = new Set([...input.held].filter((key) => !free.some((row) => row.key === key)));
          return planLeases({ ...input, held, ...over });
        };
        const taken = workers.flatMap((self) => sight(self).takes.map((take) => take.lease.key));
        expect([...new Set(taken)].sort()).toEqual(free.map((row) => row.key));
        // What has lain for a while anybody may take.
        const fresh = free.filter((row) => row.owner !== undefined || (all.find((_, at) => rows[at] === row)?.stillMs ?? 0) < firstComerMs);
        for (const { key } of fresh) expect(taken.filter((each) => each === key)).toHaveLength(1);
        const { memory } = sight(holderOf('me'));
        const late = sight(holderOf('me'), { nowMs: nowMs + durationMs, memory });
        expect(late.takes.map((take) => take.lease.key).sort()).toEqual(free.map((row) => row.key));
      }),
    );
  });
});
