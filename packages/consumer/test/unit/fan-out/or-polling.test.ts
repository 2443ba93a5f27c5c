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
  const source = fanOutOrPolling(fanOut, polling, (of, error) => refusals.push([of, error.code]));
  const sequences: string[] = [];
  const options = { signal: new AbortController().signal };
  const ending = await (async () => {
    for await (const { records: came } of source.open(shard, { kind: 'latest' }, options)) sequences.push(...came.map((record) => record.sequence));
  })().catch((error: ConsumerError) => error.code);
  return { sequences, ending, refusals, asked: [shard, { kind: 'latest' }, options] };
}

test('a refusal leads to polling from the same position, once, and is told', async () => {
  const polling = sourceOf([1, 2]);
  const { sequences, ending, refusals, asked } = await readAll(sourceOf([], failing('FAN_OUT_REFUSED')), polling);
  expect([sequences, ending]).toEqual([['1', '2'], undefined]);
  expect([refusals, polling.opened]).toEqual([[[shard, 'FAN_OUT_REFUSED']], [asked]]);
});

test.each<[string, ShardSource, unknown]>([
  ['what is not refused', sourceOf([1]), undefined],
  ['what fails otherwise', sourceOf([], failing('STREAM_DENIED')), 'STREAM_DENIED'],
  ['what is refused after it has begun', sourceOf([1], failing('FAN_OUT_REFUSED')), 'FAN_OUT_REFUSED'],
])('%s is not polled', async (_, fanOut, code) => {
  const polling = sourceOf([9]);
  const { ending, refusals } = await readAll(fanOut, polling);
  expect([ending, polling.opened, refusals]).toEqual([code, [], []]);
});
