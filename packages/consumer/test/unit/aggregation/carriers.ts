// Records, aggregates and raw sources for the tests of this folder. They know no test.
import { hash } from 'node:crypto';
import fc from 'fast-check';
import type { ReadFrom, RecordBatch, ShardRef, ShardSource, StreamRecord } from '../../../src/types.ts';
import { recordAt, shard } from '../../support/records.ts';

/** kcl.md 6.6: (key a, `hello`), (key b, explicit hash 12345, `world`). */
export const golden = Buffer.from('f3899ac20a01610a0162120531323334351a0908001a0568656c6c6f1a0b080110001a05776f726c64f661130241ffc650b98a7bdf3d085294', 'hex');

export const hashOfA = '16955237001963240173058271559858726497';
export const highestHash = String(2n ** 128n - 1n);

export function shardWith(start: string, end: string): ShardRef {
  return { ...shard, hashRange: { start, end } };
}

export function recordOf(sequence: number, data: Uint8Array, more: Partial<StreamRecord> = {}): StreamRecord {
  return { ...recordAt(sequence), arrivalMs: 1_000 + sequence, partitionKey: 'carrier', bytes: () => data, text: () => Buffer.from(data).toString(), ...more };
}

/** An aggregate around any message, broken or not. */
export function wrap(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, hash('md5', message, 'buffer')]);
}

/** A field of a protobuf message; numbers as the bytes of their varints. */
export const number = (field: number, ...varint: readonly number[]): readonly number[] => [field * 8, ...varint];
export const bytes = (field: number, ...content: readonly number[]): readonly number[] => [field * 8 + 2, content.length, ...content];

export function wrapFields(...fields: readonly (readonly number[])[]): Buffer {
  return wrap(Uint8Array.from(fields.flat()));
}

export function seen(record: StreamRecord) {
  const { sequence, subSequence, partitionKey, aggregated } = record;
  return { sequence, subSequence, partitionKey, aggregated, text: record.text() };
}

/** Any text, and few of them, so that keys come again. */
const key = fc.oneof(fc.constantFrom('a', 'b', 'ключ', '🔑'), fc.string({ unit: 'grapheme', maxLength: 8 }));
const hashKey = fc.oneof(fc.constantFrom('0', '12345', highestHash), fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String));

export const recordsToAggregate = fc.array(
  fc.record({ partitionKey: key, explicitHashKey: hashKey, data: fc.uint8Array({ maxLength: 300 }) }, { requiredKeys: ['partitionKey', 'data'] }),
  { minLength: 1, maxLength: 200 },
);

export interface RawSource {
  readonly source: ShardSource;
  /** What was asked for, and whether the reading was given up before its end. */
  readonly opened: { readonly shard: ShardRef; readonly from: ReadFrom; readonly signal: AbortSignal; closed: boolean }[];
}

export function rawSource(batches: readonly RecordBatch[]): RawSource {
  const opened: RawSource['opened'] = [];
  async function* open(of: ShardRef, from: ReadFrom, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<RecordBatch> {
    const reading = { shard: of, from, signal, closed: false };
    opened.push(reading);
    try {
      yield* batches;
    } finally {
      reading.closed = true;
    }
  }
  return { source: { open }, opened };
}

export async function readAll(source: ShardSource, from: ReadFrom = { kind: 'trim-horizon' }, of: ShardRef = shard): Promise<readonly RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for await (const batch of source.open(of, from, { signal: new AbortController().signal })) batches.push(batch);
  return batches;
}
