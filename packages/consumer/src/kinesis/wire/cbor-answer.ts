// A GetRecords answer in CBOR becomes a page: one walk over the bytes, payloads stay where they are. It opens no payload and sends nothing.
import type { ChildShard } from '@shardfold/lease';
import type { Page } from '../../source/service.ts';
import type { ShardRef } from '../../types.ts';
import { type Cursor, cbor, cursorOf, expectEnd, isOver, majorAt, malformed, open, readNull, readNumber, readString, readValue, skip } from './cbor.ts';
import { arrivalOf, behindOf, childrenOf, pageOf } from './page.ts';
import { base64Payloads, type Payloads, rawPayloads, WireRecord } from './record.ts';

/** A name of the answer as it is compared: four letters at a time, the last four once more. */
interface Key {
  readonly length: number;
  readonly words: readonly number[];
  readonly last: number;
}

function keyOf(name: string): Key {
  const bytes = Buffer.from(name);
  const words = Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readUInt32BE(4 * index));
  return { length: bytes.length, words, last: bytes.readUInt32BE(bytes.length - 4) };
}

const keys = {
  records: keyOf('Records'),
  next: keyOf('NextShardIterator'),
  behind: keyOf('MillisBehindLatest'),
  children: keyOf('ChildShards'),
  data: keyOf('Data'),
  sequence: keyOf('SequenceNumber'),
  partitionKey: keyOf('PartitionKey'),
  arrival: keyOf('ApproximateArrivalTimestamp'),
};

/** Where payloads come from, by how the encoder wrote them. AWS writes bytes; emulators that think in JSON write base64 as text. */
interface Sources {
  readonly raw: Payloads;
  readonly base64: Payloads;
}

/** Reads a key, which then lies between `start` and `end`; one that is no text is passed and looks empty. */
function readKey(cursor: Cursor): void {
  if (majorAt(cursor) === cbor.text) readString(cursor, cbor.text);
  else {
    skip(cursor);
    cursor.end = cursor.start;
  }
}

function isKey({ view, start, end }: Cursor, key: Key): boolean {
  if (end - start !== key.length || view.getUint32(end - 4) !== key.last) return false;
  for (let index = 0; index < key.words.length; index += 1) if (view.getUint32(start + 4 * index) !== key.words[index]) return false;
  return true;
}

function readText(cursor: Cursor): string | undefined {
  const major = majorAt(cursor);
  if (readNull(cursor)) return undefined;
  if (major !== cbor.text) throw malformed(cursor, 'another type where a text belongs');
  readString(cursor, cbor.text);
  return cursor.bytes.toString('utf8', cursor.start, cursor.end);
}

function readOptionalNumber(cursor: Cursor): number | undefined {
  majorAt(cursor);
  return readNull(cursor) ? undefined : readNumber(cursor);
}

/** Reads a payload's place; its kind is told. */
function readData(cursor: Cursor): typeof cbor.bytes | typeof cbor.text {
  const major = majorAt(cursor);
  if (readNull(cursor)) {
    cursor.start = cursor.end;
    return cbor.bytes;
  }
  if (major !== cbor.bytes && major !== cbor.text) throw malformed(cursor, 'another type where a payload belongs');
  readString(cursor, major);
  return major;
}

function readRecord(cursor: Cursor, shard: ShardRef, sources: Sources): WireRecord {
  let sequence: string | undefined;
  let partitionKey: string | undefined;
  let arrivalMs = 0;
  let payloads = sources.raw;
  let start = 0;
  let end = 0;
  for (let left = open(cursor, cbor.map); !isOver(cursor, left); left -= 1) {
    readKey(cursor);
    if (isKey(cursor, keys.data)) {
      payloads = readData(cursor) === cbor.text ? sources.base64 : sources.raw;
      start = cursor.start;
      end = cursor.end;
    } else if (isKey(cursor, keys.sequence)) sequence = readText(cursor);
    else if (isKey(cursor, keys.partitionKey)) partitionKey = readText(cursor);
    else if (isKey(cursor, keys.arrival)) arrivalMs = arrivalOf(readOptionalNumber(cursor) ?? 0);
    else skip(cursor);
  }
  if (sequence === undefined) throw malformed(cursor, 'a record without a sequence number');
  if (!Number.isSafeInteger(arrivalMs)) throw malformed(cursor, 'an arrival that is no time');
  return new WireRecord(shard, sequence, partitionKey ?? '', arrivalMs, payloads, start, end);
}

function readRecords(cursor: Cursor, shard: ShardRef, sources: Sources): WireRecord[] {
  const records: WireRecord[] = [];
  majorAt(cursor);
  if (readNull(cursor)) return records;
  for (let left = open(cursor, cbor.array); !isOver(cursor, left); left -= 1) records.push(readRecord(cursor, shard, sources));
  return records;
}

/** Throws `CborError`; never gives a part of what is there. The page keeps `bytes`, whose inside may have been moved. */
export function parseCborAnswer(shard: ShardRef, bytes: Buffer): Page {
  const cursor = cursorOf(bytes);
  const sources: Sources = { raw: rawPayloads(bytes), base64: base64Payloads(bytes) };
  let records: WireRecord[] | undefined;
  let next: string | undefined;
  let behindLatestMs = 0;
  let children: readonly ChildShard[] | undefined;
  for (let left = open(cursor, cbor.map); !isOver(cursor, left); left -= 1) {
    readKey(cursor);
    if (isKey(cursor, keys.records)) {
      if (records !== undefined) throw malformed(cursor, 'records twice');
      records = readRecords(cursor, shard, sources);
    } else if (isKey(cursor, keys.next)) next = readText(cursor);
    else if (isKey(cursor, keys.behind)) behindLatestMs = behindOf(readOptionalNumber(cursor) ?? 0);
    else if (isKey(cursor, keys.children)) children = childrenOf(readValue(cursor), () => malformed(cursor, 'child shards that are none'));
    else skip(cursor);
  }
  expectEnd(cursor);
  // Without them, an empty answer would look like the end of the shard.
  if (records === undefined) throw malformed(cursor, 'no records');
  return pageOf({ records, next, behindLatestMs, children, payloadBytes: bytes.byteLength, payloads: [sources.raw, sources.base64] });
}
