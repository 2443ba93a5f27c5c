import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cadence, type Surroundings, smallTableBytes } from '../../../src/fleet/cadence.ts';

/** A row of ours with a request or a throughput in it, about. */
const bytesPerLease = 400;
const renewIntervalMs = 5000;

function of(leases: number, workers: number, over: Partial<Surroundings> = {}) {
  return cadence({ bytes: leases * bytesPerLease, leases, workers, settled: true, renewIntervalMs, ...over });
}

describe('how often a worker looks, and reads its part and all of the table', () => {
  it.each([
    // leases, workers, look, part, whole
    [8, 1, 10_000, 10_000, 10_000],
    [8, 3, 1000, 1000, 1000],
    [8, 4, 1000, 1000, 1000],
    [8, 20, 5000, 5000, 5000],
    [8, 200, 5000, 5000, 5000],
    [64, 1, 10_000, 10_000, 10_000],
    [64, 3, 1000, 1000, 1000],
    [64, 16, 1042, 6510, 6510],
    [64, 200, 5000, 5000, 5000],
    [1000, 1, 10_000, 10_000, 10_000],
    [1000, 3, 1000, 10_000, 60_000],
    [1000, 20, 1000, 10_000, 60_000],
    [1000, 200, 1000, 10_000, 488_281],
    [10_000, 1, 10_000, 10_000, 10_000],
    [10_000, 3, 1000, 10_000, 60_000],
    [10_000, 20, 1000, 10_000, 60_000],
    [10_000, 200, 1000, 10_000, 488_281],
  ])('%i leases, %i workers: every %i ms, %i ms, %i ms', (leases, workers, ...times) => {
    const { lookMs, partMs, wholeMs } = of(leases, workers);
    expect([lookMs, partMs, wholeMs].map(Math.round)).toEqual(times);
  });

  it('a lone worker that waits for something looks as one of two does', () => {
    expect(of(8, 1, { settled: false })).toEqual({ lookMs: 1000, partMs: 1000, wholeMs: 1000, hurryMs: 1000 });
  });

  it('all of the table is read every few seconds up to 32 KB', () => {
    expect(of(64, 3, { bytes: smallTableBytes }).wholeMs).toBe(1000);
    expect(of(64, 3, { bytes: smallTableBytes + 1 })).toEqual({ lookMs: 1000, partMs: 10_000, wholeMs: 60_000, hurryMs: 1000 });
  });
});

it('while leases change hands a large table is read as often as a crash would have it, at the price of the renewals', () => {
  const times = (leases: number, workers: number) => of(leases, workers, { settled: false });
  expect(times(1000, 4)).toEqual({ lookMs: 1000, partMs: 10_000, wholeMs: 10_000, hurryMs: 1000 });
  expect(Math.round(times(10_000, 200).wholeMs)).toBe(48_828);
  expect(times(10_000, 400).wholeMs).toBe(60_000);
  expect(Math.round(times(10_000, 200).hurryMs)).toBe(4883);
});

describe('what looking at a large table costs', () => {
  const fleets = fc.record({
    bytes: fc.integer({ min: smallTableBytes + 1, max: 50_000_000 }),
    leases: fc.integer({ min: 1, max: 20_000 }),
    workers: fc.integer({ min: 2, max: 400 }),
    settled: fc.constant(true),
    renewIntervalMs: fc.integer({ min: 1000, max: 20_000 }),
  });

  it('is at most one read unit for ten that renewals write, for the whole table, and six for the bell, unless it were too rare', () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const { lookMs, wholeMs } = cadence(fleet);
        // A unit of an eventually consistent read covers 8 KB, and half a unit is the least; a renewal writes one unit.
        const writtenPerMs = fleet.leases / fleet.renewIntervalMs;
        const wholePerMs = (fleet.workers * fleet.bytes) / 8192 / wholeMs;
        const bellPerMs = fleet.workers / 2 / lookMs;
        const rounding = 1 + 1e-9;
        if (wholeMs < 600_000) expect(10 * wholePerMs).toBeLessThanOrEqual(writtenPerMs * rounding);
        if (lookMs < 5000) expect(10 * bellPerMs).toBeLessThanOrEqual(6 * writtenPerMs * rounding);
        // And they are no rarer than that.
        if (wholeMs > 60_000) expect(10 * wholePerMs * rounding).toBeGreaterThanOrEqual(writtenPerMs);
        if (lookMs > 1000) expect(10 * bellPerMs * rounding).toBeGreaterThanOrEqual(6 * writtenPerMs);
      }),
    );
  });

  it('a part is read between looks and wholes', () => {
    fc.assert(
      fc.property(fleets, (fleet) => {
        const { lookMs, partMs, wholeMs } = cadence(fleet);
        return lookMs < partMs && partMs < wholeMs;
      }),
    );
  });
});
