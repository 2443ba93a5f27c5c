// What a polling reader asks for and is charged where records carry others: what they become counts, not what they came as.
import { describe, expect, test } from 'vitest';
import { createByteBudget } from '../../src/memory/byte-budget.ts';
import { aggregate, memoryKinesis } from '../../src/testing/index.ts';
import type { RecordBatch, ShardSource } from '../../src/types.ts';
import { sourceOver } from '../support/sources-under-test.ts';
import { virtualTime } from '../support/time.ts';

const stream = 'orders';
const bufferBytes = 1024 * 1024;
const perCarrier = 400;
const carrier = aggregate(Array.from({ length: perCarrier }, () => ({ partitionKey: 'key', data: Buffer.from('x') })));
/** What one carried record costs at least. */
const recordBytes = 100;

/** A reader of a shard that has so many records of one kind. */
function readerOf(data: Uint8Array, count: number) {
  const time = virtualTime();
  const machine = time.machine(1);
  const kinesis = memoryKinesis({ clock: machine.clock });
  kinesis.createStream(stream);
  for (let put = 0; put < count; put += 1) kinesis.put(stream, { partitionKey: 'key', data });
  const limits: number[] = [];
  const budget = createByteBudget(bufferBytes);
  const service = kinesis.intercept((call) => {
    if (call.operation === 'page') limits.push(call.limit);
    return undefined;
  });
  const source: ShardSource = sourceOver({ service, budget, machine });
  const [shard] = kinesis.openShards(stream);
  if (shard === undefined) throw new Error('a stream without shards');
  const batches = source.open(shard, { kind: 'trim-horizon' }, { signal: new AbortController().signal })[Symbol.asyncIterator]();
  return {
    limits,
    budget,
    batches,
    async next(): Promise<RecordBatch> {
      const pending = batches.next();
      await time.advance(1_000);
      const { done, value } = await pending;
      if (done === true) throw new Error('It is over.');
      return value;
    },
  };
}

describe('a shard of aggregates', () => {
  test('is charged for its records as long as somebody has them', async () => {
    const { next, budget, batches } = readerOf(carrier, 5);
    const batch = await next();
    expect(batch.records).toHaveLength(5 * perCarrier);
    expect([budget.used(), budget.used() > 5 * perCarrier * recordBytes]).toEqual([batch.retainedBytes, true]);
    batch.release();
    expect(budget.used()).toBe(0);
    await batches.return?.();
  });

  test('is asked for less and less, down to what fits; one of single records of that size is not', async () => {
    const limitsOf = async (data: Uint8Array) => {
      const { next, limits, budget, batches } = readerOf(data, 5_000);
      while (limits.length < 8) (await next()).release();
      await batches.return?.();
      expect(budget.used()).toBe(0);
      return limits;
    };
    const aggregates = await limitsOf(carrier);
    const singles = await limitsOf(new Uint8Array(carrier.byteLength));
    expect(aggregates[0]).toBe(singles[0]);
    const becomesBytes = perCarrier * recordBytes + 2 * carrier.byteLength;
    expect((aggregates.at(-1) ?? 0) * becomesBytes).toBeLessThanOrEqual(bufferBytes);
    expect((singles.at(-1) ?? 0) * becomesBytes).toBeGreaterThan(4 * bufferBytes);
  });
});
