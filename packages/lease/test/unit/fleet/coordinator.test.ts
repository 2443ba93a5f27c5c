import { describe, expect, it } from 'vitest';
import { createFleet, kinds, latencyMs, owned, shards, times, writes } from './fleet.ts';

/** Longest tick of a small fleet. */
const scanMs = 1000;
const takeOverMs = times.durationMs + scanMs + 2 * times.requestTimeoutMs;

describe('a fleet', () => {
  it('begins with one worker that creates and holds everything', async () => {
    const fleet = createFleet(shards(4));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 4, 1000);
    expect([...a.reading.keys()].sort()).toEqual(['shard-0', 'shard-1', 'shard-2', 'shard-3']);
    expect(a.coordinator.reached()).toBe(true);
    expect(a.coordinator.view()).toMatchObject({ worker: 'a', unowned: new Set() });
    const scans = () => a.calls.filter((call) => call.operation === 'list').length;
    const before = scans();
    await fleet.time.advance(60_000);
    expect(owned(a)).toBe(4);
    expect(kinds(a)).not.toContain('lease-lost');
    // Nobody else is in view: a scan every eight to ten seconds, and the shard sync's.
    expect(scans() - before).toBeLessThanOrEqual(10);
  });

  it('looks around at once when somebody asks a lone worker for a lease', async () => {
    const fleet = createFleet(shards(4));
    const a = fleet.start('a', { drainMs: 1e9 });
    await fleet.until(() => owned(a) === 4, 1000);
    let heardAt: number | undefined;
    for (const held of a.reading.values()) {
      held.drain.addEventListener('abort', () => {
        heardAt ??= a.calls.length;
      });
    }
    fleet.start('b');
    await fleet.until(() => heardAt !== undefined, 10_000);
    await fleet.time.advance(100);
    const scans = () => a.calls.slice(heardAt).filter((call) => call.operation === 'list').length;
    expect(scans()).toBeGreaterThanOrEqual(1);
    await fleet.time.advance(3000);
    expect(scans()).toBeGreaterThanOrEqual(3);
  });

  it('leaves the leases of other streams alone', async () => {
    const fleet = createFleet(shards(2));
    fleet.table.put({
      leaseKey: { S: 'acc:other:1:shard-9' },
      leaseCounter: { N: '0' },
      checkpoint: { S: 'TRIM_HORIZON' },
      streamName: { S: 'acc:other:1' },
      shardId: { S: 'shard-9' },
    });
    const a = fleet.start('a', { stream: { stream: 'acc:mine:1', leaseKey: (shardId) => `acc:mine:1:${shardId}` } });
    await fleet.until(() => owned(a) === 2, 1000);
    await fleet.time.advance(30_000);
    expect(fleet.owners()).toEqual({ 'acc:mine:1:shard-0': 'a', 'acc:mine:1:shard-1': 'a', 'acc:other:1:shard-9': undefined });
    expect(a.coordinator.view().rows.map((row) => row.stream)).toEqual(['acc:mine:1', 'acc:mine:1']);
  });

  it('takes a lease it had asked for from a holder that died, once', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a', { drainMs: 1e9 });
    await fleet.until(() => owned(a) === 2, 1000);
    const b = fleet.start('b');
    await fleet.until(() => fleet.table.leases().some((row) => row.request !== undefined), 5000);
    a.machine.freeze();
    await fleet.until(() => owned(b) === 2, takeOverMs);
    await fleet.time.advance(20_000);
    expect(b.events.filter((event) => event.kind === 'lease-taken')).toHaveLength(2);
    expect(b.calls.filter((call) => call.operation === 'accept')).toEqual([]);
    expect(kinds(b)).not.toContain('lease-lost');
  });

  it('does not begin to read a lease whose take was answered after the fence', async () => {
    const fleet = createFleet(shards(1));
    const a = fleet.start('a');
    let slept = false;
    a.weather.before = (call) => {
      // The process stops between sending the take and hearing of it.
      if (call.operation === 'take' && !slept) a.machine.freeze();
      slept ||= call.operation === 'take';
      return undefined;
    };
    await fleet.until(() => fleet.count('a') === 1, 1000);
    await fleet.time.advance(times.fenceMs);
    a.machine.thaw();
    await fleet.time.advance(10);
    expect([kinds(a).filter((kind) => kind === 'lease-taken'), a.reading.size]).toEqual([[], 0]);
    await fleet.until(() => owned(a) === 1, takeOverMs);
  });

  it('shares by hand-over when a second worker joins: nothing expires and nothing is read twice at once', async () => {
    const fleet = createFleet(shards(4));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 4, 1000);
    await fleet.time.advance(20_000);
    const b = fleet.start('b');
    let overlaps = 0;
    await fleet.until(() => {
      for (const key of a.reading.keys()) if (b.reading.has(key)) overlaps += 1;
      return owned(a) === 2 && owned(b) === 2;
    }, times.renewIntervalMs + 2000);
    expect(overlaps).toBe(0);
    expect(kinds(a)).not.toContain('lease-lost');
    expect(b.events.filter((event) => event.kind === 'lease-taken').map((event) => event.from)).toEqual(['a', 'a']);
    await fleet.time.advance(60_000);
    expect([fleet.count('a'), fleet.count('b')]).toEqual([2, 2]);
    expect(b.calls.some((call) => call.operation === 'take')).toBe(false);
  });

  it('comes to even shares when three start at once', async () => {
    const fleet = createFleet(shards(9));
    const workers = ['a', 'b', 'c'].map((name) => fleet.start(name));
    await fleet.until(() => workers.every((worker) => owned(worker) >= 3), 30_000);
    await fleet.time.advance(30_000);
    expect(workers.map(owned)).toEqual([3, 3, 3]);
  });

  it('takes a crashed worker’s leases within the promised time, and not before they expire', async () => {
    const fleet = createFleet(shards(8));
    const a = fleet.start('a');
    const b = fleet.start('b');
    await fleet.until(() => owned(a) === 4 && owned(b) === 4, 30_000);
    await fleet.time.advance(20_000);
    a.machine.freeze();
    await fleet.time.advance(times.durationMs - times.renewIntervalMs - 2 * latencyMs);
    expect(fleet.count('a')).toBe(4);
    await fleet.until(() => owned(b) === 8, takeOverMs - times.durationMs + times.renewIntervalMs);
  });

  it('a worker that wakes from a pause beyond its fence loses everything and writes nothing', async () => {
    const fleet = createFleet(shards(4));
    const a = fleet.start('a');
    const b = fleet.start('b');
    await fleet.until(() => owned(a) === 2 && owned(b) === 2, 30_000);
    const held = [...a.reading.values()];
    const taken = a.events.filter((event) => event.kind === 'lease-taken').length;
    a.machine.freeze();
    await fleet.until(() => owned(b) === 4, takeOverMs);
    const before = a.calls.length;
    const saved = held.map((lease) => lease.checkpoint({ kind: 'sequence', sequence: '9', subSequence: 0 }));
    a.machine.thaw();
    for (const outcome of await Promise.allSettled(saved)) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'LEASE_LOST' } });
    await fleet.time.advance(0);
    expect(held.every((lease) => lease.lost.aborted)).toBe(true);
    expect(a.calls.slice(before).filter((call) => writes.has(call.operation))).toEqual([]);
    expect(a.events.filter((event) => event.kind === 'lease-lost').map((event) => event.reason)).toEqual(['fenced', 'fenced']);
    // It is a worker like any other again.
    await fleet.until(() => owned(a) === 2 && owned(b) === 2, 20_000);
    expect(a.events.filter((event) => event.kind === 'lease-taken').length).toBe(taken + 2);
  });

  it('does not go past a worker’s maximum', async () => {
    const fleet = createFleet(shards(5));
    const a = fleet.start('a', { limits: { maxPerWorker: 2 } });
    await fleet.time.advance(30_000);
    expect(owned(a)).toBe(2);
    expect(a.coordinator.view().unowned.size).toBe(3);
    const b = fleet.start('b');
    await fleet.until(() => owned(b) === 3, 20_000);
    await fleet.until(() => a.coordinator.view().unowned.size === 0, 20_000);
    b.machine.freeze();
    // What nobody can take over is told of all the same.
    await fleet.until(() => a.coordinator.view().unowned.size === 3, takeOverMs);
    expect(fleet.count('b')).toBe(3);
  });
});

describe('a holder that does not hand over', () => {
  it('is asked no more after thirty seconds, and left alone for five minutes', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a', { drainMs: 1e9 });
    await fleet.until(() => owned(a) === 2, 1000);
    const b = fleet.start('b');
    const asked = () => fleet.table.leases().some((row) => row.request !== undefined);
    await fleet.until(asked, 5000);
    await fleet.time.advance(29_000);
    expect(asked()).toBe(true);
    await fleet.until(() => b.calls.some((call) => call.operation === 'cancel'), 2000);
    const [first] = b.calls.filter((call) => call.operation === 'cancel');
    // It asks for the other one, once; then it has asked for all.
    await fleet.time.advance(40_000);
    const requests = b.calls.filter((call) => call.operation === 'request').map((call) => call.key);
    expect(requests.filter((key) => key === first?.key)).toHaveLength(1);
    expect(requests).toHaveLength(2);
    expect(owned(a)).toBe(2);
    expect(kinds(a)).not.toContain('lease-lost');
    await fleet.time.advance(300_000);
    expect(b.calls.filter((call) => call.operation === 'request').length).toBeGreaterThan(2);
  });
});

describe('beside a live Java worker', () => {
  it('comes to an even share by its counters, and loses to its writes without a word', async () => {
    const fleet = createFleet(shards(4));
    const java = fleet.time.machine(99);
    const counters = new Map(fleet.listing.map((shard) => [shard.shardId, 1]));
    const write = (key: string, counter: number) =>
      fleet.table.put({
        leaseKey: { S: key },
        leaseCounter: { N: String(counter) },
        leaseOwner: { S: 'java' },
        checkpoint: { S: 'TRIM_HORIZON' },
        ownerSwitchesSinceCheckpoint: { N: '0' },
      });
    for (const [key, counter] of counters) write(key, counter);
    const renew = (): void => {
      for (const [key, counter] of counters) {
        // Java's condition: the counter as it last wrote it.
        if (fleet.table.lease(key)?.counter !== BigInt(counter)) continue;
        counters.set(key, counter + 1);
        write(key, counter + 1);
      }
      java.timers.after(3333, renew);
    };
    renew();
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 10_000);
    await fleet.time.advance(30_000);
    expect([owned(a), fleet.count('java')]).toEqual([2, 2]);
    const [key] = a.reading.keys();
    if (key === undefined) throw new Error('Nothing is held.');
    write(key, Number(fleet.table.lease(key)?.counter ?? 0n) + 1);
    await fleet.time.advance(times.renewIntervalMs);
    expect(a.events).toContainEqual({ kind: 'lease-lost', key, reason: 'taken' });
  });
});
