import { describe, expect, it } from 'vitest';
import { LeaseError } from '../../../src/errors.ts';
import type { LeaseStore } from '../../../src/types.ts';
import { createFleet, kinds, owned, shards, storeOn, times, unreachable, type WorkerUnderTest } from './fleet.ts';

/** Longest tick of a small fleet. */
const scanMs = 1000;
const _takeOverMs = times.durationMs + scanMs + 2 * times.requestTimeoutMs;

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

it('renewals wait for nothing else: scans, reads, takes and creations may hang', async () => {
  const fleet = createFleet(shards(8));
  const direct = storeOn(fleet.table, fleet.time.machine(77));
  let hanging = false;
  const hang = <Answer>(answer: () => Promise<Answer>): Promise<Answer> => (hanging ? new Promise<Answer>(() => undefined) : answer());
  const store: LeaseStore = {
    ...direct,
    list: (options, signal) => hang(() => direct.list(options, signal)),
    read: (key, signal, options) => hang(() => direct.read(key, signal, options)),
    take: (lease, me, change, signal) => hang(() => direct.take(lease, me, change, signal)),
    create: (lease, signal) => hang(() => direct.create(lease, signal)),
    request: (lease, me, signal) => hang(() => direct.request(lease, me, signal)),
    peers: (signal, options) => hang(() => direct.peers(signal, options)),
  };
  const a = fleet.start('a', { store });
  await fleet.until(() => owned(a) === 8, 5000);
  hanging = true;
  await fleet.time.advance(120_000);
  expect([owned(a), kinds(a).includes('lease-lost')]).toEqual([8, false]);
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
