// Shards of the Kinesis in memory: which one a record goes to, how they split, merge and are forgotten, what is listed when.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryKinesis } from '../../src/testing/index.ts';
import { never, readShard } from '../support/memory-reading.ts';

const space = 2n ** 128n;
const dayMs = 86_400_000;

/** A Kinesis whose time the test sets. */
function setUp(shards = 1) {
  const clock = { nowMs: 1_760_000_000_500, wallMs: () => clock.nowMs };
  const kinesis = memoryKinesis({ clock });
  kinesis.createStream('orders', { shards });
  const ids = () => kinesis.openShards('orders').map(({ shardId }) => shardId);
  return { clock, kinesis, ids };
}

const inRange = (key: bigint, range: { readonly start: string; readonly end: string } | undefined): boolean =>
  range !== undefined && BigInt(range.start) <= key && key <= BigInt(range.end);

const reshards = fc.array(fc.record({ isSplit: fc.boolean(), which: fc.nat(20), at: fc.nat(1_000) }), { maxLength: 15 });

test('however a stream is resharded, its open shards share all hash keys, and a record goes to the one that has its key', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 7 }), reshards, fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), async (shards, script, keys) => {
      const { kinesis } = setUp(shards);
      for (const { isSplit, which, at } of script) {
        const open = kinesis.openShards('orders');
        const shard = open[which % open.length];
        const next = open[(which % open.length) + 1];
        if (shard?.hashRange === undefined || shard.hashRange.start === shard.hashRange.end) continue;
        const { start, end } = shard.hashRange;
        const second = BigInt(start) + 1n + ((BigInt(end) - BigInt(start)) * BigInt(at)) / 1_001n;
        if (isSplit) kinesis.split('orders', shard.shardId, String(second));
        else if (next !== undefined) kinesis.merge('orders', shard.shardId, next.shardId);
      }
      const open = kinesis.openShards('orders');
      expect(open[0]?.hashRange?.start).toBe('0');
      expect(open.at(-1)?.hashRange?.end).toBe(String(space - 1n));
      for (const [index, shard] of open.slice(1).entries()) expect(BigInt(shard.hashRange?.start ?? 0)).toBe(BigInt(open[index]?.hashRange?.end ?? 0) + 1n);
      for (const partitionKey of keys) {
        const { shardId } = kinesis.put('orders', { partitionKey, data: partitionKey });
        const key = BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);
        expect(inRange(key, open.find((shard) => shard.shardId === shardId)?.hashRange)).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['0', 0],
  ['85070591730234615865843651857942052863', 0],
  ['85070591730234615865843651857942052864', 1],
  [String(space - 1n), 3],
])('the explicit hash key %s goes to shard %i of four', (explicitHashKey, index) => {
  const { kinesis, ids } = setUp(4);
  expect(kinesis.put('orders', { partitionKey: 'key', explicitHashKey, data: '' }).shardId).toBe(ids()[index]);
});

test.each([String(space), '-1', 'key', ''])('the explicit hash key %j is refused', (explicitHashKey) => {
  const { kinesis } = setUp();
  expect(() => kinesis.put('orders', { partitionKey: 'key', explicitHashKey, data: '' })).toThrow(/no hash key/);
});

describe('sequence numbers', () => {
  test('have 56 digits, grow through reshards, and tell their second', () => {
    const { clock, kinesis, ids } = setUp(2);
    const given: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      clock.nowMs += 700;
      given.push(kinesis.put('orders', { partitionKey: `key ${round}`, data: '' }).sequence);
      expect(kinesis.service.timeOf?.(given.at(-1) ?? '')).toBe(Math.floor(clock.nowMs / 1000) * 1000);
      if (round % 5 === 4) kinesis.split('orders', ids()[0] ?? '');
    }
    for (const sequence of given) expect(sequence).toMatch(/^49[0-9]{54}$/);
    expect(given.map(BigInt).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(given.map(BigInt));
    expect(new Set(given).size).toBe(given.length);
    expect(kinesis.service.timeOf?.('123')).toBeUndefined();
  });
});

describe('a listing', () => {
  test('has closed shards and their children, whose ranges are halves or sums', async () => {
    const { kinesis } = setUp();
    const [low = '', high = ''] = kinesis.split('orders', 'shardId-000000000000');
    const merged = kinesis.merge('orders', low, high);
    const all = { start: '0', end: String(space - 1n) };
    expect(await kinesis.service.listShards('orders', never)).toEqual([
      { shardId: 'shardId-000000000000', parents: [], hashRange: all, closed: true },
      { shardId: low, parents: ['shardId-000000000000'], hashRange: { start: '0', end: String(space / 2n - 1n) }, closed: true },
      { shardId: high, parents: ['shardId-000000000000'], hashRange: { start: String(space / 2n), end: String(space - 1n) }, closed: true },
      { shardId: merged, parents: [low, high], hashRange: all, closed: false },
    ]);
  });

  test('at a time has the shards that were open then', async () => {
    const { clock, kinesis } = setUp();
    const startMs = clock.nowMs;
    clock.nowMs += 10;
    const children = kinesis.split('orders', 'shardId-000000000000');
    const listed = async (atMs: number) => (await kinesis.service.listShards('orders', never, atMs)).map(({ shardId }) => shardId);
    expect(await listed(startMs)).toEqual(['shardId-000000000000']);
    expect(await listed(startMs + 9)).toEqual(['shardId-000000000000']);
    expect(await listed(startMs + 10)).toEqual(children);
  });

  test('forgets a closed shard when the retention of its last record is over, and never an open one', async () => {
    const { clock, kinesis } = setUp();
    kinesis.put('orders', { partitionKey: 'key', data: 'old' });
    const [shard] = kinesis.openShards('orders');
    clock.nowMs += 1_000;
    const children = kinesis.split('orders', 'shardId-000000000000');
    const listed = async () => (await kinesis.service.listShards('orders', never)).map(({ shardId }) => shardId);
    clock.nowMs += dayMs;
    expect(await listed()).toEqual(['shardId-000000000000', ...children]);
    clock.nowMs += 1;
    expect(await listed()).toEqual(children);
    clock.nowMs += 10 * dayMs;
    expect(await listed()).toEqual(children);
    if (shard === undefined) throw new Error('no shard');
    await expect(readShard(kinesis.service, shard, { kind: 'trim-horizon' })).rejects.toMatchObject({ code: 'SHARD_GONE', retryable: false });
  });
});

describe('a stream', () => {
  test('says its name, ARN, second of creation and retention, by name and by ARN', async () => {
    const { kinesis } = setUp();
    const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders';
    kinesis.retain('orders', 7 * dayMs);
    const wanted = { name: 'orders', arn, createdAtS: 1_760_000_000, retentionMs: 7 * dayMs };
    expect(await kinesis.service.describe('orders', never)).toEqual(wanted);
    expect(await kinesis.service.describe(arn, never)).toEqual(wanted);
    expect(await kinesis.service.listShards(arn, never)).toHaveLength(1);
  });

  test('that is deleted and made anew is another one, even within a second', async () => {
    const { kinesis } = setUp();
    kinesis.createStream('payments');
    const before = await kinesis.service.describe('orders', never);
    kinesis.deleteStream('orders');
    await expect(kinesis.service.describe('orders', never)).rejects.toMatchObject({ code: 'STREAM_MISSING' });
    expect(await kinesis.service.list(never)).toEqual(['payments']);
    kinesis.createStream('orders');
    expect(await kinesis.service.list(never)).toEqual(['payments', 'orders']);
    const after = await kinesis.service.describe('orders', never);
    expect(after.createdAtS).not.toBe(before.createdAtS);
  });

  test.each<[string, (kinesis: ReturnType<typeof setUp>['kinesis']) => unknown]>([
    ['created twice', (kinesis) => kinesis.createStream('orders')],
    ['unknown, for a record', (kinesis) => kinesis.put('other', { partitionKey: 'key', data: '' })],
    ['unknown, for a split', (kinesis) => kinesis.split('other', 'shardId-000000000000')],
    ['unknown, for a deletion', (kinesis) => kinesis.deleteStream('other')],
    ['without the shard to split', (kinesis) => kinesis.split('orders', 'shardId-000000000009')],
    ['without room to split', (kinesis) => kinesis.split('orders', 'shardId-000000000000', '0')],
    ['split outside of its range', (kinesis) => kinesis.split('orders', 'shardId-000000000000', String(space))],
    ['merged with itself', (kinesis) => kinesis.merge('orders', 'shardId-000000000000', 'shardId-000000000000')],
  ])('that is %s is the test’s fault', (_what, act) => {
    expect(() => act(setUp().kinesis)).toThrow(Error);
  });
});
