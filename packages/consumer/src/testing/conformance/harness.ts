// What the suite needs of a shard source under test, and how its laws read from one. It knows no source and no law.
import assert from 'node:assert/strict';
import { type ByteBudget, createByteBudget } from '../../memory/byte-budget.ts';
import type { ReadFrom, RecordBatch, ShardRef, ShardSource } from '../../types.ts';
import type { Disturbance } from '../disturbed-service.ts';

export interface StreamUnderTest {
  readonly source: ShardSource;
  /** Open, and empty at first. */
  readonly shard: ShardRef;
  /** Puts them into `shard`, or into what follows it once it is closed, in this order; resolves when they can be read. */
  put(payloads: readonly (string | Uint8Array)[], partitionKey?: string): Promise<void>;
  /** Lets other shards follow this one; resolves with all of them when they can be read. */
  closeShard(): Promise<readonly ShardRef[]>;
  /** The next calls for pages of `shard` are disturbed so, one each; what is left of earlier disturbances is dropped. Absent: it cannot. */
  disturb?(disturbances: readonly Disturbance[]): void;
  /** Gives back what was opened for it. */
  close(): Promise<void>;
}

/** What a stream may be unable to do. */
export type Ability =
  /** Disturb calls. */
  | 'disturb'
  /** Keep partition keys. */
  | 'partition-keys'
  /** Name the shards that follow with the last batch. */
  | 'children'
  /** Tell times apart by the millisecond: AT_TIMESTAMP. */
  | 'exact-times'
  /** Take aggregates apart. */
  | 'aggregates';

export interface Subject extends StreamUnderTest {
  readonly budget: WatchedBudget;
  disturb(disturbances: readonly Disturbance[]): void;
}

export interface Law {
  readonly name: string;
  readonly needs?: Ability;
  readonly totalBytes: number;
  holds(subject: Subject): Promise<void>;
}

export interface WatchedBudget extends ByteBudget {
  /** Resolves when somebody first has to wait for bytes. */
  readonly waits: Promise<void>;
}

/** A record, and its payload from before its batch was released. */
export interface Seen {
  readonly sequence: string;
  readonly subSequence: number;
  readonly arrivalMs: number;
  readonly partitionKey: string;
  readonly shard: ShardRef;
  readonly text: string;
}

export const plenty = 64 * 1024 * 1024;
export const horizon: ReadFrom = { kind: 'trim-horizon' };
export const toTheEnd = Number.POSITIVE_INFINITY;
const never: AbortSignal = new AbortController().signal;

export function watchedBudget(totalBytes: number): WatchedBudget {
  const budget = createByteBudget(totalBytes);
  const waits = Promise.withResolvers<void>();
  return {
    waits: waits.promise,
    used: budget.used,
    reserve(request, signal) {
      const before = budget.used();
      const granted = budget.reserve(request, signal);
      if (budget.used() === before) waits.resolve();
      return granted;
    },
  };
}

export const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `record ${index}`);
export const texts = (records: readonly Seen[]): string[] => records.map((record) => record.text);
export const after = ({ sequence, subSequence }: Pick<Seen, 'sequence' | 'subSequence'>): ReadFrom => ({ kind: 'sequence', sequence, subSequence });

export function open({ source, shard }: StreamUnderTest, from: ReadFrom, signal: AbortSignal = never): AsyncIterator<RecordBatch> {
  return source.open(shard, from, { signal })[Symbol.asyncIterator]();
}

/** What is in the batch, which is released. */
export function seenIn(batch: RecordBatch): readonly Seen[] {
  const seen = batch.records.map((record) => {
    const { sequence, subSequence, arrivalMs, partitionKey, shard } = record;
    return { sequence, subSequence, arrivalMs, partitionKey, shard, text: record.text() };
  });
  batch.release();
  return seen;
}

/** Reads until so many records came or the shard ended. */
export async function take(batches: AsyncIterator<RecordBatch>, count: number): Promise<Seen[]> {
  const records: Seen[] = [];
  while (records.length < count) {
    const next = await batches.next();
    if (next.done === true) break;
    records.push(...seenIn(next.value));
  }
  return records;
}

/** What a fresh reader finds from there on, up to so many records. */
export async function readFrom(subject: StreamUnderTest, from: ReadFrom, count: number, signal: AbortSignal = never): Promise<Seen[]> {
  const batches = open(subject, from, signal);
  const records = await take(batches, count);
  await batches.return?.();
  return records;
}

/** What is in the next batch, of an open shard. */
export async function nextAnswer(batches: AsyncIterator<RecordBatch>): Promise<readonly Seen[]> {
  const next = await batches.next();
  assert.ok(next.done !== true, 'an open shard does not end');
  return seenIn(next.value);
}
