// The message inside an aggregate of the Kinesis Producer Library: two tables of keys, and records that point into them. It knows
// neither the envelope nor what a record becomes.
import { type Cursor, skipField, takeBytes, takeTag, takeVarint } from './protobuf.ts';

export interface PackedRecord {
  /** Index into `partitionKeys`. */
  readonly key: number;
  /** Index into `explicitHashKeys`; -1: it has none. */
  readonly hashKey: number;
  /** Where its data lies among the bytes that were read. */
  readonly start: number;
  readonly end: number;
}

export interface PackedMessage {
  readonly partitionKeys: readonly string[];
  readonly explicitHashKeys: readonly string[];
  readonly records: readonly PackedRecord[];
}

/** Field number and wire type, as `takeTag` gives them. A known number with another type is a field that nobody asked for. */
const partitionKeyTag = 0x0a;
const explicitHashKeyTag = 0x12;
const recordTag = 0x1a;
const keyIndexTag = 0x08;
const hashKeyIndexTag = 0x10;
const dataTag = 0x1a;

/** Undefined when it is broken or lacks its key or its data. Of a field that comes twice the last counts. */
function readRecord(cursor: Cursor): PackedRecord | undefined {
  let key = -1;
  let hashKey = -1;
  let start = -1;
  let end = -1;
  while (cursor.at < cursor.end) {
    const tag = takeTag(cursor);
    if (tag === keyIndexTag) {
      key = takeVarint(cursor);
      if (key < 0) return undefined;
    } else if (tag === hashKeyIndexTag) {
      hashKey = takeVarint(cursor);
      if (hashKey < 0) return undefined;
    } else if (tag === dataTag) {
      const length = takeBytes(cursor);
      if (length < 0) return undefined;
      end = cursor.at;
      start = end - length;
    } else if (!skipField(cursor, tag)) return undefined;
  }
  return key < 0 || start < 0 ? undefined : { key, hashKey, start, end };
}

/** Undefined when any of it is broken, or a record points outside the tables. The tables may stand anywhere. */
export function readMessage(bytes: Buffer, start: number, end: number): PackedMessage | undefined {
  const cursor: Cursor = { bytes, at: start, end };
  const partitionKeys: string[] = [];
  const explicitHashKeys: string[] = [];
  const records: PackedRecord[] = [];
  while (cursor.at < end) {
    const tag = takeTag(cursor);
    if (tag === partitionKeyTag || tag === explicitHashKeyTag || tag === recordTag) {
      const length = takeBytes(cursor);
      if (length < 0) return undefined;
      const from = cursor.at - length;
      if (tag === recordTag) {
        const record = readRecord({ bytes, at: from, end: cursor.at });
        if (record === undefined) return undefined;
        records.push(record);
      } else (tag === partitionKeyTag ? partitionKeys : explicitHashKeys).push(bytes.toString('utf8', from, cursor.at));
    } else if (!skipField(cursor, tag)) return undefined;
  }
  const isComplete = records.every(({ key, hashKey }) => key < partitionKeys.length && hashKey < explicitHashKeys.length);
  return isComplete ? { partitionKeys, explicitHashKeys, records } : undefined;
}
