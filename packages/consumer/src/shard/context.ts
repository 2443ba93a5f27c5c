// What a processor is given beside its records: acknowledgement and checkpoints of this shard, and the signals of its lease. It
// knows no retries.
import { comparePositions, type HeldLease } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import type { ShardContext, ShardRef, StreamRecord } from '../types.ts';
import type { TrackedBatch, Watermark } from '../watermark/watermark.ts';
import type { Checkpointer } from './checkpointer.ts';

export interface ContextParts {
  readonly held: HeldLease;
  readonly shard: ShardRef;
  readonly watermark: Watermark;
  readonly checkpointer: Checkpointer;
}

function refused({ shardId, stream }: ShardRef, record: StreamRecord, why: string): ConsumerError {
  return new ConsumerError(
    'POSITION_INVALID',
    `checkpoint was called for record ${record.sequence} (${record.subSequence}) of shard ${shardId} of stream ${stream}, ${why}. Nothing was acknowledged and nothing saved. Pass a record of the batch that was given, later ones last.`,
    { retryable: false },
  );
}

/**
 * As it is when it is asked for. By itself, because V8 keeps a getter with the shape of its object until the next full collection,
 * and with the getter all that its function sees: the records of every batch there was.
 */
function leaseOf(held: HeldLease): ShardContext['lease'] {
  return {
    get counter() {
      return held.lease.counter;
    },
  };
}

/** @param records those that are given with this context, of the batch that is tracked */
export function contextOf(parts: ContextParts, tracked: TrackedBatch, records: readonly StreamRecord[]): ShardContext {
  const { held, shard, watermark, checkpointer } = parts;

  /** Answers why it cannot be done. */
  function acknowledgeUpTo(record: StreamRecord): ConsumerError | undefined {
    const index = records.indexOf(record);
    if (index < 0) return refused(shard, record, 'which was not given with this call of process');
    const reached = watermark.position();
    const { sequence, subSequence } = record;
    if (reached !== undefined && comparePositions({ kind: 'sequence', sequence, subSequence }, reached) < 0)
      return refused(shard, record, 'which lies before what is acknowledged already');
    tracked.complete(records.slice(0, index + 1));
    checkpointer.progressed();
    return undefined;
  }

  return {
    shard,
    lease: leaseOf(held),
    lost: held.lost,
    drain: held.drain,
    acknowledge(record) {
      tracked.acknowledge(record);
      checkpointer.progressed();
    },
    checkpoint(record) {
      const fault = record === undefined || held.lost.aborted ? undefined : acknowledgeUpTo(record);
      if (fault === undefined) return checkpointer.save();
      const refusal = Promise.reject(fault);
      // A processor that does not wait for it must not end the program.
      refusal.catch(() => undefined);
      return refusal;
    },
  };
}
