import { describe, expect, it } from 'vitest';
import { LeaseError } from '../../../src/errors.ts';
import { createFleet, latencyMs, shards, times, unreachable, type WorkerUnderTest } from './fleet.ts';

/** Longest tick of a small fleet. */
const scanMs = 1000;
const takeOverMs = times.durationMs + scanMs + 2 * times.requestTimeoutMs;

const owned = (worker: WorkerUnderTest) => worker.coordinator.view().held.length;
const kinds = (worker: WorkerUnderTest) => worker.events.map((event) => event.kind).filter((kind) => kind !== 'lease-operation');
const writes = new Set(['renew', 'checkpoint', 'transfer', 'release', 'finish', 'take', 'accept', 'request', 'cancel', 'create']);

describe('a fleet', () => {
  it('begins with one worker that creates and holds everything', async () => {
    const fleet = createFleet(shards(4));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 4, 1000);
    expect([...a.reading.keys()].sort()).toEqual(['shard-0', 'shard-1', 'shard-2', 'shard-3']);
    expect(a.coordinator.reached()).toBe(true);
    expect(a.coordinator.view()).toMatchObject({ worker: 'a', unowned: 0 });
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
    expect(a.coordinator.view().unowned).toBe(3);
    const b = fleet.start('b');
    await fleet.until(() => owned(b) === 3, 20_000);
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

describe('when the lease table does not answer', () => {
  it('goes on until the fence, says so once, and comes back by itself', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 1000);
    a.weather.before = unreachable;
    await fleet.time.advance(times.fenceMs - times.renewIntervalMs - 500);
    expect([...a.reading.values()].every((held) => !held.lost.aborted)).toBe(true);
    await fleet.time.advance(times.fenceMs);
    expect(a.reading.size).toBe(0);
    await fleet.time.advance(40_000);
    expect(fleet.time.nowMs() - a.coordinator.lastTickMs()).toBeLessThan(6_000);
    expect(kinds(a).filter((kind) => kind === 'lease-table-unreachable')).toHaveLength(1);
    a.weather.before = () => undefined;
    await fleet.until(() => a.reading.size === 2, 16_000);
    expect(kinds(a).filter((kind) => kind === 'lease-table-reached')).toHaveLength(1);
    expect(a.failure).toBeUndefined();
  });

  it('waits for it at the start', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a');
    a.weather.before = unreachable;
    await fleet.time.advance(30_000);
    expect(a.coordinator.reached()).toBe(false);
    a.weather.before = () => undefined;
    await fleet.until(() => owned(a) === 2, 6_000);
  });

  it.each(['TABLE_SCHEMA', 'TABLE_DENIED', 'TABLE_FOREIGN'] as const)('ends with %s', async (code) => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 2, 1000);
    const held = [...a.reading.values()];
    a.weather.before = () => new LeaseError(code, 'It is not for you (test).');
    await fleet.time.advance(12_000);
    await a.ran;
    expect(a.failure).toMatchObject({ code });
    expect(held.every((lease) => lease.lost.aborted)).toBe(true);
    await expect(a.coordinator.stop(1000)).resolves.toEqual({ clean: false });
  });

  it('ends with what the listing throws', async () => {
    const fleet = createFleet(shards(2));
    const gone = new Error('There is no such stream (test).');
    const a = fleet.start('a', { stream: { listShards: () => Promise.reject(gone) } });
    await fleet.time.advance(1000);
    await a.ran;
    expect(a.failure).toBe(gone);
  });
});

describe('lost answers', () => {
  it.each(['take', 'renew', 'accept', 'request', 'transfer', 'release', 'checkpoint'] as const)('of %s now and then lose no lease', async (operation) => {
    const fleet = createFleet(shards(4));
    const every = (worker: WorkerUnderTest) => {
      let count = 0;
      worker.weather.after = (call) => (call.operation === operation && count++ % 3 === 0 ? unreachable() : undefined);
    };
    const a = fleet.start('a');
    every(a);
    await fleet.until(() => owned(a) === 4, 5000);
    const b = fleet.start('b');
    every(b);
    await fleet.until(() => owned(a) === 2 && owned(b) === 2, 15_000);
    await Promise.all([fleet.time.advance(3000), ...[...b.reading.values()].map((held) => held.checkpoint({ kind: 'latest' }))]);
    await fleet.time.advance(30_000);
    expect([...kinds(a), ...kinds(b)]).not.toContain('lease-lost');
    const stopped = a.coordinator.stop(10_000);
    await fleet.until(() => owned(b) === 4, 6000);
    // The last ring of the bell.
    await fleet.time.advance(3000);
    await expect(stopped).resolves.toEqual({ clean: true });
  });
});

describe('reshards', () => {
  it('reads children after their parent, wherever they are', async () => {
    const fleet = createFleet(shards(1));
    const a = fleet.start('a');
    const b = fleet.start('b');
    await fleet.until(() => owned(a) + owned(b) === 1, 5000);
    const [parent] = [...a.reading.values(), ...b.reading.values()];
    const children = ['left', 'right'].map((shardId) => ({ shardId, parents: ['shard-0'] }));
    const finished = parent?.finish(children);
    await fleet.until(() => owned(a) + owned(b) === 2 && owned(a) === 1, 15_000);
    await finished;
    const row = fleet.table.lease('shard-0');
    expect(row).toMatchObject({ position: { kind: 'shard-end' }, children: ['left', 'right'] });
    expect(row?.owner).toBeUndefined();
    expect(fleet.table.lease('left')).toMatchObject({ position: { kind: 'trim-horizon' }, parents: ['shard-0'] });
  });

  it('finds shards that the listing shows later', async () => {
    const fleet = createFleet(shards(1));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 1, 1000);
    fleet.listing = shards(2);
    await fleet.until(() => fleet.table.lease('shard-1') !== undefined, 61_000);
    await fleet.until(() => owned(a) === 2, 500);
  });
});
