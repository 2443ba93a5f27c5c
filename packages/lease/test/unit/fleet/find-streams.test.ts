import { describe, expect, it } from 'vitest';
import type { LeasedStream } from '../../../src/streams.ts';
import { createFleet, owned, shards, storeOn, times, unreachable } from './fleet.ts';
import { intervalMs, keysOf, streamsOf, tickMs } from './found-streams.ts';

describe('streams that are asked for', () => {
  it('are read once they are known, after the table was opened', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    account.make('one', 2);
    account.make('two', 1);
    const known = Promise.withResolvers<void>();
    const a = fleet.start('a', { ...options, streams: () => known.promise.then(() => account.find()) });
    await fleet.time.advance(20_000);
    expect(a.calls.map((call) => call.operation)).toEqual(['open']);
    expect(a.coordinator.view()).toMatchObject({ state: 'joining', settled: false, rows: [] });
    known.resolve();
    await fleet.until(() => owned(a) === 3, 2000);
    await fleet.until(() => a.coordinator.view().settled, 2000);
    expect(keysOf(a.coordinator.view().rows)).toEqual(['1:one:7:shard-0', '1:one:7:shard-1', '1:two:7:shard-0']);
  });

  it('end the run with what the finder throws at the start', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    account.error = new Error('Nobody may list streams (test).');
    const a = fleet.start('a', options);
    await fleet.time.advance(1000);
    await a.ran;
    expect(a.failure).toBe(account.error);
  });

  it('are asked for again every so often, not with all others at once, and only if an interval says so', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    account.make('one', 1);
    fleet.start('a', options);
    const once: unknown[] = [];
    fleet.start('b', { streams: async () => (once.push(0) > 0 ? account.there : []) });
    await fleet.time.advance(10 * intervalMs);
    expect(account.asked.length).toBeGreaterThanOrEqual(11);
    expect(account.asked.length).toBeLessThanOrEqual(12);
    const gaps = account.asked.slice(1).map((timeMs, at) => timeMs - (account.asked[at] ?? 0));
    expect(new Set(gaps).size).toBeGreaterThan(5);
    expect(once).toHaveLength(1);
  });

  it('may be none for now, whichever keys are in the table', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    fleet.table.put({ leaseKey: { S: '1:old:7:s' }, leaseCounter: { N: '1' }, checkpoint: { S: '7' } });
    const a = fleet.start('a', options);
    await fleet.until(() => a.coordinator.view().settled, 2000);
    account.make('one', 1);
    await fleet.until(() => owned(a) === 1, intervalMs + tickMs);
    expect(a.failure).toBeUndefined();
  });

  it.each(['at the start', 'later'])('are refused %s if one of several has single-stream keys', async (when) => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    account.make('one', 1);
    const { stream: _name, ...single } = account.make('two', 1);
    const both = account.there.with(1, single);
    account.there = when === 'later' ? account.there.slice(0, 1) : both;
    const a = fleet.start('a', options);
    await fleet.time.advance(5000);
    account.there = both;
    await fleet.time.advance(intervalMs);
    await a.ran;
    expect(a.failure).toMatchObject({ code: 'TABLE_FOREIGN', message: expect.stringContaining('2 streams') });
  });
});

describe('a stream that appears', () => {
  it('is read, while the others go on', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    account.make('one', 2);
    const a = fleet.start('a', options);
    await fleet.until(() => a.coordinator.view().settled, 5000);
    const held = [...a.reading.values()];
    account.make('two', 2);
    await fleet.until(() => account.asked.length === 2, intervalMs);
    expect(a.coordinator.view().settled).toBe(false);
    await fleet.until(() => owned(a) === 4, tickMs);
    await fleet.until(() => a.coordinator.view().settled, tickMs);
    expect(held.map((lease) => [lease.lost.aborted, lease.drain.aborted])).toEqual([
      [false, false],
      [false, false],
    ]);
  });

  it('is taken before it is listed where another worker has it already', async () => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    const b = fleet.start('b', { streams: [account.make('one', 1), account.make('two', 2)] });
    await fleet.until(() => owned(b) === 3, 5000);
    account.there = account.there.slice(0, 1);
    const a = fleet.start('a', options);
    await fleet.time.advance(20_000);
    account.make('two', 2, { listShards: () => new Promise<never>(() => undefined) });
    await fleet.until(() => account.asked.length === 2, intervalMs);
    void b.coordinator.stop(5000);
    await fleet.until(() => owned(a) === 3, times.durationMs);
  });

  it.each([
    ['read', 'of which the table knows nothing', undefined],
    ['read', 'that the table belongs to', 'arn:one 1700000000'],
    ['refused', 'of the same name as the one that the table belongs to', 'arn:one 1600000000'],
  ])('in a single-stream table is %s: one %s', async (outcome, _which, source) => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    fleet.table.put({
      leaseKey: { S: 'shard-0' },
      leaseCounter: { N: '1' },
      checkpoint: { S: '7' },
      ...(source === undefined ? {} : { sfSource: { S: source } }),
    });
    const a = fleet.start('a', options);
    await fleet.time.advance(5000);
    const { stream: _name, ...single } = account.make('one', 2, {
      leaseKey: (shardId) => shardId,
      identify: async () => ({ arn: 'arn:one', createdAtS: 1_700_000_000 }),
    });
    account.there = [single];
    await fleet.time.advance(intervalMs + tickMs);
    expect(fleet.table.leases()).toHaveLength(outcome === 'refused' ? 1 : 2);
    if (outcome === 'refused') expect(a.failure).toMatchObject({ code: 'TABLE_FOREIGN' });
    else expect([a.failure, fleet.table.lease('shard-0')]).toMatchObject([undefined, { owner: 'a', source: 'arn:one 1700000000' }]);
  });
});

describe('a listing that fails', () => {
  it.each([
    ['of a stream that the finder still shows', (_error: Error) => undefined],
    ['while the finder fails, too', (error: Error) => new Error(`${error.message} Nor can they be listed.`)],
  ])('%s ends the run with its own error', async (_when, finderFails) => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    const denied = new Error('Nobody may read this stream (test).');
    let fails = false;
    account.make('one', 1, { listShards: async () => (fails ? Promise.reject(denied) : shards(1)) });
    const a = fleet.start('a', options);
    await fleet.until(() => owned(a) === 1, 5000);
    fails = true;
    account.error = finderFails(denied);
    await fleet.time.advance(61_000);
    await a.ran;
    expect(a.failure).toBe(denied);
  });
});

it('a stream of another fleet gets no row, however late its table is read again', async () => {
  const fleet = createFleet([]);
  const { account, options } = streamsOf(fleet);
  fleet.table.put({ leaseKey: { S: 'shard-0' }, leaseCounter: { N: '1' }, checkpoint: { S: '7' } });
  const direct = storeOn(fleet.table, fleet.time.machine(99));
  let slow = 0;
  const store: typeof direct = {
    ...direct,
    async list(which, signal) {
      if (slow-- > 0) await fleet.time.machine(98).timers.sleep(5000);
      return direct.list(which, signal);
    },
  };
  const a = fleet.start('a', { ...options, store });
  await fleet.time.advance(5000);
  account.make('one', 2);
  account.delay = async () => {
    slow = 1;
  };
  await fleet.time.advance(intervalMs + 2 * 5000);
  expect(a.failure).toMatchObject({ code: 'TABLE_FOREIGN' });
  expect(fleet.table.leases()).toHaveLength(1);
});

describe('a finder that fails later', () => {
  it.each([
    ['what is worth repeating', unreachable()],
    ['what is not', new Error('Nobody may list streams any more (test).')],
  ])('with %s changes nothing, and is asked again', async (_what, error) => {
    const fleet = createFleet([]);
    const { account, options } = streamsOf(fleet);
    account.make('one', 2);
    const a = fleet.start('a', options);
    await fleet.until(() => owned(a) === 2, 5000);
    const events = a.events.filter((event) => event.kind !== 'lease-operation').length;
    account.error = error;
    account.make('two', 1);
    await fleet.time.advance(3 * intervalMs);
    expect(account.asked.length).toBeGreaterThan(3);
    expect([a.failure, owned(a), a.coordinator.view().settled]).toEqual([undefined, 2, true]);
    expect(a.events.filter((event) => event.kind !== 'lease-operation')).toHaveLength(events);
    account.error = undefined;
    await fleet.until(() => owned(a) === 3, intervalMs + tickMs);
  });
});

it('a stop waits for no finder', async () => {
  const fleet = createFleet([]);
  const { account, options } = streamsOf(fleet);
  account.make('one', 1);
  let hangs = false;
  const find = (signal: AbortSignal): Promise<readonly LeasedStream[]> =>
    hangs ? new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))) : account.find();
  const a = fleet.start('a', { ...options, streams: find });
  await fleet.until(() => owned(a) === 1, 5000);
  hangs = true;
  await fleet.time.advance(2 * intervalMs);
  const stopped = a.coordinator.stop(5000);
  await fleet.time.advance(3000);
  await expect(stopped).resolves.toEqual({ clean: true });
  await a.ran;
  expect([a.failure, a.machine.armed()]).toEqual([undefined, 0]);
});
