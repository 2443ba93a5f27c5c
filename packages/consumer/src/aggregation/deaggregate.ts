// Takes aggregates of the Kinesis Producer Library apart: one record of a stream that carries many. Pure; it knows neither
// positions nor batches. What is no whole aggregate stays the one record that it came as, with all its bytes.
import { hash } from 'node:crypto';
import { type Payloads, rawPayloads } from '../kinesis/wire/record.ts';
import type { ShardRef, StreamRecord } from '../types.ts';
import { type HashRange, isHashKeyOutside, isPartitionKeyOutside } from './hash-range.ts';
import { type PackedMessage, type PackedRecord, readMessage } from './message.ts';

const magic = [0xf3, 0x89, 0x9a, 0xc2] as const;
/** The MD5 of the message, behind it. */
const digestBytes = 16;

/**
 * What a carried record and a different key cost besides their bytes: the object with its place in a list; the text and the mark.
 * Measured on the heap.
 */
const carriedRecordBytes = 112;
const keyBytes = 64;

type Mark = NonNullable<StreamRecord['aggregated']>;

export interface Unaggregated {
  readonly records: readonly StreamRecord[];
  /** What they cost in memory, besides what they came as. */
  readonly bytes: number;
  /** Lets go of what was taken apart: payloads that were not asked for before cannot be had any more (BATCH_RELEASED). */
  free(): void;
}

/** A class for the same reason as `WireRecord`: a carrier may hold thousands. */
class CarriedRecord implements StreamRecord {
  readonly shard: ShardRef;
  readonly sequence: string;
  readonly subSequence: number;
  readonly arrivalMs: number;
  readonly partitionKey: string;
  readonly aggregated: Mark;
  readonly #payloads: Payloads;
  readonly #start: number;
  readonly #end: number;

  constructor(carrier: StreamRecord, subSequence: number, partitionKey: string, mark: Mark, payloads: Payloads, { start, end }: PackedRecord) {
    this.shard = carrier.shard;
    this.sequence = carrier.sequence;
    this.subSequence = subSequence;
    this.arrivalMs = carrier.arrivalMs;
    this.partitionKey = partitionKey;
    this.aggregated = mark;
    this.#payloads = payloads;
    this.#start = start;
    this.#end = end;
  }

  bytes(): Uint8Array {
    return this.#payloads.bytes(this.#start, this.#end);
  }

  text(): string {
    return this.#payloads.text(this.#start, this.#end);
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** One look at the first bytes; most records are none. */
function mayBeAggregate(record: StreamRecord): boolean {
  if (record.mayBeAggregate !== undefined) return record.mayBeAggregate();
  const bytes = record.bytes();
  return bytes[0] === magic[0] && bytes[1] === magic[1] && bytes[2] === magic[2] && bytes[3] === magic[3];
}

/** Undefined: the bytes are no aggregate, or a broken one. */
function messageOf(bytes: Buffer): PackedMessage | undefined {
  const end = bytes.byteLength - digestBytes;
  if (end < magic.length) return undefined;
  if (hash('md5', bytes.subarray(magic.length, end), 'hex') !== bytes.toString('hex', end)) return undefined;
  return readMessage(bytes, magic.length, end);
}

/** Gives each record its mark. Records that share a key share one, so that each key is hashed once. */
function markerOf({ partitionKeys, explicitHashKeys }: PackedMessage, range: HashRange | undefined): (record: PackedRecord) => Mark {
  const inside: Mark = { outsideShard: false };
  const outside: Mark = { outsideShard: true };
  const byKey: Mark[] = [];
  const byHashKey: Mark[] = [];
  return ({ key, hashKey }) => {
    if (hashKey >= 0) {
      const explicitHashKey = explicitHashKeys[hashKey] ?? '';
      byHashKey[hashKey] ??= { explicitHashKey, outsideShard: range !== undefined && isHashKeyOutside(explicitHashKey, range) };
      return byHashKey[hashKey];
    }
    if (range === undefined) return inside;
    byKey[key] ??= isPartitionKeyOutside(partitionKeys[key] ?? '', range) ? outside : inside;
    return byKey[key];
  };
}

const asItCame = (record: StreamRecord): Unaggregated => ({ records: [record], bytes: 0, free: () => undefined });

/**
 * The records that `record` carries, in its order, or `record` alone when it is no aggregate or any part of it is broken. Never
 * throws, never gives none: an aggregate of nothing is given as it came, so that the position goes on past it.
 * @param range of the shard; undefined: all keys belong to it
 */
export function unaggregate(record: StreamRecord, range: HashRange | undefined): Unaggregated {
  if (!mayBeAggregate(record)) return asItCame(record);
  const bytes = bufferOf(record.bytes());
  const message = messageOf(bytes);
  if (message === undefined || message.records.length === 0) return asItCame(record);
  const { partitionKeys, explicitHashKeys } = message;
  const markOf = markerOf(message, range);
  // Asked for once: where a payload came as base64, the carrier makes it anew each time.
  const payloads = rawPayloads(bytes);
  const records = message.records.map((packed, index) => new CarriedRecord(record, index, partitionKeys[packed.key] ?? '', markOf(packed), payloads, packed));
  const keys = partitionKeys.length + explicitHashKeys.length;
  return { records, bytes: bytes.byteLength + records.length * carriedRecordBytes + keys * keyBytes, free: payloads.free };
}

export function hasAggregates(records: readonly StreamRecord[]): boolean {
  return records.some(mayBeAggregate);
}

/**
 * All records of these, from the one at `at` on, until they cost so many bytes: one carrier is taken apart at least. `next`: where those
 * that are left begin.
 */
export function unaggregateFrom(
  records: readonly StreamRecord[],
  at: number,
  bytesMax: number,
  range: HashRange | undefined,
): Unaggregated & { readonly next: number } {
  const parts: (readonly StreamRecord[])[] = [];
  const frees: (() => void)[] = [];
  let bytes = 0;
  let next = at;
  for (let record = records[next]; record !== undefined && bytes < bytesMax; record = records[next]) {
    const part = unaggregate(record, range);
    parts.push(part.records);
    frees.push(part.free);
    bytes += part.bytes;
    next += 1;
  }
  return {
    records: parts.flat(),
    bytes,
    next,
    free() {
      for (const free of frees) free();
    },
  };
}
