// Reads shards by GetRecords: iterators, pace, byte budget, retries of what the environment broke. It hands batches on and
// knows neither leases nor what becomes of a record.
import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import type { Machine } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import type { ByteBudget, Reservation } from '../memory/byte-budget.ts';
import type { ConsumerEvent, ReadFrom, RecordBatch, ShardRef, ShardSource } from '../types.ts';
import { sortKinesisError } from './errors.ts';
import { freshPace, type PaceOptions, type PaceState, paceAfterAnswer, paceAfterFailure } from './pace.ts';
import { payloadBytes, streamRecord } from './record.ts';

export interface PollingOptions extends PaceOptions {
  readonly client: KinesisClient;
  readonly machine: Machine;
  readonly budget: ByteBudget;
  onEvent(event: ConsumerEvent): void;
}

const recordsPerCallMax = 10_000;
const recordsPerCallMin = 10;
/** An answer is at most this large; a first guess for a shard nobody has read yet. */
const answerBytesMax = 10 * 1024 * 1024;
const firstRecordBytes = 2_048;

/** How the mean of a shard's record sizes follows what comes. */
const meanWeight = 0.3;

function iteratorRequest(shard: ShardRef, from: ReadFrom): GetShardIteratorCommandInput {
  const base = { StreamName: shard.stream, ShardId: shard.shardId };
  switch (from.kind) {
    case 'trim-horizon':
      return { ...base, ShardIteratorType: 'TRIM_HORIZON' };
    case 'latest':
      return { ...base, ShardIteratorType: 'LATEST' };
    case 'timestamp':
      return { ...base, ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(from.atMs) };
    case 'sequence':
      // Inside an aggregate the record is read again; replays are harmless, gaps are not.
      return { ...base, ShardIteratorType: from.subSequence > 0 ? 'AT_SEQUENCE_NUMBER' : 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: from.sequence };
    default:
      return from satisfies never;
  }
}

interface Cursor {
  from: ReadFrom;
  iterator: string | undefined;
  pace: PaceState;
  meanRecordBytes: number;
}

interface Fetched {
  readonly batch: RecordBatch;
  readonly sentMs: number;
  /** The shard is closed and this was the last of it. */
  readonly end: boolean;
}

/** Throws `ConsumerError`, or the signal's reason. */
async function request(options: PollingOptions, shard: ShardRef, cursor: Cursor, limit: number, signal: AbortSignal): Promise<GetRecordsCommandOutput> {
  try {
    if (cursor.iterator === undefined) {
      const answer = await options.client.send(new GetShardIteratorCommand(iteratorRequest(shard, cursor.from)), { abortSignal: signal });
      cursor.iterator = answer.ShardIterator;
    }
    return await options.client.send(new GetRecordsCommand({ ShardIterator: cursor.iterator, Limit: limit }), { abortSignal: signal });
  } catch (error) {
    signal.throwIfAborted();
    throw sortKinesisError(error, shard.stream);
  }
}

function batchOf(shard: ShardRef, answer: GetRecordsCommandOutput, reservation: Reservation): RecordBatch {
  const records = (answer.Records ?? []).map((record) => streamRecord(shard, record));
  const retainedBytes = records.reduce((sum, record) => sum + payloadBytes(record), 0);
  reservation.resize(retainedBytes);
  const children = answer.ChildShards?.map((child) => ({
    shardId: child.ShardId ?? '',
    parents: child.ParentShards ?? [shard.shardId],
    ...(child.HashKeyRange?.StartingHashKey === undefined || child.HashKeyRange.EndingHashKey === undefined
      ? {}
      : { hashRange: { start: child.HashKeyRange.StartingHashKey, end: child.HashKeyRange.EndingHashKey } }),
  }));
  return {
    records,
    retainedBytes,
    behindLatestMs: answer.MillisBehindLatest ?? 0,
    ...(children === undefined || children.length === 0 ? {} : { children }),
    release: reservation.release,
  };
}

function advance(cursor: Cursor, batch: RecordBatch, answer: GetRecordsCommandOutput): void {
  cursor.iterator = answer.NextShardIterator;
  const last = batch.records.at(-1);
  if (last === undefined) return;
  cursor.from = { kind: 'sequence', sequence: last.sequence, subSequence: 0 };
  cursor.meanRecordBytes += meanWeight * (batch.retainedBytes / batch.records.length - cursor.meanRecordBytes);
}

/** One request within the byte budget; its bytes are given back when it fails. */
async function fetchOnce(options: PollingOptions, shard: ShardRef, cursor: Cursor, signal: AbortSignal): Promise<Fetched> {
  const wanted = Math.min(answerBytesMax, Math.ceil(recordsPerCallMax * cursor.meanRecordBytes));
  const minimum = Math.ceil(Math.min(wanted, recordsPerCallMin * cursor.meanRecordBytes));
  const { granted, reservation } = await options.budget.reserve({ wanted, minimum }, signal);
  try {
    const limit = Math.max(recordsPerCallMin, Math.min(recordsPerCallMax, Math.floor(granted / cursor.meanRecordBytes)));
    const sentMs = options.machine.clock.monotonicMs();
    const answer = await request(options, shard, cursor, limit, signal);
    const batch = batchOf(shard, answer, reservation);
    advance(cursor, batch, answer);
    // Some servers say null.
    return { batch, sentMs, end: answer.NextShardIterator === undefined || answer.NextShardIterator === null };
  } catch (error) {
    reservation.release();
    throw error;
  }
}

/** True: GetRecords does not take the iterator (any more), and a new one may help. What GetShardIterator refuses is a bad position. */
function isIteratorRefused(error: ConsumerError, cursor: Cursor): boolean {
  return error.code === 'ITERATOR_EXPIRED' || (error.code === 'POSITION_INVALID' && cursor.iterator !== undefined);
}

/** Fetches until an answer comes. An iterator outlives failures; only one that is refused is asked for anew. */
async function fetchNext(options: PollingOptions, shard: ShardRef, cursor: Cursor, signal: AbortSignal): Promise<Fetched> {
  for (;;) {
    try {
      return await fetchOnce(options, shard, cursor, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ConsumerError)) throw error;
      const refused = isIteratorRefused(error, cursor);
      if (!refused && !error.retryable) throw error;
      const isFirst = cursor.pace.failures === 0;
      const next = paceAfterFailure(cursor.pace, options.machine.random.number());
      cursor.pace = next.state;
      if (refused) cursor.iterator = undefined;
      const retryInMs = refused && isFirst ? 0 : next.waitMs;
      options.onEvent({ kind: 'fetch-failed', shard, error, retryInMs });
      await options.machine.timers.sleep(retryInMs, signal);
    }
  }
}

async function* poll(options: PollingOptions, shard: ShardRef, from: ReadFrom, signal: AbortSignal): AsyncGenerator<RecordBatch> {
  const cursor: Cursor = { from, iterator: undefined, pace: freshPace, meanRecordBytes: firstRecordBytes };
  for (;;) {
    const { batch, sentMs, end } = await fetchNext(options, shard, cursor, signal);
    const answer = { records: batch.records.length, bytes: batch.retainedBytes, behindLatestMs: batch.behindLatestMs };
    const next = paceAfterAnswer(cursor.pace, answer, options);
    cursor.pace = next.state;
    yield batch;
    if (end) return;
    const waitMs = sentMs + next.waitMs - options.machine.clock.monotonicMs();
    if (waitMs > 0) await options.machine.timers.sleep(waitMs, signal);
    signal.throwIfAborted();
  }
}

/** A `ShardSource` over GetRecords. Its iterables end at the shard's end and reject with the signal's reason. */
export function createPollingSource(options: PollingOptions): ShardSource {
  return { open: (shard, from, { signal }) => poll(options, shard, from, signal) };
}
