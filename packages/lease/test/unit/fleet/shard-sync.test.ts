import { describe, expect, it } from 'vitest';
import { restMs } from '../../../src/fleet/cleanup.ts';
import { encodeLease } from '../../../src/rows/encode.ts';
import type { ShardListing } from '../../../src/types.ts';
import { createFleet, type Fleet, owned, shards, unreachable } from './fleet.ts';
import { finished, released } from './rows.ts';
import { began, calls, keys, kind, listing, minuteMs } from './split.ts';

describe('a start on an empty table', () => {
  it('creates every lease once, says so once, and begins the first before the last is created', async () => {
    const fleet = createFleet(shards(200));
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 200, 5000);
    const created = kind(a, 'lease-created').map((event) => event.key);
    expect([created.length, new Set(created).size, calls(a, 'create').length]).toEqual([200, 200, 200]);
    const operations = a.calls.map((call) => call.operation);
    expect(operations.indexOf('take')).toBeLessThan(operations.lastIndexOf('create'));
  });

  it('is shared by workers that start together, without many creations of what is there', async () => {
    const fleet = createFleet(shards(400));
    const workers = ['a', 'b', 'c', 'd'].map((name) => fleet.start(name, { limits: { maxPerWorker: 1 } }));
    await fleet.until(() => fleet.table.leases().length === 400, 5000);
    await fleet.time.advance(5000);
    const sent = workers.map((worker) => calls(worker, 'create').length);
    expect(sent.reduce((sum, count) => sum + count)).toBeLessThan(2 * 400);
  });

  it('goes on where the table did not answer, and says nothing twice', async () => {
    const fleet = createFleet(shards(40));
    const a = fleet.start('a', { limits: { maxPerWorker: 1 } });
    let failures = 0;
    a.weather.before = (call) => (call.operation === 'create' && failures++ % 10 === 5 && failures < 40 ? unreachable() : undefined);
    await fleet.until(() => fleet.table.leases().length === 40, 20_000);
    expect(kind(a, 'lease-created')).toHaveLength(40);
    expect(failures).toBeGreaterThan(40);
  });

  it('begins what was created although the rest cannot be', async () => {
    const fleet = createFleet(shards(3));
    const a = fleet.start('a');
    a.weather.before = (call) => (call.operation === 'create' && call.key === 'shard-1' ? unreachable() : undefined);
    await fleet.until(() => owned(a) === 2, 1000);
  });

  it('knows of a shard that others follow, before they have rows', async () => {
    const fleet = createFleet([...listing]);
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 1, 5000);
    const { rows, isFollowed } = a.coordinator.view();
    expect(rows.map((row) => [row.shardId, isFollowed(row)])).toEqual([['p', true]]);
    expect(isFollowed({ shardId: 'q' })).toBe(false);
  });

  it('creates nothing more once a stop was asked for', async () => {
    const fleet = createFleet(shards(400));
    const a = fleet.start('a');
    await fleet.until(() => fleet.table.leases().length > 0, 5000);
    const stopped = a.coordinator.stop(1000);
    const before = calls(a, 'create').length;
    await fleet.time.advance(5000);
    await stopped;
    expect([calls(a, 'create').length, before < 100]).toEqual([before, true]);
  });

  it('of a stream that lists nothing waits, and leaves what others finished alone', async () => {
    const fleet = createFleet([]);
    for (const row of [released('p', { ...finished, children: ['q'] }), released('q', { ...finished, position: began, parents: ['p'] })])
      fleet.table.put(encodeLease(row));
    const a = fleet.start('a', { limits: { maxPerWorker: 0 } });
    await fleet.time.advance(restMs + 2 * minuteMs);
    expect([keys(fleet), calls(a, 'create'), a.failure]).toEqual([['p', 'q'], [], undefined]);
  });
});

describe('a start at a time', () => {
  const time = { start: { kind: 'at-timestamp' } as const };
  const positions = (fleet: Fleet) => fleet.table.leases().map((row) => [row.key, row.position.kind]);

  it('begins with the shards that the stream names, and asks for them no more once something was read', async () => {
    const fleet = createFleet(listing);
    let asked = 0;
    const listAtStart = async () => {
      asked += 1;
      return listing.slice(1);
    };
    const a = fleet.start('a', { stream: { ...time, listAtStart } });
    await fleet.until(() => owned(a) === 2, 5000);
    expect(positions(fleet)).toEqual([
      ['q', 'at-timestamp'],
      ['r', 'at-timestamp'],
    ]);
    const saved = a.reading.get('q')?.checkpoint(began);
    await fleet.time.advance(2000);
    await saved;
    const before = asked;
    await fleet.time.advance(5 * minuteMs);
    expect([before > 0, asked - before, keys(fleet)]).toEqual([true, 0, ['q', 'r']]);
  });

  it('that is cut short lacks no parent of what it has', async () => {
    const chain = Array.from({ length: 12 }, (_, at) => ({ shardId: `shard-${at}`, parents: at === 0 ? [] : [`shard-${at - 1}`], closed: at < 11 }));
    const fleet = createFleet(chain);
    const a = fleet.start('a', { limits: { maxPerWorker: 0 }, stream: { ...time, listAtStart: async () => chain } });
    a.weather.before = (call) => (call.operation === 'create' && calls(a, 'create').length === 5 ? unreachable() : undefined);
    await fleet.until(() => fleet.table.leases().length > 0, 5000);
    await fleet.time.advance(500);
    expect(keys(fleet)).toEqual(['shard-0', 'shard-1', 'shard-2', 'shard-3']);
    await fleet.until(() => fleet.table.leases().length === 12, 5000);
  });

  it('begins with the roots where the stream cannot say', async () => {
    const fleet = createFleet(listing);
    const a = fleet.start('a', { stream: time });
    await fleet.until(() => owned(a) === 1, 5000);
    expect(positions(fleet)).toEqual([['p', 'at-timestamp']]);
  });
});

describe('a sync', () => {
  it('creates nothing for a broken row, nor for what waits for it', async () => {
    const fleet = createFleet([...listing, { shardId: 's', parents: [], closed: false }]);
    fleet.table.put({ leaseKey: { S: 'p' }, leaseCounter: { N: '3' }, checkpoint: { S: 'garbled' } });
    const a = fleet.start('a');
    await fleet.until(() => owned(a) === 1, 5000);
    await fleet.time.advance(5 * minuteMs);
    expect([calls(a, 'create'), a.failure]).toEqual([['s'], undefined]);
  });

  it('writes nothing on the strength of an old listing: after a pause it lists anew', async () => {
    const fleet = createFleet(shards(60));
    const log: string[] = [];
    const listShards = async () => {
      log.push('list');
      return fleet.listing;
    };
    const a = fleet.start('a', { limits: { maxPerWorker: 0 }, stream: { listShards } });
    a.weather.before = (call) => {
      if (call.operation === 'create' && log.push('create') === 20) a.machine.freeze();
      return undefined;
    };
    await fleet.time.advance(2 * minuteMs);
    a.machine.thaw();
    await fleet.until(() => fleet.table.leases().length === 60, 10_000);
    const anew = log.indexOf('list', 1);
    // What was on its way before the pause is not held back.
    expect(log.slice(0, anew).filter((entry) => entry === 'create').length).toBeLessThan(20 + 16);
    expect(log.slice(anew).filter((entry) => entry === 'create').length).toBeGreaterThan(60 - 20 - 16);
  });

  it('tells at once which shards lie before those in the table', async () => {
    const fleet = createFleet(listing);
    for (const shardId of ['q', 'r']) fleet.table.put(encodeLease(released(shardId, { parents: ['p'], position: began })));
    const listed = Promise.withResolvers<readonly ShardListing[]>();
    const a = fleet.start('a', { stream: { listShards: () => listed.promise } });
    await fleet.time.advance(5000);
    expect(owned(a)).toBe(0);
    listed.resolve(listing);
    await fleet.until(() => owned(a) === 2, 500);
  });

  it('leaves alone a row that breaks before it gets to it', async () => {
    const fleet = createFleet(shards(3));
    const a = fleet.start('a');
    a.weather.before = (call) => {
      if (call.operation === 'create' && call.key === 'shard-1') fleet.table.put({ leaseKey: { S: 'shard-1' }, leaseCounter: { N: '3' } });
      return undefined;
    };
    await fleet.until(() => owned(a) === 2, 5000);
    await fleet.time.advance(2 * minuteMs);
    expect([a.failure, owned(a), calls(a, 'create').length]).toEqual([undefined, 2, 3]);
  });

  it('lists as often in a large fleet as in one of four', async () => {
    const listings = async (workers: number) => {
      const fleet = createFleet(shards(12));
      let count = 0;
      const listShards = async () => {
        count += 1;
        return fleet.listing;
      };
      for (let at = 0; at < workers; at += 1) fleet.start(`worker-${at}`, { stream: { listShards } });
      await fleet.until(() => new Set(Object.values(fleet.owners())).size === workers, minuteMs);
      const before = count;
      await fleet.time.advance(10 * minuteMs);
      return count - before;
    };
    const [four, twelve] = [await listings(4), await listings(12)];
    expect(four).toBeGreaterThan(35);
    expect(twelve).toBeLessThan(1.3 * four);
  });

  it('creates nothing while a KCL 3.x leader is at work, from the moment it is seen', async () => {
    const fleet = createFleet(shards(4000));
    let listings = 0;
    const listShards = async () => {
      listings += 1;
      return fleet.listing;
    };
    const a = fleet.start('a', { limits: { maxPerWorker: 0 }, peers: { watchMs: 1000, leaderMs: 1000, recheckMs: 1000 }, stream: { listShards } });
    let beats = 0;
    const beat = async () => {
      beats += 1;
      const lock = { ownerName: { S: 'java' }, recordVersionNumber: { S: String(beats) }, leaseDuration: { S: '120000' } };
      fleet.table.put({ leaseKey: { S: 'Leader' }, ...lock });
      await fleet.time.advance(500);
    };
    await fleet.time.advance(100);
    while (a.coordinator.view().state !== 'restrained' && beats < 20) await beat();
    await fleet.time.advance(100);
    const before = keys(fleet).length;
    while (beats < 200) await beat();
    expect([a.coordinator.view().state, before > 0, before < 4000, keys(fleet).length - before]).toEqual(['restrained', true, true, 0]);
    expect(listings).toBeLessThan(5);
  });
});
