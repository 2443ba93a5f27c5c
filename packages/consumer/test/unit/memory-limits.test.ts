// AWS's limits of the Kinesis in memory, and that a source which keeps them is not throttled, or shares with another one that does.
import { describe, expect, test } from 'vitest';
import { createByteBudget, type MemoryKinesis, memoryKinesis } from '../../src/testing/index.ts';
import type { ConsumerEvent, ShardRef } from '../../src/types.ts';
import { never } from '../support/memory-reading.ts';
import { sourceOver } from '../support/sources-under-test.ts';
import { virtualTime } from '../support/time.ts';

const mebi = 1024 * 1024;
const throttled = { code: 'STREAM_THROTTLED', retryable: true };

function setUp() {
  const clock = { nowMs: 1_760_000_000_000, wallMs: () => clock.nowMs };
  const kinesis = memoryKinesis({ clock, limits: 'aws' });
  kinesis.createStream('orders', { shards: 2 });
  const [shard, other] = kinesis.openShards('orders');
  if (shard === undefined || other === undefined) throw new Error('a stream without shards');
  const put = (count: number, bytes: number): void => {
    for (let index = 0; index < count; index += 1) kinesis.put('orders', { partitionKey: '', explicitHashKey: '0', data: new Uint8Array(bytes) });
  };
  const read = async (ref: ShardRef = shard) => {
    const iterator = await kinesis.service.iterator(ref, { kind: 'trim-horizon' }, never);
    return kinesis.service.page(ref, iterator, 10_000, never);
  };
  return { clock, put, read, other };
}

describe('a shard’s limits', () => {
  test('are five calls a second, and one more every 200 ms', async () => {
    const { clock, read, other } = setUp();
    for (let call = 0; call < 5; call += 1) await read();
    await expect(read()).rejects.toMatchObject(throttled);
    await read(other);
    clock.nowMs += 199;
    await expect(read()).rejects.toMatchObject(throttled);
    clock.nowMs += 1;
    await read();
    await expect(read()).rejects.toMatchObject(throttled);
  });

  test('are 2 MB a second: what was too much is waited for', async () => {
    const { clock, put, read } = setUp();
    put(1, 1.5 * mebi);
    await read();
    await read();
    await expect(read(), 'a megabyte too much').rejects.toMatchObject(throttled);
    clock.nowMs += 499;
    await expect(read()).rejects.toMatchObject(throttled);
    clock.nowMs += 1;
    await read();
  });

  test('give nothing for five seconds after 10 MB', async () => {
    const { clock, put, read } = setUp();
    put(10, mebi);
    expect((await read()).records).toHaveLength(10);
    clock.nowMs += 4_999;
    await expect(read()).rejects.toMatchObject(throttled);
    clock.nowMs += 1;
    await read();
  });
});

const startMs = 1_760_000_000_000;
const minuteMs = 60_000;

/** Readers of a shard that has more than they can read in that time. */
async function readersOf({ readers, bytesPerRecord, readMs }: { readonly readers: number; readonly bytesPerRecord: number; readonly readMs: number }) {
  const time = virtualTime();
  const clock = time.machine(0, { wallMs: startMs }).clock;
  const kinesis: MemoryKinesis = memoryKinesis({ clock, limits: 'aws' });
  kinesis.createStream('orders');
  const [shard] = kinesis.openShards('orders');
  if (shard === undefined) throw new Error('a stream without shards');
  const data = new Uint8Array(bytesPerRecord);
  for (let put = 0; put < (readMs / 1000) * 2 * mebi; put += bytesPerRecord) kinesis.put('orders', { partitionKey: '', data });
  const stop = new AbortController();
  const reading = Array.from({ length: readers }, async (_, index) => {
    const outcome = { bytes: 0, refused: 0 };
    const source = sourceOver({
      service: kinesis.service,
      budget: createByteBudget(64 * mebi),
      machine: time.machine(index + 1, { wallMs: startMs }),
      limits: 'aws',
      onEvent: (event: ConsumerEvent) => {
        if (event.kind === 'fetch-failed') outcome.refused += 1;
      },
    });
    try {
      for await (const batch of source.open(shard, { kind: 'trim-horizon' }, { signal: stop.signal })) {
        outcome.bytes += batch.retainedBytes;
        batch.release();
      }
    } catch (error) {
      if (error !== stop.signal.reason) throw error;
    }
    return outcome;
  });
  await time.advance(readMs);
  stop.abort(new Error('the time is over'));
  return Promise.all(reading);
}

describe('a source that keeps the limits', () => {
  test.each([1_000, 100_000, mebi])('is never refused, and gets nearly all that the shard gives: records of %i bytes', async (bytes) => {
    const [alone] = await readersOf({ readers: 1, bytesPerRecord: bytes, readMs: minuteMs });
    expect(alone?.refused).toBe(0);
    expect(alone?.bytes).toBeGreaterThan(1.8 * mebi * (minuteMs / 1000));
  });

  test('comes to share with two others, who know nothing of it: none is starved, and together they get a good part of what the shard gives', async () => {
    const readMs = 10 * minuteMs;
    const outcomes = await readersOf({ readers: 3, bytesPerRecord: 100_000, readMs });
    const bytes = outcomes.map((outcome) => outcome.bytes);
    const sum = bytes.reduce((total, each) => total + each, 0);
    expect(sum).toBeGreaterThan(0.7 * mebi * (readMs / 1000));
    expect(Math.min(...bytes)).toBeGreaterThan(sum / 6);
  });

  test('asks no more for a while after each refusal', async () => {
    const time = virtualTime();
    const machine = time.machine(1, { wallMs: startMs });
    const kinesis = memoryKinesis({ clock: machine.clock });
    kinesis.createStream('orders');
    const [shard] = kinesis.openShards('orders');
    if (shard === undefined) throw new Error('a stream without shards');
    const askedMs: number[] = [];
    const service = kinesis.intercept(({ operation }) => {
      if (operation !== 'page') return undefined;
      askedMs.push(time.nowMs());
      return { kind: 'throttle' };
    });
    const stop = new AbortController();
    const reading = sourceOver({ service, budget: createByteBudget(mebi), machine, limits: 'none' })
      .open(shard, { kind: 'trim-horizon' }, { signal: stop.signal })
      [Symbol.asyncIterator]()
      .next();
    reading.catch(() => undefined);
    await time.advance(minuteMs);
    stop.abort(new Error('the minute is over'));
    await expect(reading).rejects.toBe(stop.signal.reason);
    const pauses = askedMs.slice(1).map((atMs, index) => atMs - (askedMs[index] ?? 0));
    expect(pauses.length).toBeGreaterThan(10);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(100);
  });
});
