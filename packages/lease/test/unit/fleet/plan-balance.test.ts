import { describe, expect, it } from 'vitest';
import { observe } from '../../../src/fleet/observe.ts';
import { type Plan, type PlanInput, planLeases } from '../../../src/fleet/plan.ts';
import type { Identity, Lease } from '../../../src/types.ts';
import { noInput } from './planned-fleet.ts';
import { askedBy, javas, me, other, ours, released, third } from './rows.ts';

const scanEveryMs = 1000;
const restMs = 15_000;
const all = [me, other, third];

/** What a worker plans at the scans from `fromMs` to `untilMs`, all of which show these rows, their holders alive. */
function plansOf(self: Identity, rows: readonly Lease[], untilMs: number, over: Partial<PlanInput> = {}, fromMs = 0, memory?: Plan['memory']): Plan[] {
  const plans: Plan[] = [];
  const held = new Set(rows.filter((row) => row.holder === self.incarnation).map((row) => row.key));
  for (let nowMs = fromMs; nowMs <= untilMs; nowMs += scanEveryMs) {
    const observations = observe(new Map(), rows, nowMs);
    const before = plans.at(-1)?.memory ?? memory;
    plans.push(planLeases({ ...noInput, me: self, rows, held, observations, scannedMs: nowMs, nowMs, memory: before, ...over }));
  }
  return plans;
}

const requested = (plans: readonly Plan[]) => plans.map((plan) => plan.requests.length);
/** Of whom it asks for a lease in any of these plans. */
const askedOf = (plans: readonly Plan[]) => [...new Set(plans.flatMap((plan) => plan.requests.map((row) => row.owner)))];
const last = (plans: readonly Plan[]): readonly Lease[] => plans.at(-1)?.requests ?? [];
const leasesOf = (by: Identity, throughputs: readonly (number | undefined)[], stem = by.worker): Lease[] =>
  throughputs.map((kbps, at) => ours(`${stem}${at}`, by, kbps === undefined ? {} : { throughputKBps: kbps }));
const count = (by: Identity, leases: number) =>
  leasesOf(
    by,
    Array.from({ length: leases }, () => undefined),
  );
const fleet = (mine: number, others: number, thirds: number) => [...count(me, mine), ...count(other, others), ...count(third, thirds)];

describe('balance rests', () => {
  it('for fifteen seconds from the first sight of the fleet', () => {
    const asked = [me, third].map((self) => requested(plansOf(self, fleet(1, 3, 1), restMs)));
    expect(asked.flatMap((requests) => requests.slice(0, -1))).not.toContain(1);
    expect(asked.map((requests) => requests.at(-1)).sort()).toEqual([0, 1]);
  });

  it.each<[string, readonly Lease[]]>([
    ['a new name', fleet(1, 3, 1)],
    ['a new name that only asks', [...count(me, 1), ...count(other, 3), askedBy(ours('x', other), third)]],
    ['a free lease', [...fleet(1, 3, 0), released('x'), ...count(third, 1)].slice(0, 5)],
  ])('again after %s', (_, changed) => {
    const before = plansOf(me, fleet(1, 2, 0), 60_000).at(-1)?.memory;
    // Somebody else is the one to take the free lease.
    const after = plansOf(me, changed, 60_000 + restMs - 1, { maxPerWorker: 1 }, 61_000, before);
    expect(after.at(-1)?.memory.restUntilMs).toBeGreaterThanOrEqual(61_000 + restMs);
    expect(after.at(-1)?.memory.unevenScans).toBe(0);
  });

  it('not after a name is gone', () => {
    const before = plansOf(me, fleet(2, 4, 1), 60_000).at(-1)?.memory;
    expect(plansOf(me, fleet(2, 4, 0), 61_000, {}, 61_000, before).at(-1)?.memory.restUntilMs).toBeLessThan(61_000);
  });
});

describe('by count', () => {
  it.each([
    ['two more than one’s own', fleet(1, 3, 1), 'other'],
    ['one more than one’s own', fleet(1, 2, 1), undefined],
    ['two less than one’s own', fleet(3, 1, 1), undefined],
  ])('%s', (_, rows, from) => {
    // Long enough for the turn of everybody.
    expect(askedOf(plansOf(me, rows, restMs + 5000))).toEqual(from === undefined ? [] : [from]);
  });

  it('one of those who could ask does, and the next at the next scan while nothing moves', () => {
    const asked = [me, third].map((self) => requested(plansOf(self, fleet(1, 3, 1), restMs + 3000)).slice(-4));
    expect(asked.map(String).sort()).toEqual(['0,1,0,1', '1,0,1,0']);
  });

  it('as many as there are leases to give ask at the same scan, however many could', () => {
    const names = Array.from({ length: 40 }, (_, at): Identity => ({ worker: `w${at}`, incarnation: `w${at}-1` }));
    const rows = [...count(other, 5), ...names.flatMap((one) => count(one, 1)), ...count(third, 3)];
    const asked = names.map((self) => requested(plansOf(self, rows, restMs + 1000)).slice(-2));
    expect([0, 1].map((scan) => asked.filter((requests) => requests[scan] === 1).length)).toEqual([4, 4]);
  });

  it('nobody asks at looks between two scans, which bring nobody’s turn nearer', () => {
    const rows = fleet(1, 3, 1);
    for (const self of [me, third]) {
      const rested = plansOf(self, rows, restMs).at(-1)?.memory;
      const between = plansOf(self, rows, restMs + 5000, { scannedMs: restMs }, restMs + 1000, rested);
      expect(requested(between)).toEqual([0, 0, 0, 0, 0]);
      const next = plansOf(self, rows, restMs + 6000, {}, restMs + 6000, between.at(-1)?.memory);
      expect(requested(next)).toEqual(requested(plansOf(self, rows, restMs + 1000)).slice(-1));
    }
  });

  it('asks for one at a time, for none that is spared, and not above the maximum', () => {
    const asked = (over: Partial<PlanInput>) => plansOf(me, fleet(2, 4, 2), restMs + 5000, over).flatMap((plan) => plan.requests.map((row) => row.key));
    expect(Math.max(...requested(plansOf(me, fleet(2, 4, 2), restMs + 5000)))).toBe(1);
    expect(asked({ asked: new Set(['elsewhere']) })).toEqual([]);
    expect(asked({ maxPerWorker: 2 })).toEqual([]);
    const spared = new Set(['other0', 'other1', 'other3']);
    expect(new Set(asked({ spared }))).toEqual(new Set(['other2']));
    expect(asked({ spared: new Set([...spared, 'other2']) })).toEqual([]);
  });

  it('leaves a lease where it is that would make the asker heavier than the giver was', () => {
    const rows = (mine: number) => [...leasesOf(me, [mine]), ...leasesOf(other, [10, 10, 10]), ...leasesOf(third, [30])];
    // Three of 20 are with the other one.
    expect(askedOf(plansOf(me, rows(30), restMs + 5000))).toEqual(['other']);
    expect(askedOf(plansOf(me, rows(31), restMs + 5000))).toEqual([]);
  });

  it('not beside a live Java worker', () => {
    expect(askedOf(plansOf(me, [...fleet(1, 3, 1), javas('java', 'java')], restMs + 5000))).toEqual([]);
  });
});

describe('by throughput', () => {
  const untilMs = restMs + scanEveryMs;
  // Each lease counts for 10 KB/s by itself.
  const three = (mine: readonly number[], others: readonly number[], thirds: readonly number[]) => [
    ...leasesOf(me, mine),
    ...leasesOf(other, others),
    ...leasesOf(third, thirds),
  ];
  it.each<[string, readonly Lease[], string | undefined]>([
    ['a clear difference', three([10, 10], [240, 240], [140, 140]), 'other'],
    // Loads of 60, 120, 120 and of 60, 122, 120.
    ['not from a giver at 1.2 of the mean', three([20, 20], [11, 89], [50, 50]), undefined],
    ['from one above', three([20, 20], [11, 91], [50, 50]), 'other'],
    // Loads of 80, 125, 95 and of 79, 125, 95.
    ['not to a taker at 0.8 of the mean', three([30, 30], [5, 100], [35, 40]), undefined],
    ['to one below', three([29, 30], [5, 100], [35, 40]), 'other'],
    ['not what would only change places', three([0, 0], [490], [120, 120]), undefined],
  ])('%s', (_, rows, from) => {
    expect(last(plansOf(me, rows, untilMs)).map((row) => row.owner)).toEqual(from === undefined ? [] : [from]);
  });

  it('not what would leave the taker about as heavy as the giver was', () => {
    // Of 40 and 300: the heavy one would leave 290 and 50, the light one is spared.
    const rows = three([10, 10], [240, 40], [130]);
    expect(last(plansOf(me, rows, untilMs, { spared: new Set(['other1']) }))).toEqual([]);
    expect(last(plansOf(me, rows, untilMs)).map((row) => row.key)).toEqual(['other1']);
  });

  it('in the second of two scans running', () => {
    const rows = three([10, 10], [240, 240], [140, 140]);
    expect(requested(plansOf(me, rows, untilMs)).slice(-3)).toEqual([0, 0, 1]);
    const rested = plansOf(me, rows, restMs).at(-1)?.memory;
    const even = plansOf(me, three([100, 100], [140, 140], [140, 140]), restMs + 1000, {}, restMs + 1000, rested).at(-1)?.memory;
    expect(requested(plansOf(me, rows, restMs + 3000, {}, restMs + 2000, even))).toEqual([0, 1]);
  });

  it.each([[[100, 20, 350]], [[20, 100, 350]], [[350, 20, 100]]])('moves of %j what leaves the larger load lowest', (others) => {
    const rows = three([10, 10], others, [170, 170]);
    expect(last(plansOf(me, rows, untilMs)).map((row) => row.throughputKBps)).toEqual([100]);
  });

  it('no lease whose owner was seen to change within two minutes', () => {
    const rows = three([10, 10], [240, 240], [140, 140]);
    const moved = (movedMs: number) => {
      const observations = new Map([...observe(new Map(), rows, untilMs)].map(([key, seen]) => [key, { ...seen, movedMs }]));
      const before = plansOf(me, rows, untilMs - 1000).at(-1)?.memory;
      return last(plansOf(me, rows, untilMs, { observations }, untilMs, before));
    };
    expect(moved(untilMs - 119_999)).toEqual([]);
    expect(moved(untilMs - 120_000)).toHaveLength(1);
  });

  it('counts a lease without a figure as the mean of the others, and all as equal when there is none', () => {
    const unknown = [undefined, undefined];
    const known = [...leasesOf(other, [150, 50]), ...leasesOf(third, [100, 100])];
    expect(askedOf(plansOf(me, [...leasesOf(me, unknown), ...known], restMs + 5000))).toEqual([]);
    expect(askedOf(plansOf(me, [...leasesOf(me, [0, 0]), ...known], restMs + 5000))).not.toEqual([]);
    expect(askedOf(plansOf(me, [...leasesOf(me, unknown), ...leasesOf(other, unknown), ...leasesOf(third, unknown)], restMs + 5000))).toEqual([]);
  });

  it.each([
    [-1e9, 0],
    [1e308, 2_000_000],
  ])('takes %d for %d', (nonsense, sense) => {
    const asked = (mine: number, others: number) =>
      plansOf(me, three([mine, mine], [others, others, others], [100, 100, 100]), untilMs).map((plan) => plan.requests.map((row) => row.key));
    expect(asked(nonsense, 300)).toEqual(asked(sense, 300));
    expect(asked(10, nonsense)).toEqual(asked(10, sense));
  });

  it('before counts, and one lease for both', () => {
    const rows = three([5, 5], [60, 60, 60, 60], [300, 300]);
    const plans = plansOf(me, rows, restMs + 5000).slice(-5);
    expect(askedOf(plans)).toEqual(['third']);
    expect(requested(plans)).toEqual([1, 1, 1, 1, 1]);
  });

  it('not beside a live Java worker', () => {
    const rows = three([10, 10], [240, 240], [140, 140]);
    expect(last(plansOf(me, [...rows, javas('j0', 'java'), javas('j1', 'java')], untilMs))).toEqual([]);
  });
});

it('all share one view and rank each other alike: nobody’s plan is another’s', () => {
  const rows = fleet(1, 3, 1);
  const askers = all.filter((self) => last(plansOf(self, rows, restMs)).length > 0);
  expect(askers).toHaveLength(1);
});
