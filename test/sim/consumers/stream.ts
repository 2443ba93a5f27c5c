// A stream of the Kinesis in memory, with a book of every record that was put: what the invariants know of it. It knows no lease and
// no reader.
import type { MemoryKinesis, RecordToPut } from '@shardfold/consumer/testing';
import type { ShardListing } from '@shardfold/lease';
import { createSimStream, type SimShard, type SimStream } from '../stream.ts';

/** A record as a processor should see it: those of an aggregate each on their own. */
export interface BookedRecord {
  readonly shardId: string;
  /** In its shard, from 1. */
  readonly number: number;
  readonly sequence: string;
  readonly subSequence: number;
  /** True time. */
  readonly arrivedMs: number;
  readonly text: string;
  /** It belongs to another shard, and such are left out. */
  readonly leftOut: boolean;
}

export interface PutRecord {
  readonly text: string;
  /** Of the whole hash range; undefined: it goes where its carrier goes. */
  readonly hashKey: bigint | undefined;
}

export interface ConsumerStream extends SimStream {
  readonly name: string;
  readonly kinesis: MemoryKinesis;
  /** A true time as the service's clock shows it, and as a timestamp means it. */
  wallMs(trueMs: number): number;
  /** Of what the service's clock showed then, the true time. */
  trueMs(wallMs: number): number;
  put(carrier: RecordToPut, records: readonly PutRecord[]): readonly BookedRecord[];
  /** Undefined: it was never put. */
  find(shardId: string, sequence: string, subSequence: number): BookedRecord | undefined;
  /** The first records of what was put into the shard so far, or all. */
  booked(shardId: string): readonly BookedRecord[];
  /** How many arrived before that true time. */
  countBefore(shardId: string, trueMs: number): number;
  /** How many lie in the service's records before this place in the shard. */
  countAt(shardId: string, place: number): number;
  range(shardId: string): { readonly from: bigint; readonly to: bigint };
  /** Told of each shard there is and will be. */
  watch(opened: (shardId: string) => void): void;
  /** Both are moments of the recent past, as in `SimStream.list`. */
  listed(listing: readonly ShardListing[], shownMs: number, closedMs: number): readonly ShardListing[];
}

export interface ConsumerStreamOptions {
  readonly kinesis: MemoryKinesis;
  readonly name: string;
  readonly shards: number;
  /** What the service's clock showed at true time 0. */
  readonly epochMs: number;
  /** How much later than in truth a worker's clock may say that it is. */
  readonly clockErrorMs: number;
  readonly leavesOut: boolean;
  readonly nowMs: () => number;
}

interface Book {
  readonly records: BookedRecord[];
  readonly byPosition: Map<string, BookedRecord>;
  /** How many records lie before each of the service's. */
  readonly places: number[];
  readonly range: { readonly from: bigint; readonly to: bigint };
}

const positionOf = (sequence: string, subSequence: number): string => `${sequence}.${subSequence}`;

/** Index of the first that did not arrive before. */
function since(records: readonly BookedRecord[], trueMs: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle]?.arrivedMs ?? 0) < trueMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function createConsumerStream(options: ConsumerStreamOptions): ConsumerStream {
  const { kinesis, name, shards, epochMs, clockErrorMs, leavesOut, nowMs } = options;
  const shape = createSimStream(shards, () => 0);
  const books = new Map<string, Book>();
  let opened: (shardId: string) => void = () => undefined;

  function openBooks(): void {
    for (const { shardId, hashRange } of kinesis.openShards(name)) {
      if (books.has(shardId)) continue;
      const range = { from: BigInt(hashRange?.start ?? 0), to: BigInt(hashRange?.end ?? 0) };
      books.set(shardId, { records: [], byPosition: new Map(), places: [], range });
      opened(shardId);
    }
  }

  kinesis.createStream(name, { shards });
  openBooks();
  const bookOf = (shardId: string): Book => {
    const book = books.get(shardId);
    if (book === undefined) throw new Error(`The simulated stream has no shard ${shardId}.`);
    return book;
  };
  const countBefore = (shardId: string, trueMs: number): number => since(bookOf(shardId).records, trueMs);

  function put(carrier: RecordToPut, records: readonly PutRecord[]): readonly BookedRecord[] {
    const { shardId, sequence } = kinesis.put(name, carrier);
    const book = bookOf(shardId);
    book.places.push(book.records.length);
    return records.map(({ text, hashKey }, subSequence) => {
      const outside = hashKey !== undefined && (hashKey < book.range.from || hashKey > book.range.to);
      const number = book.records.length + 1;
      const record = { shardId, number, sequence, subSequence, arrivedMs: nowMs(), text, leftOut: outside && leavesOut };
      book.records.push(record);
      book.byPosition.set(positionOf(sequence, subSequence), record);
      return record;
    });
  }

  function countUntil(shard: SimShard, trueMs: number): number {
    const { records } = bookOf(shard.shardId);
    const end = since(records, trueMs);
    const together = records.slice(end).findIndex((record) => record.arrivedMs > trueMs);
    return together === -1 ? records.length : end + together;
  }

  return {
    ...shape,
    name,
    kinesis,
    wallMs: (trueMs) => epochMs + trueMs,
    trueMs: (wallMs) => wallMs - epochMs,
    put,
    find: (shardId, sequence, subSequence) => books.get(shardId)?.byPosition.get(positionOf(sequence, subSequence)),
    booked: (shardId) => bookOf(shardId).records,
    countBefore,
    countAt: (shardId, place) => bookOf(shardId).places[place] ?? bookOf(shardId).records.length,
    range: (shardId) => bookOf(shardId).range,
    count: countUntil,
    countRead: (shard, wallMs) => countBefore(shard.shardId, wallMs - epochMs - clockErrorMs),
    recordAt(shard, position, subSequence) {
      if (!/^\d+$/.test(position)) return undefined;
      const { records, byPosition } = bookOf(shard.shardId);
      // A position that names no record is as wrong as one past everything.
      return byPosition.get(positionOf(position, subSequence))?.number ?? records.length + 1;
    },
    split(shard, atMs) {
      kinesis.split(name, shard.shardId);
      shape.split(shard, atMs);
      openBooks();
    },
    merge(left, right, atMs) {
      kinesis.merge(name, left.shardId, right.shardId);
      shape.merge(left, right, atMs);
      openBooks();
    },
    watch(told) {
      opened = told;
      for (const shardId of books.keys()) told(shardId);
    },
    listed: (listing, shownMs, closedMs) =>
      listing.flatMap((each) => {
        const shard = shape.shard(each.shardId);
        if (shard === undefined || shard.openedMs > shownMs) return [];
        return [{ ...each, closed: shard.closedMs !== undefined && shard.closedMs <= closedMs }];
      }),
  };
}
