import { describe, expect, it } from 'vitest';
import { addBytes, measure, startThroughput, type Throughput } from '../../../src/fleet/throughput.ts';

const renewIntervalMs = 5000;

/** Reports so many bytes in each interval from `fromMs` on. */
function reading(start: Throughput, bytes: readonly number[]): (number | undefined)[] {
  let throughput = start;
  return bytes.map((count) => {
    throughput = measure(addBytes(throughput, count), throughput.sinceMs + renewIntervalMs);
    return throughput.kbps;
  });
}

const kilobytes = (count: number) => count * 1024;

describe('the throughput of a lease', () => {
  it('is unknown until its reader reports, also when that was nothing', () => {
    const start = startThroughput(1000);
    expect(measure(start, 60_000)).toEqual(start);
    expect(measure(addBytes(start, 0), 60_000).kbps).toBe(0);
  });

  it('is at first the rate that was measured, whatever the time', () => {
    expect(measure(addBytes(addBytes(startThroughput(1000), kilobytes(300)), kilobytes(200)), 6000).kbps).toBe(100);
    expect(measure(addBytes(startThroughput(1000), kilobytes(500)), 3000).kbps).toBe(250);
  });

  it('follows a change by two thirds within half a minute', () => {
    const rates = reading(
      startThroughput(0, 0),
      Array.from({ length: 24 }, () => kilobytes(500)),
    );
    expect(rates[5]).toBeCloseTo(100 * (1 - Math.exp(-1)), 3);
    expect(rates.at(-1)).toBeGreaterThan(98);
    expect(rates.every((rate, at) => at === 0 || (rate ?? 0) > (rates[at - 1] ?? 0))).toBe(true);
  });

  it('goes on from what the holder before measured', () => {
    expect(measure(startThroughput(0, 80), 5000).kbps).toBe(80);
    const [first] = reading(startThroughput(0, 80), [0]);
    expect(first).toBeCloseTo(80 * Math.exp(-renewIntervalMs / 30_000), 3);
  });

  it('does not depend on how often it is measured', () => {
    const often = reading(startThroughput(0, 10), [kilobytes(200), kilobytes(200), kilobytes(200)]).at(-1);
    const once = measure(addBytes(startThroughput(0, 10), kilobytes(600)), 3 * renewIntervalMs).kbps;
    expect(once).toBeCloseTo(often ?? Number.NaN, 5);
  });

  it('counts no bytes twice, and waits when no time has passed', () => {
    const first = measure(addBytes(startThroughput(0), kilobytes(100)), 1000);
    expect(first).toEqual({ kbps: 100, bytes: 0, sinceMs: 1000 });
    const added = addBytes(first, 7);
    expect(measure(added, 1000)).toEqual(added);
  });
});
