// A batch whose records become many: in portions, each charged while somebody has it, a turn of the event loop for each.
import { describe, expect, test } from 'vitest';
import { unpacked } from '../../../src/aggregation/unpack.ts';
import { aggregate } from '../../../src/testing/index.ts';
import type { RecordBatch } from '../../../src/types.ts';
import { batch, shard } from '../../support/records.ts';
import { turn } from '../../support/time.ts';
import { golden, rawSource, recordOf } from './carriers.ts';

const carried = 3_000;
const many = aggregate(Array.from({ length: carried }, (_, index) => ({ partitionKey: 'a', data: Buffer.from(String(index)) })));
const rawBytes = 1_000;
/** Two of these carriers are a portion: one alone costs less. */
const bufferBytes = 64 * 1024 * 1024;
const perPortion = 2;
const children = [{ shardId: 'child', parents: [shard.shardId] }];
const reason = new Error('enough');

/** Reads one raw batch of aggregates; turns come when the test says so, unless they come by themselves. */
function reading(carriers: number, { turns = 'at once' }: { readonly turns?: 'at once' | 'when told' } = {}) {
  let charged = rawBytes;
  let most = 0;
  let released = 0;
  const waiting: (() => void)[] = [];
  const raw = batch(
    Array.from({ length: carriers }, (_, index) => recordOf(index + 1, many)),
    {
      retainedBytes: rawBytes,
      behindLatestMs: 0,
      children,
      charge(bytes) {
        charged += bytes;
        most = Math.max(most, charged);
      },
      release() {
        charged -= rawBytes;
        released += 1;
      },
    },
  );
  const stop = new AbortController();
  const { source, opened } = rawSource([raw, batch([recordOf(carriers + 1, golden)])]);
  const single = unpacked(source, {
    outsideShard: 'deliver',
    bufferBytes,
    turn: () => (turns === 'at once' ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    onEvent: () => undefined,
  });
  const batches = single.open(shard, { kind: 'trim-horizon' }, { signal: stop.signal })[Symbol.asyncIterator]();
  return {
    batches,
    stop,
    opened,
    waiting,
    charged: () => charged,
    most: () => most,
    released: () => released,
    async next(): Promise<RecordBatch> {
      const { done, value } = await batches.next();
      if (done === true) throw new Error('It is over.');
      return value;
    },
  };
}

describe('a batch that becomes large', () => {
  test('comes in portions: all of it in order, and only the last is at the tip and names the children', async () => {
    const { next } = reading(5);
    const portions = [await next(), await next(), await next()];
    expect(portions.map(({ records }) => records.length)).toEqual([2, 2, 1].map((count) => count * carried));
    const all = portions.flatMap(({ records }) => records.map(({ sequence, subSequence }) => Number(sequence) * carried + subSequence));
    expect(all).toEqual(Array.from({ length: 5 * carried }, (_, index) => carried + index));
    expect(portions.map((portion) => [portion.behindLatestMs, portion.children])).toEqual([
      [1, undefined],
      [1, undefined],
      [0, children],
    ]);
    expect((await next()).records.map(({ sequence }) => sequence)).toEqual(['6', '6']);
  });

  test('one that does not stays one', async () => {
    const { next, charged } = reading(perPortion);
    const whole = await next();
    expect([whole.records.length, whole.behindLatestMs, whole.children]).toEqual([perPortion * carried, 0, children]);
    expect([whole.retainedBytes, charged()]).toEqual([charged(), charged()]);
    expect(charged()).toBeGreaterThan(bufferBytes / 128);
  });

  test('is charged for what it has become so far, less what is released', async () => {
    const { next, batches, charged, most, released } = reading(20);
    const cost = { first: 0, others: 0 };
    for (let count = 0; count < 10; count += 1) {
      const portion = await next();
      if (count === 0) cost.first = portion.retainedBytes;
      else cost.others = portion.retainedBytes;
      expect(charged()).toBe(rawBytes + portion.retainedBytes - (count === 0 ? rawBytes : 0));
      portion.release();
      portion.release();
      expect(portion.records).toEqual([]);
      expect([charged(), released()]).toEqual(count === 9 ? [0, 1] : [rawBytes, 0]);
    }
    expect(cost.first).toBe(rawBytes + cost.others);
    expect(cost.others).toBeGreaterThan(perPortion * (carried * 100 + many.byteLength));
    expect(most()).toBe(cost.first);
    await batches.return?.();
    expect([charged(), released()]).toEqual([0, 1]);
  });

  test.each([
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ])('is let go with the last of its portions, released as %i, %i, %i', async (...order) => {
    const { next, released, charged } = reading(5);
    const portions = [await next(), await next(), await next()];
    const seen = order.map((index) => {
      const portion = portions[index];
      const record = portion?.records[0];
      portion?.release();
      expect(() => record?.text()).toThrow(expect.objectContaining({ code: 'BATCH_RELEASED' }));
      return released();
    });
    expect(seen).toEqual([0, 0, 1]);
    expect(charged()).toBe(0);
  });

  test('takes a turn for each portion but the first', async () => {
    const { next, waiting } = reading(5, { turns: 'when told' });
    await next();
    let came = 0;
    const second = next().then(() => (came += 1));
    await turn();
    expect([came, waiting.length]).toEqual([0, 1]);
    waiting.shift()?.();
    await second;
    const third = next();
    await turn();
    waiting.shift()?.();
    await third;
    await next();
    expect(waiting).toEqual([]);
  });

  test('is let go when nobody asks for the rest, with the portions that are out', async () => {
    const { next, batches, opened, charged, released } = reading(5);
    const first = await next();
    await batches.return?.();
    expect([opened[0]?.closed, released()]).toEqual([true, 0]);
    first.release();
    expect([released(), charged()]).toEqual([1, 0]);
  });

  test('is let go when the reading is aborted between two portions', async () => {
    const { next, stop, waiting, opened, charged, released } = reading(5, { turns: 'when told' });
    (await next()).release();
    const second = expect(next()).rejects.toBe(reason);
    await turn();
    stop.abort(reason);
    waiting.shift()?.();
    await second;
    expect([opened[0]?.closed, released(), charged()]).toEqual([true, 1, 0]);
  });
});
