// Reads shards page by page: iterators, pace, byte budget, retries of what the environment broke. It hands pages on as they came
// and knows neither the service nor leases, nor what becomes of a record.
import type { Machine } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import type { ByteBudget, Reservation } from '../memory/byte-budget.ts';
import { traced } from '../trace.ts';
import type { ConsumerEvent, ReadFrom, RecordBatch, ShardRef, ShardSource, StreamRecord } from '../types.ts';
import { isLate, noLongerLatest, type Place, placeOf } from './moment.ts';
import { freshPace, type PaceOptions, type PaceState, paceAfterAnswer, paceAfterFailure } from './pace.ts';
import { fromOn } from './resume.ts';
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
/** What a shard at its tip may have next time: as much again as the last time, and no less than this. */
const tipRecordsMin = 500;
/**
 * What is asked for at once. The service would give 10 MB; less is parsed within a few milliseconds, leaves room for other shards, and
 * costs no more a record.
 */
const answerBytesMax = 4 * 1024 * 1024;
/** A first guess for a shard nobody has read yet. */
const firstRecordBytes = 2_048;

/** How the mean of a shard's record sizes follows what comes. */
const meanWeight = 0.3;

type Moment = Extract<StartAt, { kind: 'timestamp' }>;

interface Cursor {
  from: Place;
  iterator: string | undefined;
  pace: PaceState;
  meanRecordBytes: number;
  /** Batches that are not released. */
  unreleased: number;
  /** So many records may be there: what is reserved for a quiet shard, others cannot have. */
  expectedRecords: number;
  /** The moment that it has to begin at, as long as nothing of then or later has come. */
  begins: Moment | undefined;
  /** Leaves out what lies before that moment, where the service begins earlier. */
  wanted: (records: readonly StreamRecord[]) => readonly StreamRecord[];
}

/** Of the byte budget. */
type Charges = Required<Pick<RecordBatch, 'charge' | 'release'>>;

interface Fetched {
  readonly batch: RecordBatch;
  readonly sentMs: number;
  /** The shard is closed and this was the last of it. */
  readonly end: boolean;
}

/** Of a batch that was released. */
const noRecords: readonly StreamRecord[] = [];

/**
 * Whoever waits for the next batch may still have this one in a variable. With thousands of records each, and as many readers as there
 * are shards, that would be more than the byte budget knows of.
 */
function batchOf(page: Page, records: readonly StreamRecord[], { charge, release }: Charges): RecordBatch {
  const { retainedBytes, behindLatestMs, children } = page;
  let held: Page | undefined = page;
  const batch = {
    records,
    retainedBytes,
    behindLatestMs,
    ...(children === undefined ? {} : { children }),
    charge,
    release() {
      if (held === undefined) return;
      held.free();
      held = undefined;
      batch.records = noRecords;
      release();
    },
  };
  return batch;
}

/** @param askedMs since 1970: what had come by then and is not in the page is behind it */
function advance(cursor: Cursor, { records, retainedBytes, next, behindLatestMs }: Page, askedMs: number): void {
  cursor.iterator = next;
  cursor.expectedRecords = behindLatestMs > 0 ? Number.POSITIVE_INFINITY : Math.max(tipRecordsMin, 2 * records.length);
  const last = records.at(-1);
  if (last === undefined) {
    if (cursor.from.kind === 'latest' && behindLatestMs === 0) cursor.from = { kind: 'latest', sinceMs: askedMs };
    return;
  }
  cursor.from = { kind: 'after-sequence', sequence: last.sequence };
  cursor.meanRecordBytes += meanWeight * (retainedBytes / records.length - cursor.meanRecordBytes);
}

/** What its batch holds of the budget, and gives back. */
function chargesOf(cursor: Cursor, { retainedBytes, records: { length } }: Page, reservation: Reservation): Charges {
  let heldBytes = retainedBytes;
  cursor.unreleased += 1;
  return {
    charge(bytes) {
      heldBytes += bytes;
      reservation.resize(heldBytes);
      // The next page's records will become as much.
      if (bytes > 0) cursor.meanRecordBytes += (meanWeight * bytes) / length;
    },
    release() {
      cursor.unreleased -= 1;
      reservation.release();
    },
  };
}

function beginAt(cursor: Cursor, from: Place): void {
  cursor.from = from;
  if (from.kind !== 'timestamp') return;
  cursor.begins = from;
  cursor.wanted = fromOn(from);
}

/** A new iterator goes on where the old one was. At the latest that is a moment: what came since must come. */
function renew(cursor: Cursor): void {
  cursor.iterator = undefined;
  if (cursor.from.kind === 'latest') beginAt(cursor, noLongerLatest(cursor.from));
}

/** An iterator for the latest that came late stands behind what came meanwhile. */
async function iteratorFor({ service, machine }: PollingOptions, shard: ShardRef, cursor: Cursor, signal: AbortSignal): Promise<string> {
  const iterator = await service.iterator(shard, cursor.from, signal);
  if (!isLate(cursor.from, machine.clock.wallMs())) return iterator;
  renew(cursor);
  return service.iterator(shard, cursor.from, signal);
}

/** What is new in a page. */
function taken(cursor: Cursor, page: Page, askedMs: number): readonly StreamRecord[] {
  advance(cursor, page, askedMs);
  const records = cursor.wanted(page.records);
  if (records.length > 0) cursor.begins = undefined;
  return records;
}

/** One request within the byte budget; its bytes are given back when it fails. */
async function fetchOnce(options: PollingOptions, shard: ShardRef, cursor: Cursor, signal: AbortSignal): Promise<Fetched> {
  const { service, recordsPerCallMax } = options;
  const expected = Math.min(recordsPerCallMax, cursor.expectedRecords);
  const wanted = Math.min(answerBytesMax, Math.ceil(expected * cursor.meanRecordBytes));
  const minimum = Math.ceil(Math.min(wanted, recordsPerCallMin * cursor.meanRecordBytes));
  const { granted, reservation } = await options.budget.reserve({ wanted, minimum, holds: () => cursor.unreleased > 0 }, signal);
  try {
    const limit = Math.max(recordsPerCallMin, Math.min(expected, Math.floor(granted / cursor.meanRecordBytes)));
    const sentMs = options.machine.clock.monotonicMs();
    const askedMs = options.machine.clock.wallMs();
    cursor.iterator ??= await iteratorFor(options, shard, cursor, signal);
    const { iterator } = cursor;
    const page = await traced(
      'shardfold:consumer:fetch',
      () => ({ shard }),
      () => service.page(shard, iterator, limit, signal),
    );
    reservation.resize(page.retainedBytes);
    const records = taken(cursor, page, askedMs);
    return { batch: batchOf(page, records, chargesOf(cursor, page, reservation)), sentMs, end: page.next === undefined };
  } catch (error) {
    reservation.release();
    throw error;
  }
}

/** What arrived before then is forgotten, in milliseconds since 1970; undefined: the service does not say. */
function horizonMs({ service, machine }: PollingOptions): number | undefined {
  return service.retentionMs === undefined ? undefined : machine.clock.wallMs() - service.retentionMs;
}

/**
 * Where to begin anew although records are missing: none of them can be wanted. Either nothing was read yet and the horizon has moved
 * on, or what is wanted is younger than the horizon, from which the service begins for any moment.
 */
function pastTrimmed(options: PollingOptions, { from, begins }: Cursor): Place | undefined {
  if (from.kind === 'trim-horizon') return from;
  return begins !== undefined && begins.atMs > (horizonMs(options) ?? Number.POSITIVE_INFINITY) ? begins : undefined;
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
      const past = error.code === 'POSITION_GAP' ? pastTrimmed(options, cursor) : undefined;
      if (past !== undefined) beginAt(cursor, past);
      const refused = past !== undefined || isIteratorRefused(error, cursor);
      if (!refused && !error.retryable) throw error;
      const isFirst = cursor.pace.failures === 0;
      const next = paceAfterFailure(cursor.pace, { random: options.machine.random.number(), throttled: error.code === 'STREAM_THROTTLED' });
      cursor.pace = next.state;
      // Nothing came of the latest: the next try would be at another.
      if (refused || cursor.iterator === undefined) renew(cursor);
      const retryInMs = refused && isFirst ? 0 : next.waitMs;
      options.onEvent({ kind: 'fetch-failed', shard, error, retryInMs });
      await options.machine.timers.sleep(retryInMs, signal);
    }
  }
}

async function* poll(options: PollingOptions, shard: ShardRef, from: ReadFrom, signal: AbortSignal): AsyncGenerator<RecordBatch> {
  const place = placeOf(startAt(from), options.machine.clock.wallMs());
  const cursor: Cursor = {
    from: place,
    iterator: undefined,
    pace: freshPace,
    meanRecordBytes: firstRecordBytes,
    unreleased: 0,
    expectedRecords: Number.POSITIVE_INFINITY,
    begins: undefined,
    wanted: (records) => records,
  };
  beginAt(cursor, place.kind === 'timestamp' && place.atMs <= (horizonMs(options) ?? Number.NEGATIVE_INFINITY) ? { kind: 'trim-horizon' } : place);
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
