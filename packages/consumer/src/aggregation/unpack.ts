// The stage between a raw source and whoever reads a shard: what begins at the stored record and carries aggregates becomes single
// records from the position on. It fetches nothing and keeps no batch.

import { fromOn } from '../source/resume.ts';
import type { ConsumerEvent, ReadFrom, RecordBatch, ShardRef, ShardSource, StreamRecord } from '../types.ts';
import { hasAggregates } from './deaggregate.ts';
import { hashRangeOf } from './hash-range.ts';
import { type Portions, portionsOf } from './portions.ts';

export interface UnpackOptions {
  /**
   * What becomes of records whose key belongs to another shard. The Kinesis Producer Library sends them there as well; other
   * producers that aggregate do not.
   */
  readonly outsideShard: 'deliver' | 'drop';
  /** Of the byte budget. */
  readonly bufferBytes: number;
  /** Resolves in a turn of the event loop of its own: see `createTurns`. */
  turn(): Promise<void>;
  onEvent(event: ConsumerEvent): void;
}

/**
 * Of the buffer, what a portion of a batch may cost. A shard has two, one in its processor and one that is read ahead: small beside its
 * answer, so that shards whose processor hangs leave the others theirs.
 */
const portionShare = 1 / 128;

/** A batch goes on even when none of its records is left: it may name the children, and says how far behind the shard is. */
function withRecords(batch: RecordBatch, records: readonly StreamRecord[]): RecordBatch {
  if (records === batch.records) return batch;
  const { retainedBytes, behindLatestMs, children } = batch;
  const left = {
    records,
    retainedBytes,
    behindLatestMs,
    ...(children === undefined ? {} : { children }),
    release() {
      // Whoever still has the batch must not keep thousands of records with it.
      left.records = [];
      batch.release();
    },
  };
  return left;
}

const isOutside = (record: StreamRecord): boolean => record.aggregated?.outsideShard === true;

/** The same list when all of it belongs to the shard. */
function insideOnly(records: readonly StreamRecord[], shard: ShardRef, onEvent: UnpackOptions['onEvent']): readonly StreamRecord[] {
  const inside = records.some(isOutside) ? records.filter((record) => !isOutside(record)) : records;
  if (inside !== records) onEvent({ kind: 'records-outside-shard', shard, records: records.length - inside.length });
  return inside;
}

/** One portion a turn. */
async function* inTurns(portions: Portions, turn: UnpackOptions['turn'], signal: AbortSignal): AsyncGenerator<RecordBatch> {
  try {
    for (;;) {
      yield portions.next();
      if (!portions.left()) return;
      await turn();
      signal.throwIfAborted();
    }
  } finally {
    portions.close();
  }
}

/**
 * Single records after `from`, out of a raw source that may begin with the record of `from` itself: of an aggregate that is half done
 * the other half comes. Batches go on unchanged where there is nothing to take apart or leave out; one that becomes large comes in
 * portions.
 */
export function unpacked(raw: ShardSource, { outsideShard, bufferBytes, turn, onEvent }: UnpackOptions): ShardSource {
  const bytesMax = bufferBytes * portionShare;
  async function* read(shard: ShardRef, from: ReadFrom, options: { readonly signal: AbortSignal }): AsyncGenerator<RecordBatch> {
    const range = hashRangeOf(shard);
    const wanted = fromOn(from);
    const wantedHere = (records: readonly StreamRecord[]) => {
      const single = wanted(records);
      return outsideShard === 'drop' ? insideOnly(single, shard, onEvent) : single;
    };
    for await (const batch of raw.open(shard, from, options)) {
      if (hasAggregates(batch.records)) yield* inTurns(portionsOf(batch, { bytesMax, range, wanted: wantedHere }), turn, options.signal);
      else yield withRecords(batch, wanted(batch.records));
    }
  }
  return { open: read };
}

/** As `unpacked`, for services that have no aggregates: records are not looked into. */
export function resumed(raw: ShardSource): ShardSource {
  async function* read(shard: ShardRef, from: ReadFrom, options: { readonly signal: AbortSignal }): AsyncGenerator<RecordBatch> {
    const wanted = fromOn(from);
    for await (const batch of raw.open(shard, from, options)) yield withRecords(batch, wanted(batch.records));
  }
  return { open: read };
}
