// Pages of the Kinesis in memory: where they begin, how much is in them, how they go on and end, what is refused.
import { describe, expect, test } from 'vitest';
import type { StartAt } from '../../src/source/service.ts';
import { type MemoryKinesisOptions, memoryKinesis } from '../../src/testing/index.ts';
import type { ShardRef } from '../../src/types.ts';
import { firstPage, never, readShard, textsOf } from '../support/memory-reading.ts';

const stepMs = 1_000;
const startMs = 1_760_000_000_000;
const dayMs = 86_400_000;
const limitMax = 10_000;
const horizon: StartAt = { kind: 'trim-horizon' };

/** A shard with so many records, a second apart, the last of them now. */
function setUp(count: number, options: Partial<MemoryKinesisOptions> = {}) {
  const clock = { nowMs: startMs, wallMs: () => clock.nowMs };
  const kinesis = memoryKinesis({ clock, ...options });
  kinesis.createStream('orders');
  const [shard] = kinesis.openShards('orders');
  if (shard === undefined) throw new Error('a stream without shards');
  const put = (text: string): string => {
    clock.nowMs += stepMs;
    return kinesis.put('orders', { partitionKey: 'key', data: text }).sequence;
  };
  const sequences = Array.from({ length: count }, (_, index) => put(`record ${index}`));
  const from = (start: StartAt, limit = limitMax) => firstPage(kinesis.service, shard, start, limit);
  return { clock, kinesis, shard, put, sequences, from };
}

const records = (first: number, last: number): readonly string[] => Array.from({ length: last - first + 1 }, (_, index) => `record ${first + index}`);

describe('an iterator', () => {
  test.each<[string, StartAt, readonly string[]]>([
    ['the trim horizon', horizon, records(0, 4)],
    ['the latest', { kind: 'latest' }, []],
    ['a time before all', { kind: 'timestamp', atMs: 0 }, records(0, 4)],
    ['a record’s time', { kind: 'timestamp', atMs: startMs + 3 * stepMs }, records(2, 4)],
    ['a time between two', { kind: 'timestamp', atMs: startMs + 3 * stepMs + 1 }, records(3, 4)],
    ['now', { kind: 'timestamp', atMs: startMs + 5 * stepMs }, ['record 4']],
  ])('at %s', async (_what, start, wanted) => {
    expect(textsOf(await setUp(5).from(start))).toEqual(wanted);
  });

  test('at and after a sequence number', async () => {
    const { sequences, from } = setUp(5);
    for (const [index, sequence] of sequences.entries()) {
      expect(textsOf(await from({ kind: 'at-sequence', sequence }))).toEqual(records(index, 4));
      expect(textsOf(await from({ kind: 'after-sequence', sequence }))).toEqual(records(index + 1, 4));
    }
  });

  test('at what the retention is over for goes on at the horizon, however it began', async () => {
    const { clock, kinesis, shard, sequences, from } = setUp(5);
    const [first = '', second = ''] = sequences;
    const early = await kinesis.service.iterator(shard, horizon, never);
    kinesis.retain('orders', 60_000);
    clock.nowMs = startMs + 60_000 + 3 * stepMs;
    expect(textsOf(await kinesis.service.page(shard, early, limitMax, never))).toEqual(records(2, 4));
    for (const start of [
      horizon,
      { kind: 'timestamp', atMs: startMs },
      { kind: 'at-sequence', sequence: first },
      { kind: 'after-sequence', sequence: second },
    ] as const)
      expect(textsOf(await from(start))).toEqual(records(2, 4));
    clock.nowMs += dayMs;
    const empty = await from({ kind: 'after-sequence', sequence: second });
    expect([textsOf(empty), empty.next === undefined, empty.behindLatestMs]).toEqual([[], false, 0]);
  });

  test('expires after five minutes, and not before; each page gives a fresh one', async () => {
    const { clock, kinesis, shard } = setUp(2);
    const iterator = await kinesis.service.iterator(shard, horizon, never);
    clock.nowMs += 300_000;
    const page = await kinesis.service.page(shard, iterator, 1, never);
    clock.nowMs += 1;
    await expect(kinesis.service.page(shard, iterator, 1, never)).rejects.toMatchObject({ code: 'ITERATOR_EXPIRED', retryable: true });
    clock.nowMs += 299_999;
    expect(textsOf(await kinesis.service.page(shard, page.next ?? '', 1, never))).toEqual(['record 1']);
  });
});

describe('what did not come from this shard is refused', () => {
  const refused = { code: 'POSITION_INVALID', retryable: false };

  test.each(['1', '', 'LATEST', '9'.repeat(56), `${'4'.repeat(55)}x`])('the sequence number %j', async (sequence) => {
    const { from } = setUp(1);
    await expect(from({ kind: 'at-sequence', sequence })).rejects.toMatchObject(refused);
    await expect(from({ kind: 'after-sequence', sequence })).rejects.toMatchObject(refused);
  });

  test('a parent’s number, and one that is greater than any given', async () => {
    const { kinesis, shard, sequences, from } = setUp(1);
    const [sequence = ''] = sequences;
    kinesis.split('orders', shard.shardId);
    const [child = shard] = kinesis.openShards('orders');
    await expect(firstPage(kinesis.service, child, { kind: 'at-sequence', sequence })).rejects.toMatchObject(refused);
    const greater = String(BigInt(sequence) + 10n ** 40n);
    await expect(from({ kind: 'at-sequence', sequence: greater })).rejects.toMatchObject(refused);
  });

  test('a time in the future', async () => {
    const { clock, from } = setUp(1);
    await expect(from({ kind: 'timestamp', atMs: clock.nowMs + 1 })).rejects.toMatchObject(refused);
  });

  test.each(['', 'AAAA', '1/2', '1760000000/shardId-000000000000/0/1760000000000/', '1760000000/shardId-000000000000/0/1760000000000/1/more'])(
    'the iterator %j',
    async (iterator) => {
      const { kinesis, shard } = setUp(1);
      await expect(kinesis.service.page(shard, iterator, 1, never)).rejects.toMatchObject(refused);
    },
  );

  test('iterators and numbers of a stream that was deleted since', async () => {
    const { kinesis, shard, sequences, from, put } = setUp(3);
    const iterator = await kinesis.service.iterator(shard, horizon, never);
    kinesis.deleteStream('orders');
    await expect(kinesis.service.page(shard, iterator, 1, never)).rejects.toMatchObject({ code: 'STREAM_MISSING' });
    kinesis.createStream('orders');
    put('new');
    await expect(kinesis.service.page(shard, iterator, 1, never)).rejects.toMatchObject(refused);
    for (const sequence of sequences) await expect(from({ kind: 'after-sequence', sequence })).rejects.toMatchObject(refused);
  });

  test.each([0, -1, 1.5, 10_001])('a limit of %d', async (limit) => {
    await expect(setUp(1).from(horizon, limit)).rejects.toMatchObject(refused);
  });
});

describe('a page', () => {
  test.each([
    [1, {}, [1, 1, 1, 1, 1]],
    [2, {}, [2, 2, 1]],
    [limitMax, {}, [5]],
    [limitMax, { pageBytesMax: 22 }, [2, 2, 1]],
    [limitMax, { pageBytesMax: 21 }, [1, 1, 1, 1, 1]],
    [limitMax, { pageBytesMax: 1 }, [1, 1, 1, 1, 1]],
    [2, { pageBytesMax: 33 }, [2, 2, 1]],
  ])('holds %i records and bytes as in %j', async (limit, options, sizes) => {
    const { kinesis, shard } = setUp(5, options);
    const pages = await readShard(kinesis.service, shard, horizon, limit);
    // The last one is empty: the shard is open.
    expect(pages.map((page) => page.length)).toEqual([...sizes, 0]);
    expect(pages.flat()).toEqual(records(0, 4));
  });

  test('holds 10 MiB at most', async () => {
    const { kinesis, shard } = setUp(0);
    for (let count = 0; count < 25; count += 1) kinesis.put('orders', { partitionKey: '', data: new Uint8Array(1024 * 1024) });
    const pages = await readShard(kinesis.service, shard, horizon);
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5, 0]);
  });

  test('says how far it is behind the last record, and 0 only at the tip', async () => {
    const { clock, from } = setUp(3);
    expect((await from(horizon, 1)).behindLatestMs).toBe(2 * stepMs);
    clock.nowMs += 7;
    expect((await from(horizon, 2)).behindLatestMs).toBe(stepMs + 7);
    expect((await from(horizon, 3)).behindLatestMs).toBe(0);
  });

  test('is behind the tip even by a record of the same millisecond', async () => {
    const { kinesis, from } = setUp(1);
    kinesis.put('orders', { partitionKey: 'key', data: 'at once' });
    expect((await from(horizon, 1)).behindLatestMs).toBe(1);
  });
});

describe('a closed shard', () => {
  const child = (index: number, parents: readonly string[], range: ShardRef['hashRange']) => ({
    shardId: `shardId-00000000000${index}`,
    parents,
    hashRange: range,
  });

  test('ends with its last page, which names the shards that follow', async () => {
    const { kinesis, shard, from } = setUp(3);
    kinesis.split('orders', shard.shardId);
    const [low, high] = kinesis.openShards('orders');
    const part = await from(horizon, 2);
    expect([part.next === undefined, part.children]).toEqual([false, undefined]);
    const last = await kinesis.service.page(shard, part.next ?? '', 1, never);
    expect(last).toMatchObject({
      next: undefined,
      behindLatestMs: 0,
      children: [child(1, [shard.shardId], low?.hashRange), child(2, [shard.shardId], high?.hashRange)],
    });
    expect(textsOf(last)).toEqual(['record 2']);
    const beyond = await from({ kind: 'latest' });
    expect([beyond.records.length, beyond.next, beyond.children?.length]).toEqual([0, undefined, 2]);
  });

  test('that was merged names one child with both parents', async () => {
    const { kinesis, shard } = setUp(0);
    const ids = kinesis.split('orders', shard.shardId);
    const parents = kinesis.openShards('orders');
    const merged = kinesis.merge('orders', ids[0] ?? '', ids[1] ?? '');
    for (const parent of parents) expect((await firstPage(kinesis.service, parent, horizon)).children).toMatchObject([{ shardId: merged, parents: ids }]);
  });

  test('names nobody and ends with an empty page where that is wanted', async () => {
    const { kinesis, shard, from } = setUp(1, { namesChildren: false, endsEmpty: true });
    kinesis.split('orders', shard.shardId);
    const last = await from(horizon);
    expect([last.records.length, last.next === undefined]).toEqual([1, false]);
    const empty = await kinesis.service.page(shard, last.next ?? '', 1, never);
    expect([empty.records.length, empty.next, empty.children]).toEqual([0, undefined, undefined]);
  });
});

test('a caller that is gone gets the signal’s reason', async () => {
  const reason = new Error('stop it');
  const gone = AbortSignal.abort(reason);
  const { kinesis, shard } = setUp(1);
  const { service } = kinesis;
  const calls = [
    service.list(gone),
    service.describe('orders', gone),
    service.listShards('orders', gone),
    service.iterator(shard, horizon, gone),
    service.page(shard, '', 1, gone),
  ];
  for (const call of calls) await expect(call).rejects.toBe(reason);
});
