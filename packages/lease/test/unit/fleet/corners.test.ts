// Corners that a careful reader found: each of them once lost time, a lease, a shard or a whole fleet.
import { describe, expect, it } from 'vitest';
import { LeaseError } from '../../../src/errors.ts';
import { memoryLeaseStore } from '../../../src/testing/index.ts';
import { createFleet, type Fleet, never, shards, storeOn, unreachable, type WorkerUnderTest } from './fleet.ts';

/** Rows enough for a table that is not read whole at each look. */
const leases = 400;
const held = (members: readonly WorkerUnderTest[]) => members.reduce((sum, member) => sum + member.reading.size, 0);
const row = (key: string, over: object = {}) => ({ leaseKey: { S: key }, leaseCounter: { N: '70' }, checkpoint: { S: 'TRIM_HORIZON' }, ...over });
const breakRow = (fleet: Fleet, key: string) => fleet.table.put({ ...fleet.table.get(key), leaseKey: { S: key }, leaseCounter: { S: 'seven' } });

describe('a shard that the stream has forgotten', () => {
  it.each(['4959', 'TRIM_HORIZON', 'LATEST'])('and whose parent’s row is gone is taken all the same, from %s', async (checkpoint) => {
    const fleet = createFleet([{ shardId: 'd', parents: ['c'], closed: false }]);
    fleet.table.put(row('c', { checkpoint: { S: checkpoint }, parentShardId: { SS: ['p'] } }));
    const a = fleet.start('a');
    await fleet.until(() => a.reading.has('c'), 200_000);
  });
});

describe('a broken row', () => {
  it('of a child does not keep its parent from ending', async () => {
    const fleet = createFleet(shards(1));
    const a = fleet.start('a');
    await fleet.until(() => a.reading.has('shard-0'), 10_000);
    breakRow(fleet, 'child');
    const [ended] = await Promise.allSettled([a.reading.get('shard-0')?.finish([{ shardId: 'child', parents: ['shard-0'] }]), fleet.time.advance(3000)]);
    expect(ended.status).toBe('fulfilled');
  });

  it.each(['while it is asked for', 'before it is asked for'])('%s costs the asker nothing else', async (when) => {
    const fleet = createFleet(shards(4));
    const a = fleet.start('a', { drainMs: 3000 });
    await fleet.until(() => a.reading.size === 4, 10_000);
    const b = fleet.start('b');
    if (when.startsWith('before')) {
      b.weather.before = ({ operation, key }) => {
        if (operation === 'request' && key !== undefined) breakRow(fleet, key);
        return undefined;
      };
      await fleet.time.advance(10_000);
    } else {
      await fleet.until(() => b.events.some((event) => event.kind === 'lease-requested'), 20_000);
      for (const event of b.events) if (event.kind === 'lease-requested') breakRow(fleet, event.key);
      await fleet.time.advance(5000);
    }
    expect(b.failure).toBe(undefined);
  });
});

describe('a stop', () => {
  async function leavingWith(ring: 'slow' | 'fails once') {
    const fleet = createFleet(shards(leases));
    const machine = fleet.time.machine(99);
    const store = storeOn(fleet.table, machine);
    let failures = 1;
    const leaving = fleet.start('leaving', {
      store: {
        ...store,
        async ring(keys, freed, signal) {
          if (ring === 'slow') await machine.timers.sleep(500, signal);
          else if (failures-- > 0) throw unreachable();
          await store.ring(keys, freed, signal);
        },
      },
    });
    const staying = ['b', 'c', 'd'].map((name) => fleet.start(name));
    await fleet.until(() => held([leaving, ...staying]) === leases, 60_000);
    await fleet.time.advance(150_000);
    failures = 1;
    return { fleet, leaving, staying };
  }

  it.each(['slow', 'fails once'] as const)('whose ring %s is heard of before the worker is gone', async (ring) => {
    const { fleet, leaving, staying } = await leavingWith(ring);
    const stopped = leaving.coordinator.stop(10_000);
    expect(await fleet.until(() => held(staying) === leases, 60_000)).toBeLessThanOrEqual(4000);
    await expect(stopped).resolves.toEqual({ clean: true });
  });

  it('that ends with the end of a shard tells of its children', async () => {
    const { fleet, leaving, staying } = await leavingWith('slow');
    const [last] = leaving.reading.values();
    if (last === undefined) throw new Error('It holds something.');
    const { key } = last.lease;
    // Its reader does not listen, and then its shard turns out to be at its end.
    Object.assign(last, { release: () => new Promise<void>(() => undefined) });
    const stopped = leaving.coordinator.stop(10_000);
    await fleet.time.advance(5000);
    const ended = last.finish([{ shardId: 'child', parents: [key] }]);
    expect(await fleet.until(() => staying.some((member) => member.reading.has('child')), 60_000)).toBeLessThanOrEqual(3000);
    await ended;
    await stopped;
  });

  it('is heard after the rows where the bell hung were cleared away', async () => {
    const fleet = createFleet(shards(leases));
    const olds = Array.from({ length: 60 }, (_, at) => `old-${String(at).padStart(3, '0')}`);
    for (const key of olds) fleet.table.put(row(key, { checkpoint: { S: 'SHARD_END' }, childShardIds: { SS: ['none'] } }));
    const members = ['a', 'b', 'c', 'd'].map((name) => fleet.start(name));
    await fleet.until(() => held(members) === leases, 60_000);
    await fleet.time.advance(150_000);
    for (const key of olds) fleet.table.apply(key, { kind: 'deleted' });
    await fleet.time.advance(3000);
    const [leaving, ...staying] = members;
    void leaving?.coordinator.stop(5000);
    expect(await fleet.until(() => held(staying) === leases, 60_000)).toBeLessThanOrEqual(2500);
  });

  it('wins what was transferred while the request was withdrawn, and gives it back', async () => {
    const fleet = createFleet(shards(2));
    const a = fleet.start('a', { drainMs: 1e9 });
    await fleet.until(() => a.reading.size === 2, 10_000);
    const b = fleet.start('b');
    await fleet.until(() => b.events.some((event) => event.kind === 'lease-requested'), 20_000);
    const direct = memoryLeaseStore({ table: fleet.table });
    const asked = fleet.table.leases().find((each) => each.request !== undefined);
    if (asked?.holder === undefined) throw new Error('It was asked for.');
    b.weather.before = ({ operation }) => {
      if (operation === 'cancel') void direct.transfer(asked, { worker: 'a', incarnation: asked.holder ?? '' }, asked.position, {}, never);
      return undefined;
    };
    const stopped = b.coordinator.stop(5000);
    await fleet.time.advance(3000);
    await expect(stopped).resolves.toEqual({ clean: true });
    expect(fleet.table.lease(asked.key)?.owner).not.toBe('b');
  });
});

describe('a large table', () => {
  it('may hold copies for another mode beside the rows in use, also in the part that is read', async () => {
    const fleet = createFleet(shards(leases));
    const stream = '123456789012:s:1700000000';
    const direct = memoryLeaseStore({ table: fleet.table });
    for (const { shardId } of shards(leases)) {
      await direct.create({ key: shardId, shardId, position: { kind: 'trim-horizon' }, parents: [] }, never);
      await direct.create({ key: `${stream}:${shardId}`, shardId, stream, position: { kind: 'trim-horizon' }, parents: [] }, never);
    }
    const members = ['a', 'b', 'c'].map((name) => fleet.start(name));
    await fleet.until(() => held(members) === leases, 60_000);
    await fleet.time.advance(60_000);
    void members[0]?.coordinator.stop(5000);
    await fleet.time.advance(10_000);
    expect(members.map((member) => member.failure)).toEqual([undefined, undefined, undefined]);
  });

  it('is in a lone worker’s view once, also while leases are left over', async () => {
    const fleet = createFleet(shards(leases));
    const a = fleet.start('a', { limits: { maxPerWorker: 300 } });
    await fleet.until(() => a.reading.size === 300, 60_000);
    for (let at = 0; at < 60; at += 1) {
      await fleet.time.advance(1000);
      expect(a.coordinator.view().rows).toHaveLength(leases);
    }
  });
});

it('credentials that cannot be renewed for a moment cost no lease, and are no way to start', async () => {
  const expired = () => new LeaseError('TABLE_DENIED', 'The credentials ran out (test).', { retryable: true });
  const fleet = createFleet(shards(4));
  const a = fleet.start('a');
  await fleet.until(() => a.reading.size === 4, 10_000);
  let untilMs = fleet.time.nowMs() + 3000;
  a.weather.before = () => (fleet.time.nowMs() < untilMs ? expired() : undefined);
  await fleet.time.advance(20_000);
  expect([a.failure, a.reading.size]).toEqual([undefined, 4]);
  untilMs = Number.POSITIVE_INFINITY;
  const b = fleet.start('b');
  b.weather.before = expired;
  await fleet.time.advance(2000);
  expect(b.failure).toMatchObject({ code: 'TABLE_DENIED' });
});
