import { describe, expect, it } from 'vitest';
import type { StoreCall } from '../../../src/testing/index.ts';
import { createFleet, kinds, owned, shards, times, unreachable } from './fleet.ts';

/** Longest tick of a small fleet. */
const scanMs = 1000;
const takeOverMs = times.durationMs + scanMs + 2 * times.requestTimeoutMs;

describe('a stop', () => {
  it('hands every lease to another worker within two seconds of its release', async () => {
    const fleet = createFleet(shards(6));
    const a = fleet.start('a');
    const b = fleet.start('b');
    const c = fleet.start('c');
    await fleet.until(() => owned(a) === 2 && owned(b) === 2 && owned(c) === 2, 40_000);
    await fleet.time.advance(7_000);
    const stopped = a.coordinator.stop(25_000);
    await fleet.until(() => kinds(a).filter((kind) => kind === 'lease-released').length >= 2 && owned(a) === 0, 1000);
    await fleet.until(() => owned(b) + owned(c) === 6, 2000);
    await expect(stopped).resolves.toEqual({ clean: true });
    await a.ran;
    expect(a.failure).toBeUndefined();
    expect(a.calls.at(-1)?.operation).toBe('ring');
  });

  it('releases one by one to a fleet that still sees the stopping worker', async () => {
    const fleet = createFleet(shards(8));
    let slow = 0;
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 8, 1000);
    const b = fleet.start('b');
    await fleet.until(() => owned(b) === 4, 20_000);
    for (const held of a.reading.values()) slow += held.lost.aborted ? 0 : 1;
    expect(slow).toBe(4);
    // One lease stays behind: its write is never answered, while three are released at once.
    const [stuck] = a.reading.keys();
    a.weather.before = (call) => (call.key === stuck && call.operation === 'release' ? unreachable() : undefined);
    const stopped = a.coordinator.stop(6_000);
    await fleet.until(() => owned(b) === 7, 2000 + 200);
    await fleet.time.advance(8_500);
    await expect(stopped).resolves.toEqual({ clean: false });
    await fleet.until(() => owned(b) === 8, takeOverMs);
  });

  it('abandons what is not drained in time', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a', { drainMs: 60_000 });
    await fleet.until(() => owned(a) === 2, 1000);
    const held = [...a.reading.values()];
    const stopped = a.coordinator.stop(3_000);
    // An order of milliseconds: the bell is rung after the readers are stopped, not before.
    await fleet.time.advance(2_990);
    expect(held.map((lease) => [lease.drain.aborted, lease.lost.aborted])).toEqual([
      [true, false],
      [true, false],
    ]);
    await fleet.time.advance(10);
    expect(held.every((lease) => lease.lost.aborted)).toBe(true);
    await fleet.time.advance(1_000);
    await expect(stopped).resolves.toEqual({ clean: false });
    await a.ran;
    expect(fleet.count('a')).toBe(2);
  });

  /** With a lease that is given back after the others' ring, and so needs one of its own. Answers how long the stop took from then on. */
  async function lastRing(shardCount: number, workers: number) {
    const fleet = createFleet(shards(shardCount));
    const a = fleet.start('a');
    const others = Array.from({ length: workers - 1 }, (_, at) => fleet.start(`other-${at}`));
    const all = () => [a, ...others].reduce((sum, worker) => sum + owned(worker), 0);
    await fleet.until(() => all() === shardCount && owned(a) <= Math.ceil(shardCount / workers), 60_000);
    await fleet.time.advance(20_000);
    const [slow] = a.reading.keys();
    const before = a.calls.length;
    const startMs = fleet.time.nowMs();
    let releasedMs = 0;
    const isSlow = (call: StoreCall) => call.key === slow && call.operation === 'release';
    a.weather.before = (call) => {
      if (isSlow(call)) releasedMs = fleet.time.nowMs();
      return isSlow(call) && fleet.time.nowMs() - startMs < 500 ? unreachable() : undefined;
    };
    let waitedMs: number | undefined;
    const stopped = a.coordinator.stop(25_000).then(() => {
      waitedMs = fleet.time.nowMs() - releasedMs;
    });
    await fleet.until(() => waitedMs !== undefined, 5_000);
    await stopped;
    return { rings: a.calls.slice(before).filter((call) => call.operation === 'ring').length, waitedMs };
  }

  it.each([
    ['alone', 4, 1],
    ['alone at a large table', 200, 1],
    ['beside another at a small table', 4, 2],
  ])('%s does not wait to ring once more', async (_, shardCount, workers) => {
    const { rings, waitedMs } = await lastRing(shardCount, workers);
    expect(rings).toBeGreaterThan(1);
    expect(waitedMs).toBeLessThan(100);
  });

  it('beside another at a large table leaves time between its rings, so that the names of both are heard', async () => {
    const { rings, waitedMs } = await lastRing(200, 2);
    expect(rings).toBeGreaterThan(1);
    expect(waitedMs).toBeGreaterThan(500);
  });

  it('withdraws requests, so that nobody hands over to a worker that leaves', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a', { drainMs: 20_000 });
    await fleet.until(() => owned(a) === 2, 1000);
    const b = fleet.start('b');
    await fleet.until(() => fleet.table.leases().some((row) => row.request !== undefined), 5000);
    const stopped = b.coordinator.stop(10_000);
    await fleet.time.advance(2000);
    await expect(stopped).resolves.toEqual({ clean: true });
    expect(fleet.table.leases().some((row) => row.request !== undefined)).toBe(false);
  });

  it('in the middle of taking takes no more, and gives back what nobody has read', async () => {
    const fleet = createFleet(shards(30));
    const given: string[] = [];
    const a = fleet.start('a', { onHeld: (held) => given.push(held.lease.key) });
    let stopped: Promise<{ readonly clean: boolean }> | undefined;
    a.weather.before = (call) => {
      if (call.operation === 'take') stopped ??= a.coordinator.stop(5000);
      return undefined;
    };
    await fleet.until(() => stopped !== undefined, 2000);
    await fleet.time.advance(1000);
    await expect(stopped).resolves.toEqual({ clean: true });
    expect(a.calls.filter((call) => call.operation === 'take')).toHaveLength(16);
    expect(given).toEqual([]);
    expect(fleet.count('a')).toBe(0);
  });

  it('gives back what was transferred to it while it stops', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 1000);
    const b = fleet.start('b');
    let stopped: Promise<{ readonly clean: boolean }> | undefined;
    a.weather.after = (call) => {
      if (call.operation === 'transfer') stopped ??= b.coordinator.stop(5000);
      return undefined;
    };
    await fleet.until(() => stopped !== undefined, 10_000);
    await fleet.time.advance(1500);
    await expect(stopped).resolves.toEqual({ clean: true });
    expect([fleet.count('b'), b.reading.size]).toEqual([0, 0]);
    await fleet.until(() => owned(a) === 2, 2000);
  });

  it('before the start leaves nothing to run, and twice is once', async () => {
    const fleet = createFleet(shards(1));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 1, 1000);
    const first = a.coordinator.stop(1000);
    expect(a.coordinator.stop(9000)).toBe(first);
    await fleet.time.advance(2000);
    await first;
    await expect(a.coordinator.run(new AbortController().signal)).resolves.toBeUndefined();
  });
});
