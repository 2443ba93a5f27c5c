// Puts records together as the Kinesis Producer Library does, for tests and streams in memory. It knows no shard, and no limit of
// a record's size.
import { hash } from 'node:crypto';

export interface RecordToAggregate {
  readonly partitionKey: string;
  /** Decimal, of 128 bits. */
  readonly explicitHashKey?: string;
  readonly data: Uint8Array;
}

const magic = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2);
const partitionKeyField = 1;
const explicitHashKeyField = 2;
const recordField = 3;
const keyIndexField = 1;
const hashKeyIndexField = 2;
const dataField = 3;

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 128))];
}

const numberField = (field: number, value: number): Uint8Array => Uint8Array.from([...varint(field * 8), ...varint(value)]);

function bytesField(field: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.from([...varint(field * 8 + 2), ...varint(value.byteLength)]), value]);
}

/** Different texts in the order of their first use, with their places. */
function tableOf(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...new Set(texts)].map((text, index) => [text, index]));
}

/** One record's payload: magic bytes, the message (each key once, in its tables), the message's MD5. */
export function aggregate(records: readonly RecordToAggregate[]): Uint8Array {
  const keys = tableOf(records.map(({ partitionKey }) => partitionKey));
  const hashKeys = tableOf(records.flatMap(({ explicitHashKey }) => explicitHashKey ?? []));
  const packed = ({ partitionKey, explicitHashKey, data }: RecordToAggregate): Uint8Array =>
    Buffer.concat([
      numberField(keyIndexField, keys.get(partitionKey) ?? 0),
      ...(explicitHashKey === undefined ? [] : [numberField(hashKeyIndexField, hashKeys.get(explicitHashKey) ?? 0)]),
      bytesField(dataField, data),
    ]);
  const message = Buffer.concat([
    ...[...keys.keys()].map((key) => bytesField(partitionKeyField, Buffer.from(key))),
    ...[...hashKeys.keys()].map((key) => bytesField(explicitHashKeyField, Buffer.from(key))),
    ...records.map((record) => bytesField(recordField, packed(record))),
  ]);
  return Buffer.concat([magic, message, hash('md5', message, 'buffer')]);
}
