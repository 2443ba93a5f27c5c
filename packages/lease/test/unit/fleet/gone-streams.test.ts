import { describe, expect, it } from 'vitest';
import type { ShardListing } from '../../../src/types.ts';
import { createFleet, kinds, owned, shards, storeOn, times, unreachable } from './fleet.ts';
import { intervalMs, keysOf, streamsOf, tickMs } from './found-streams.ts';

describe('a stream that is gone', () => {
  it('is given back within a tick, at its position, and left alone, until it comes back', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    account.make('one', 2);
    const two = account.make('two', 2);
    const a = fleet.start('a', options);
    await fleet.until(() => owned(a) === 4, 5000);
    const rows = () => fleet.table.leases().filter((row) => row.stream === two.stream);
    const positions = rows().map((row) => row.position);
    account.remove(two);
    await fleet.until(() => account.asked.length === 2, intervalMs);
    await fleet.until(() => owned(a) === 2, tickMs);
    const listed = two.listedMs.length;
    await fleet.time.advance(5 * intervalMs);
    expect(rows().map((row) => [row.owner, row.position])).toEqual(positions.map((position) => [undefined, position]));
    expect(two.listedMs).toHaveLength(listed);
    const view = a.coordinator.view();
    expect(keysOf(view.rows)).toEqual(['1:one:7:shard-0', '1:one:7:shard-1']);
    expect([view.unowned.size, view.settled, kinds(a).includes('lease-lost')]).toEqual([0, true, false]);

    const listing = Promise.withResolvers<readonly ShardListing[]>();
    account.there = [...account.there, { ...two, listShards: () => listing.promise }];
    const asked = account.asked.length;
    await fleet.until(() => account.asked.length > asked, intervalMs);
    await fleet.until(() => owned(a) === 4, tickMs);
    expect(a.coordinator.view().settled).toBe(false);
    listing.resolve(shards(2));
    await fleet.until(() => a.coordinator.view().settled, tickMs);
  });

  it('is drained first, however long that takes', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    const one = account.make('one', 1);
    const a = fleet.start('a', { ...options, drainMs: 30_000 });
    await fleet.until(() => owned(a) === 1, 5000);
    const [held] = a.reading.values();
    account.remove(one);
    await fleet.until(() => held?.drain.aborted === true, intervalMs + tickMs);
    await fleet.time.advance(29_000);
    expect([owned(a), held?.lost.aborted]).toEqual([1, false]);
    await fleet.until(() => owned(a) === 0, 2000);
    expect(fleet.table.leases().map((row) => row.owner)).toEqual([undefined]);
  });

  it('is read on by a worker that still sees it', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    const one = account.make('one', 4);
    const a = fleet.start('a', options);
    const b = fleet.start('b', { streams: [one] });
    await fleet.until(() => owned(a) === 2 && owned(b) === 2, 30_000);
    account.remove(one);
    await fleet.until(() => owned(b) === 4, intervalMs + times.durationMs);
    await fleet.time.advance(30_000);
    expect([owned(a), owned(b)]).toEqual([0, 4]);
  });

  it('is waited for no longer: what was asked for is withdrawn, and asked for again when it comes back', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    const one = account.make('one', 2);
    const b = fleet.start('b', { streams: [one], drainMs: 1e9 });
    await fleet.until(() => owned(b) === 2, 5000);
    const requested = () => fleet.table.leases().filter((row) => row.request !== undefined).length;
    const finderMs = 5000;
    fleet.start('a', { ...options, streamsIntervalMs: finderMs });
    for (let turn = 0; turn < 3; turn += 1) {
      account.there = [one];
      await fleet.until(() => requested() === 1, finderMs + tickMs);
      account.there = [];
      // A holder that does not hand over is waited for for thirty seconds, and not asked again for five minutes.
      await fleet.until(() => requested() === 0, finderMs + tickMs);
    }
  });

  it.each([true, false])('is not begun with what was won in that moment, whether it can be given back: %s', async (answered) => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    const one = account.make('one', 1);
    const other = account.make('other', 1);
    const direct = storeOn(fleet.table, fleet.time.machine(99));
    const gate = Promise.withResolvers<void>();
    const given: string[] = [];
    const store: typeof direct = {
      ...direct,
      async take(lease, me, change, signal) {
        if (lease.stream === one.stream) await gate.promise;
        return direct.take(lease, me, change, signal);
      },
      release: (lease, me, at, change, signal) => (answered ? direct.release(lease, me, at, change, signal) : Promise.reject(unreachable())),
    };
    const a = fleet.start('a', { ...options, streamsIntervalMs: 2000, store, onHeld: (held) => given.push(held.lease.key) });
    await fleet.until(() => given.length === 1, 1500);
    account.remove(one);
    await fleet.until(() => account.asked.length > 1, 3000);
    await fleet.time.advance(100);
    gate.resolve();
    await fleet.time.advance(2 * times.durationMs);
    expect(given).toEqual([other.leaseKey('shard-0')]);
    const row = fleet.table.lease(one.leaseKey('shard-0'));
    expect([row?.counter, row?.owner]).toEqual(answered ? [2n, undefined] : [1n, 'a']);
    expect(a.failure).toBeUndefined();
  });

  it('is not missed when its listing fails before the finder is asked again', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    const deleted = Promise.withResolvers<readonly ShardListing[]>();
    const listings = [0, 1].map(() => {
      let listed = 0;
      return { listShards: () => (listed++ === 0 ? Promise.resolve(shards(2)) : deleted.promise) };
    });
    const going = listings.map((listing, at) => account.make(`going${at}`, 2, listing));
    account.make('one', 1);
    const a = fleet.start('a', { ...options, streamsIntervalMs: 1e9 });
    await fleet.time.advance(intervalMs + tickMs);
    expect([owned(a), account.asked.length]).toEqual([5, 1]);
    for (const stream of going) account.remove(stream);
    const last = account.make('last', 1);
    // It is asked for both while it has not answered for one.
    const answer = a.machine.timers.sleep(1000);
    account.delay = () => answer;
    deleted.reject(new Error('There is no such stream (test).'));
    await fleet.until(() => owned(a) === 2, 3000 + tickMs);
    await fleet.time.advance(50_000);
    expect([a.failure, keysOf(a.coordinator.view().rows)]).toEqual([undefined, ['1:last:7:shard-0', '1:one:7:shard-0']]);
    expect([account.asked.length, last.listedMs.length]).toEqual([3, 1]);
  });

  it('gets no rows from a listing that is answered later', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    const listing = Promise.withResolvers<readonly ShardListing[]>();
    const one = account.make('one', 1, { listShards: () => listing.promise });
    const a = fleet.start('a', options);
    await fleet.time.advance(5000);
    account.remove(one);
    await fleet.until(() => account.asked.length === 2, intervalMs);
    listing.resolve(shards(1));
    await fleet.time.advance(5000);
    expect([a.failure, fleet.table.leases()]).toEqual([undefined, []]);
  });

  it.each(['create', 'take', 'request'] as const)('gets no %s any more but those on their way', async (operation) => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    const listing = Promise.withResolvers<readonly ShardListing[]>();
    const one = account.make('one', 100);
    const two = account.make('two', 1, { listShards: () => listing.promise });
    if (operation !== 'create') {
      const b = fleet.start('b', { streams: [one] });
      await fleet.until(() => owned(b) === 100, 20_000);
      if (operation === 'take') void b.coordinator.stop(5000);
      await fleet.time.advance(10_000);
    }
    const a = fleet.start('a', options);
    a.weather.before = (call) => {
      if (call.operation !== operation) return undefined;
      account.remove(one);
      account.remove(two);
      listing.reject(new Error('There is no such stream (test).'));
      return operation === 'create' ? unreachable() : undefined;
    };
    await fleet.time.advance(20_000);
    expect(account.asked).toHaveLength(2);
    const sent = a.calls.filter((call) => call.operation === operation).length;
    expect([sent > 0, sent < 20]).toEqual([true, true]);
    expect([a.failure, owned(a), a.coordinator.view().settled]).toEqual([undefined, 0, true]);
  });
});
