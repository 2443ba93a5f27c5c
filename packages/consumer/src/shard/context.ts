// What a processor is given beside its records: acknowledgement and checkpoints of this shard, and the signals of its lease. It
// knows no retries.
import { comparePositions, type HeldLease, type Position, type PreparedCheckpoint, samePosition } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import type { PreparedHandle, ShardContext, ShardRef, StreamRecord } from '../types.ts';
import type { TrackedBatch, Watermark } from '../watermark/watermark.ts';
import type { Checkpointer } from './checkpointer.ts';

export interface ContextParts {
  readonly held: HeldLease;
  readonly shard: ShardRef;
  readonly watermark: Watermark;
  readonly checkpointer: Checkpointer;
  /** As the lease's row had it when this holding began. */
  readonly prepared: PreparedCheckpoint | undefined;
}

/** The row of a lease is read by every worker every few seconds. */
const maxStateBytes = 16_384;

function tooLarge({ shardId, stream }: ShardRef, bytes: number): ConsumerError {
  return new ConsumerError(
    'OPTIONS_INVALID',
    `The state of a checkpoint prepared in shard ${shardId} of stream ${stream} has ${bytes} bytes; at most ${maxStateBytes} fit. Nothing was written. Keep it elsewhere, and only its name here.`,
    { retryable: false },
  );
}

const placeOf = ({ sequence, subSequence }: StreamRecord): Position => ({ kind: 'sequence', sequence, subSequence });

function refused({ shardId, stream }: ShardRef, record: StreamRecord, why: string): ConsumerError {
  return new ConsumerError(
    'POSITION_INVALID',
    `A checkpoint was asked for at record ${record.sequence} (${record.subSequence}) of shard ${shardId} of stream ${stream}, ${why}. Nothing was acknowledged and nothing saved. Pass a record of the batch that was given, later ones last.`,
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

/** What an owner before prepared concerns nobody once all up to it is done. */
function stillAhead({ prepared, watermark, held }: ContextParts): PreparedCheckpoint | undefined {
  const reached = watermark.position() ?? held.lease.position;
  return prepared !== undefined && comparePositions(reached, prepared.position) < 0 ? prepared : undefined;
}

/** A processor that does not wait for it must not end the program. */
function unheard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** @param records those that are given with this context, of the batch that is tracked */
export function contextOf(parts: ContextParts, tracked: TrackedBatch, records: readonly StreamRecord[]): ShardContext {
  const { held, shard, watermark, checkpointer } = parts;

  /** Why it cannot be done. */
  function faultOf(record: StreamRecord): ConsumerError | undefined {
    if (!records.includes(record)) return refused(shard, record, 'which was not given with this call of process');
    const reached = watermark.position();
    if (reached !== undefined && comparePositions(placeOf(record), reached) < 0)
      return refused(shard, record, 'which lies before what is acknowledged already');
    return undefined;
  }

  function acknowledgeUpTo(record: StreamRecord): ConsumerError | undefined {
    const fault = faultOf(record);
    if (fault !== undefined) return fault;
    tracked.complete(records.slice(0, records.indexOf(record) + 1));
    checkpointer.progressed();
    return undefined;
  }

  function checkpoint(record?: StreamRecord): Promise<void> {
    const fault = record === undefined || held.lost.aborted ? undefined : acknowledgeUpTo(record);
    return fault === undefined ? checkpointer.save({ dropPrepared: true }) : unheard(Promise.reject(fault));
  }

  async function prepare(record: StreamRecord, state: Uint8Array | undefined): Promise<PreparedHandle> {
    held.lost.throwIfAborted();
    if (state !== undefined && state.length > maxStateBytes) throw tooLarge(shard, state.length);
    const fault = faultOf(record);
    if (fault !== undefined) throw fault;
    const position = placeOf(record);
    // What is saved already needs no second phase.
    if (!samePosition(position, held.lease.position)) await held.prepare({ position, ...(state === undefined ? {} : { state: state.slice() }) });
    return { commit: () => checkpoint(record) };
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
    checkpoint,
    prepared: stillAhead(parts),
    prepareCheckpoint: (record, state) => unheard(prepare(record, state)),
  };
}
