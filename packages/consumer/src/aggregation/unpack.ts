// The stage between a raw source and whoever reads a shard: what begins at the stored record and carries aggregates becomes single
// records from the position on. It fetches nothing and keeps no batch.

import { fromOn } from '../source/resume.ts';
import type { ConsumerEvent, ReadFrom, RecordBatch, ShardRef, ShardSource, StreamRecord } from '../types.ts';
import { type Unaggregated, unaggregateAll } from './deaggregate.ts';
import { hashRangeOf } from './hash-range.ts';

export interface UnpackOptions {
  /**
   * What becomes of records whose key belongs to another shard. The Kinesis Producer Library sends them there as well; other
   * producers that aggregate do not.
   */
  readonly outsideShard: 'deliver' | 'drop';
  onEvent(event: ConsumerEvent): void;
}

/** Made anew for each reading of a shard, and called with each batch's records in turn. */
type Step = (records: readonly StreamRecord[]) => Unaggregated;

/** A batch goes on even when none of its records is left: it may name the children, and says how far behind the shard is. */
function withRecords(batch: RecordBatch, { records, free }: Unaggregated): RecordBatch {
  if (records === batch.records) return batch;
  const { retainedBytes, behindLatestMs, children } = batch;
  const single = {
    records,
    retainedBytes,
    behindLatestMs,
    ...(children === undefined ? {} : { children }),
    release() {
      // Whoever still has the batch must not keep thousands of records with it.
      single.records = [];
      free();
      batch.release();
    },
  };
  return single;
}

function through(raw: ShardSource, stepFor: (shard: ShardRef, from: ReadFrom) => Step): ShardSource {
  async function* read(shard: ShardRef, from: ReadFrom, options: { readonly signal: AbortSignal }): AsyncGenerator<RecordBatch> {
    const step = stepFor(shard, from);
    for await (const batch of raw.open(shard, from, options)) yield withRecords(batch, step(batch.records));
  }
  return { open: read };
}

const isOutside = (record: StreamRecord): boolean => record.aggregated?.outsideShard === true;

/** The same list when all of it belongs to the shard. */
function insideOnly(records: readonly StreamRecord[], shard: ShardRef, onEvent: UnpackOptions['onEvent']): readonly StreamRecord[] {
  const inside = records.some(isOutside) ? records.filter((record) => !isOutside(record)) : records;
  if (inside !== records) onEvent({ kind: 'records-outside-shard', shard, records: records.length - inside.length });
  return inside;
}

/**
 * Single records after `from`, out of a raw source that may begin with the record of `from` itself: of an aggregate that is half done
 * the other half comes. Batches go on unchanged where there is nothing to take apart or leave out.
 */
export function unpacked(raw: ShardSource, { outsideShard, onEvent }: UnpackOptions): ShardSource {
  return through(raw, (shard, from) => {
    const range = hashRangeOf(shard);
    const wanted = fromOn(from);
    return (carriers) => {
      const { records, free } = unaggregateAll(carriers, range);
      const single = wanted(records);
      return { records: outsideShard === 'drop' ? insideOnly(single, shard, onEvent) : single, free };
    };
  });
}

/** As `unpacked`, for services that have no aggregates: records are not looked into. */
export function resumed(raw: ShardSource): ShardSource {
  return through(raw, (_shard, from) => {
    const wanted = fromOn(from);
    return (records) => ({ records: wanted(records), free: () => undefined });
  });
}
