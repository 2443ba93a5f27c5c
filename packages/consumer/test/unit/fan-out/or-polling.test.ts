// Fan-out, or polling where it is refused.
import { expect, test } from 'vitest';
import { ConsumerError, type ConsumerErrorCode } from '../../../src/errors.ts';
import { fanOutOrPolling } from '../../../src/fan-out/or-polling.ts';
import type { RecordBatch, ShardSource } from '../../../src/types.ts';
import { batch, records, shard } from '../../support/records.ts';

const failing = (code: ConsumerErrorCode) => new ConsumerError(code, `it is ${code}`, { retryable: false });

/** Gives a batch of each of these records, and throws then if it is told to. */
function sourceOf(sequences: readonly number[], error?: Error): ShardSource & { readonly opened: unknown[] } {
  const opened: unknown[] = [];
  async function* read(): AsyncGenerator<RecordBatch> {
    for (const sequence of sequences) yield batch(records(sequence, sequence));
    if (error !== undefined) throw error;
  }
  return {
    opened,
    open(...asked) {
      opened.push(asked);
      return read();
    },
  };
}

async function readAll(fanOut: ShardSource, polling: ShardSource) {
  const refusals: unknown[] = [];
  const counts: number[] = [];
  const source = fanOutOrPolling(fanOut, polling, (of, error) => refusals.push([of, error.code]));
  const sequences: string[] = [];
  const options = { signal: new AbortController().signal };
  const ending = await (async () => {
    for await (const { records: came } of source.open(shard, { kind: 'latest' }, options)) {
      sequences.push(...came.map((record) => record.sequence));
      counts.push(came.length);
    }
  })().catch((error: ConsumerError) => error.code);
  return { sequences, counts, ending, refusals, asked: [shard, { kind: 'latest' }, options] };
}

test('a refusal leads to polling from the same position, once, and is told', async () => {
  const polling = sourceOf([1, 2]);
  const { sequences, ending, refusals, asked } = await readAll(sourceOf([], failing('FAN_OUT_REFUSED')), polling);
  expect([sequences, ending]).toEqual([['1', '2'], undefined]);
  expect([refusals, polling.opened]).toEqual([[[shard, 'FAN_OUT_REFUSED']], [asked]]);
});

test('a refusal later on leads to polling from where it had come to: nothing is lost, and nothing comes twice', async () => {
  // Raw: it begins with the record of the position.
  const polling = sourceOf([2, 3, 4]);
  const { sequences, counts, ending, refusals, asked } = await readAll(sourceOf([1, 2], failing('FAN_OUT_REFUSED')), polling);
  expect([sequences, counts, ending]).toEqual([['1', '2', '3', '4'], [1, 1, 0, 1, 1], undefined]);
  const position = { kind: 'sequence', sequence: '2', subSequence: 0 };
  expect([refusals, polling.opened]).toEqual([[[shard, 'FAN_OUT_REFUSED']], [[shard, position, asked[2]]]]);
});

test('a refusal after empty batches only leads to polling from the same position', async () => {
  const empty: ShardSource = {
    async *open() {
      yield batch([]);
      throw failing('FAN_OUT_REFUSED');
    },
  };
  const polling = sourceOf([1]);
  const { sequences, asked } = await readAll(empty, polling);
  expect([sequences, polling.opened]).toEqual([['1'], [asked]]);
});

test.each<[string, ShardSource, unknown]>([
  ['what is not refused', sourceOf([1]), undefined],
  ['what fails otherwise', sourceOf([], failing('STREAM_DENIED')), 'STREAM_DENIED'],
  ['what fails otherwise after it has begun', sourceOf([1], failing('STREAM_MISSING')), 'STREAM_MISSING'],
])('%s is not polled', async (_, fanOut, code) => {
  const polling = sourceOf([9]);
  const { ending, refusals } = await readAll(fanOut, polling);
  expect([ending, polling.opened, refusals]).toEqual([code, [], []]);
});
