// Whole fleets of planners in rounds: to where they come, how many leases move until then, and that nothing moves after.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../../src/types.ts';
import { countsOf, free, loadsOf, maxLateRounds, type Planner, planner, type RoundOptions, round, spread, type World } from './planned-fleet.ts';

const fleetOf = (size: number, limits: readonly number[] = []): Planner[] => Array.from({ length: size }, (_, at) => planner(`w${at}`, limits[at]));

/** Runs so many rounds; the last in which anything was planned, from 1 on. */
function run(table: World, planners: readonly Planner[], rounds: number, options: RoundOptions = {}): number {
  let last = 0;
  for (let at = 1; at <= rounds; at += 1) {
    round(table, planners, options);
    if (table.planned > 0) last = at;
  }
  return last;
}

const lateness = fc.infiniteStream(fc.nat(maxLateRounds)).map((stream) => () => Number(stream.next().value));
const size = fc.integer({ min: 1, max: 7 });
const leases = fc.integer({ min: 0, max: 40 });

describe('by count', () => {
  it('any fleet comes to counts that differ by at most one within a minute, and rests', () => {
    fc.assert(
      fc.property(leases, size, fc.boolean(), lateness, (count, workers, together, late) => {
        const table = free(count);
        const planners = fleetOf(workers);
        for (let joined = 1; !together && joined < workers; joined += 1) run(table, planners.slice(0, joined), 3, { lateness: late });
        const last = run(table, planners, 100, { lateness: late });
        expect(spread(countsOf(table, planners))).toBeLessThanOrEqual(1);
        expect(last).toBeLessThanOrEqual(60);
      }),
      { numRuns: 80 },
    );
  });

  it.each([8, 64, 10_000])('a worker that joins asks for its whole share of %i leases at once', (count) => {
    const planners = fleetOf(2);
    const table = free(count);
    run(table, planners.slice(0, 1), 2);
    round(table, planners);
    expect(table.planned).toBe(count / 2);
    run(table, planners, 2);
    expect(countsOf(table, planners)).toEqual([count / 2, count / 2]);
    expect(table.moves).toBe(count / 2);
  });

  it('nobody above its share falls below it by more than one while all others ask at once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 3, max: 6 }), { minLength: 2, maxLength: 12 }), (counts) => {
        // Each begins with what it can hold, and then has the room to take more.
        const table = free(counts.reduce((sum, count) => sum + count, 0));
        const limited = fleetOf(counts.length, counts);
        run(table, limited, 20);
        const before = countsOf(table, limited);
        const planners = limited.map((one) => ({ ...one, maxPerWorker: 1000 }));
        const fair = Math.floor(table.rows.length / counts.length);
        for (let at = 0; at < 25; at += 1) {
          round(table, planners);
          const after = countsOf(table, planners);
          for (const [who, count] of after.entries()) if ((before[who] ?? 0) > fair) expect(count).toBeGreaterThanOrEqual(fair - 1);
        }
        expect(spread(countsOf(table, planners))).toBeLessThanOrEqual(1);
      }),
      { numRuns: 40 },
    );
  });

  it('more workers than leases: each lease has its holder, and the spare ones stay idle', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), lateness, (count, spare, late) => {
        const planners = fleetOf(count + spare);
        const table = free(count);
        const last = run(table, planners, 120, { lateness: late });
        expect(countsOf(table, planners).toSorted()).toEqual([...Array.from({ length: spare }, () => 0), ...Array.from({ length: count }, () => 1)]);
        expect(last).toBeLessThan(60);
      }),
      { numRuns: 60 },
    );
  });

  it('workers that may hold less than their share hold that much, and the others share the rest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), fc.integer({ min: 1, max: 4 }), lateness, (limits, others, late) => {
        const planners = fleetOf(limits.length + others, limits);
        const table = free(10 * planners.length);
        const last = run(table, planners, 150, { lateness: late });
        const counts = countsOf(table, planners);
        expect(counts.slice(0, limits.length)).toEqual(limits);
        expect(spread(counts.slice(limits.length))).toBeLessThanOrEqual(1);
        expect(last).toBeLessThan(110);
      }),
      { numRuns: 60 },
    );
  });
});

const kilobytes = fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2000 }));
const quietRounds = 60;

describe('by throughput', () => {
  it('with constant throughputs, however late the views, the moves end', () => {
    fc.assert(
      fc.property(fc.array(kilobytes, { minLength: 1, maxLength: 30 }), size, lateness, (figures, workers, late) => {
        const table = free(figures.length);
        const planners = fleetOf(workers);
        const throughput = (row: Lease) => figures[Number(row.key.slice(-12))];
        const rounds = 300;
        const last = run(table, planners, rounds, { roundMs: 2000, throughput, lateness: late });
        expect(last).toBeLessThan(rounds - quietRounds);
        expect(table.moves).toBeLessThanOrEqual(figures.length * (workers + 2));
      }),
      { numRuns: 60 },
    );
  });

  it('evens what counts do not: two heavy leases do not stay with one worker', () => {
    const table = free(6);
    const planners = fleetOf(3);
    run(table, planners, 30);
    const [heaviest] = planners;
    const heavy = new Set(table.rows.filter((row) => row.owner === heaviest?.me.worker).map((row) => row.key));
    const throughput = (row: Lease) => (heavy.has(row.key) ? 500 : 50);
    expect(Math.max(...loadsOf(table, planners, throughput))).toBe(1000);
    run(table, planners, 400, { throughput });
    expect(Math.max(...loadsOf(table, planners, throughput))).toBeLessThanOrEqual(600);
    expect(run(table, planners, quietRounds, { throughput })).toBe(0);
  });

  const roundMs = 5000;
  const dayRounds = (24 * 3600 * 1000) / roundMs;
  const hour = (table: World): number => Math.floor(table.nowMs / 3_600_000);

  /** The same numbers in each run. */
  function numbersFrom(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
  }

  it.each([
    [7, 3],
    [5, 4],
    [16, 4],
  ])('a tenth of noise around equal loads moves none of %i leases of %i workers in a day', (count, workers) => {
    const number = numbersFrom(1);
    const table = free(count);
    const planners = fleetOf(workers);
    run(table, planners, 30);
    const before = table.moves;
    // One hour each lease for itself, one hour all leases of a worker the same way, which is worse.
    const noise = (row: Lease): number => {
      if (hour(table) % 2 === 0) return 0.2 * number() - 0.1;
      return (Number(row.owner?.slice(1)) + Math.floor(table.nowMs / 600_000)) % 2 === 0 ? -0.1 : 0.1;
    };
    const last = run(table, planners, dayRounds, { roundMs, throughput: (row) => 200 * (1 + noise(row)) });
    expect([last, table.moves - before]).toEqual([0, 0]);
  });

  it.each([1, 2, 3, 4])('a tenth of noise around loads that differ much lets the moves end (%i)', (seed) => {
    const number = numbersFrom(seed);
    const table = free(24);
    const planners = fleetOf(4);
    const means = new Map(table.rows.map((row) => [row.key, 1000 * number() ** 4]));
    const throughput = (row: Lease) => (means.get(row.key) ?? 0) * (0.9 + 0.2 * number());
    run(table, planners, 1800, { roundMs: 2000, throughput });
    const before = table.moves;
    run(table, planners, 5400, { roundMs: 2000, throughput });
    // In three hours after the first.
    expect(table.moves - before).toBeLessThanOrEqual(6);
  });
});
