// Laws of the planner over a shared table: whatever the views, plans converge and no live lease of ours is ever taken.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Observations, observe } from '../../../src/fleet/observe.ts';
import { workerId } from '../../../src/fleet/ownership.ts';
import { type Plan, planLeases } from '../../../src/fleet/plan.ts';
import { rendezvousFirst } from '../../../src/fleet/rendezvous.ts';
import { createMemoryTable, memoryLeaseStore } from '../../../src/testing/index.ts';
import type { Identity, Lease, LeaseStore } from '../../../src/types.ts';

const durationMs = 10_000;
const roundMs = 1000;
const never = new AbortController().signal;

interface Worker {
  readonly me: Identity;
  readonly maxPerWorker: number;
  seen: Observations;
  /** What it looked at last; one round old when it dawdles. */
  view: readonly Lease[];
}

function holds(row: Lease, worker: Worker): boolean {
  return row.holder === worker.me.incarnation && row.holderCounter === row.counter;
}

function planOf(worker: Worker, rows: readonly Lease[], nowMs: number): Plan {
  worker.seen = observe(worker.seen, rows, nowMs);
  const held = new Set(rows.filter((row) => holds(row, worker)).map((row) => row.key));
  const { me, maxPerWorker } = worker;
  return planLeases({
    rows,
    broken: [],
    observations: worker.seen,
    scannedMs: nowMs,
    nowMs,
    me,
    held,
    asked: new Set(),
    spared: new Set(),
    maxPerWorker,
    durationMs,
    parentsOf: () => [],
  });
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
    else await store.transfer(row, holder.me, row.position, never);
  }
  const { leases: after } = await store.list({ consistent: true }, never);
  for (const worker of workers) worker.view = after;
}

it('a fleet of any size comes to shares of at least the floor, stays there, and never takes a live lease', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 6 }), fc.infiniteStream(fc.boolean()), async (leases, size, lateness) => {
      const store = memoryLeaseStore({ table: createMemoryTable() });
      const keys = Array.from({ length: leases }, (_, at) => `shard-${String(at).padStart(3, '0')}`);
      for (const key of keys) await store.create({ key, shardId: key, position: { kind: 'trim-horizon' }, parents: [] }, never);
      const workers = Array.from(
        { length: size },
        (_, at): Worker => ({ me: { worker: `w${at}`, incarnation: `i${at}` }, maxPerWorker: 1000, seen: new Map(), view: [] }),
      );
      // They join one by one, then have some rounds in which nobody is late.
      let nowMs = 0;
      for (let turn = 0; turn < 2 * size + 12; turn += 1, nowMs += roundMs) {
        const joined = workers.slice(0, 1 + Math.floor(turn / 2));
        const late = joined.map(() => turn < 2 * size && lateness.next().value === true);
        await round(store, joined, late, nowMs);
      }
      const { leases: before } = await store.list({ consistent: true }, never);
      const counts = workers.map((worker) => before.filter((row) => holds(row, worker)).length);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(leases);
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(Math.floor(leases / size));
      await round(store, workers, [], nowMs);
      const { leases: after } = await store.list({ consistent: true }, never);
      expect(after.map((row) => row.owner)).toEqual(before.map((row) => row.owner));
    }),
    { numRuns: 60 },
  );
});

it('a plan stays within the maximum and names each lease once', () => {
  const someone = fc.constantFrom(undefined, 'a', 'b', 'me');
  const rowArbitrary = fc.record({ owner: someone, marked: fc.boolean(), done: fc.boolean(), stillMs: fc.integer({ min: 0, max: 12_000 }) });
  fc.assert(
    fc.property(fc.array(rowArbitrary, { maxLength: 20 }), fc.nat(12), (drafts, maxPerWorker) => {
      const rows = drafts.map(({ owner, marked, done }, at): Lease => {
        const mark = owner !== undefined && marked ? { holder: `${owner}-1`, holderCounter: 3n } : {};
        const position = done ? ({ kind: 'shard-end' } as const) : ({ kind: 'latest' } as const);
        return {
          key: `s${at}`,
          shardId: `s${at}`,
          counter: 3n,
          position,
          ownerSwitches: 0n,
          parents: [],
          children: [],
          bell: 0n,
          ...(owner === undefined ? {} : { owner }),
          ...mark,
        };
      });
      const observations = new Map(rows.flatMap((row, at) => [...observe(new Map(), [row], 50_000 - (drafts[at]?.stillMs ?? 0))]));
      const me = { worker: 'me', incarnation: 'me-1' };
      const held = new Set(rows.filter((row) => row.holder === 'me-1' && row.position.kind !== 'shard-end').map((row) => row.key));
      const input = {
        rows,
        broken: [],
        observations,
        scannedMs: 50_000,
        nowMs: 50_000,
        me,
        held,
        asked: new Set<string>(),
        spared: new Set<string>(),
        maxPerWorker,
        durationMs,
      };
      const plan = planLeases({ ...input, parentsOf: () => [] });
      const keys = [...plan.takes.map((take) => take.lease.key), ...plan.requests.map((row) => row.key)];
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.length + held.size).toBeLessThanOrEqual(Math.max(maxPerWorker, held.size));
      for (const { lease, why } of plan.takes) {
        const stillMs = drafts[rows.indexOf(lease)]?.stillMs ?? 0;
        expect(held.has(lease.key) || lease.position.kind === 'shard-end').toBe(false);
        if (why === 'expired') expect(stillMs).toBeGreaterThanOrEqual(durationMs);
        if (why === 'steal') expect(lease.holder).toBeUndefined();
        if (why === 'released') expect(lease.owner).toBeUndefined();
      }
      for (const row of plan.requests) expect(row.holder).toBeDefined();
    }),
  );
});

it('all workers agree who comes first, and a leaving worker changes only what was its own', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(names, fc.string(), (workers, key) => {
      const first = rendezvousFirst(workers, key);
      expect(rendezvousFirst(workers.toReversed(), key)).toBe(first);
      const gone = workers.find((worker) => worker !== first);
      expect(
        rendezvousFirst(
          workers.filter((worker) => worker !== gone),
          key,
        ),
      ).toBe(first);
    }),
  );
});

it('spreads leases over workers', () => {
  const workers = ['a', 'b', 'c', 'd'].map((worker) => workerId({ worker, incarnation: `${worker}${worker}` }));
  const counts = new Map<string | undefined, number>();
  for (let at = 0; at < 1000; at += 1) {
    const first = rendezvousFirst(workers, `shardId-${String(at).padStart(12, '0')}`);
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  for (const worker of workers) expect(counts.get(worker)).toBeGreaterThan(200);
});
