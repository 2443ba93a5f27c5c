// Reads shards page by page: iterators, pace, byte budget, retries of what the environment broke. It hands pages on as they came
// and knows neither the service nor leases, nor what becomes of a record.
import type { Machine } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import type { ByteBudget } from '../memory/byte-budget.ts';
import type { ConsumerEvent, ReadFrom, RecordBatch, ShardRef, ShardSource } from '../types.ts';
import { freshPace, type PaceOptions, type PaceState, paceAfterAnswer, paceAfterFailure } from './pace.ts';
import { type Page, type StartAt, type StreamService, startAt } from './service.ts';

export interface PollingOptions extends PaceOptions {
  readonly service: StreamService;
  /** What one call may answer at most. */
  readonly recordsPerCallMax: number;
  readonly machine: Machine;
  readonly budget: ByteBudget;
  onEvent(event: ConsumerEvent): void;
}

const recordsPerCallMin = 10;
/** An answer is at most this large; a first guess for a shard nobody has read yet. */
const answerBytesMax = 10 * 1024 * 1024;
const firstRecordBytes = 2_048;

/** How the mean of a shard's record sizes follows what comes. */
const meanWeight = 0.3;

interface Cursor {
  from: StartAt;
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

function batchOf(page: Page, release: () => void): RecordBatch {
  const { records, retainedBytes, behindLatestMs, children } = page;
  return {
    records,
    retainedBytes,
    behindLatestMs,
    ...(children === undefined || children.length === 0 ? {} : { children }),
    release() {
      page.free();
      release();
    },
  };
}

function advance(cursor: Cursor, { records, retainedBytes, next }: Page): void {
  cursor.iterator = next;
  const last = records.at(-1);
  if (last === undefined) return;
  cursor.from = { kind: 'after-sequence', sequence: last.sequence };
  cursor.meanRecordBytes += meanWeight * (retainedBytes / records.length - cursor.meanRecordBytes);
}

/** One request within the byte budget; its bytes are given back when it fails. */
async function fetchOnce(options: PollingOptions, shard: ShardRef, cursor: Cursor, signal: AbortSignal): Promise<Fetched> {
  const { service, recordsPerCallMax } = options;
  const wanted = Math.min(answerBytesMax, Math.ceil(recordsPerCallMax * cursor.meanRecordBytes));
  const minimum = Math.ceil(Math.min(wanted, recordsPerCallMin * cursor.meanRecordBytes));
  const { granted, reservation } = await options.budget.reserve({ wanted, minimum }, signal);
  try {
    const limit = Math.max(recordsPerCallMin, Math.min(recordsPerCallMax, Math.floor(granted / cursor.meanRecordBytes)));
    const sentMs = options.machine.clock.monotonicMs();
    cursor.iterator ??= await service.iterator(shard, cursor.from, signal);
    const page = await service.page(shard, cursor.iterator, limit, signal);
    reservation.resize(page.retainedBytes);
    advance(cursor, page);
    return { batch: batchOf(page, reservation.release), sentMs, end: page.next === undefined };
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
      const next = paceAfterFailure(cursor.pace, { random: options.machine.random.number(), throttled: error.code === 'STREAM_THROTTLED' });
      cursor.pace = next.state;
      if (refused) cursor.iterator = undefined;
      const retryInMs = refused && isFirst ? 0 : next.waitMs;
      options.onEvent({ kind: 'fetch-failed', shard, error, retryInMs });
      await options.machine.timers.sleep(retryInMs, signal);
    }
  }
}

async function* poll(options: PollingOptions, shard: ShardRef, from: ReadFrom, signal: AbortSignal): AsyncGenerator<RecordBatch> {
  const cursor: Cursor = { from: startAt(from), iterator: undefined, pace: freshPace, meanRecordBytes: firstRecordBytes };
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

/**
 * A raw `ShardSource` (see `unpack.ts`) over pages. Its iterables end at the shard's end and reject with the signal's reason, or with a
 * `ConsumerError` that no repetition mends.
 */
export function createPollingSource(options: PollingOptions): ShardSource {
  return { open: (shard, from, { signal }) => poll(options, shard, from, signal) };
}
