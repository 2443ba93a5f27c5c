// One batch in the processor: its context, its retries, its acknowledgement. It knows neither where batches come from nor how
// a lease ends.
import type { HeldLease, Machine } from '@shardfold/lease';
import { retryDelayMs } from '../retry.ts';
import type { ConsumerEvent, Processor, RecordBatch, ShardContext, ShardRef } from '../types.ts';
import type { TrackedBatch, Watermark } from '../watermark/watermark.ts';
import type { Checkpointer } from './checkpointer.ts';

export interface BatchHandlerParts {
  readonly held: HeldLease;
  readonly shard: ShardRef;
  readonly processor: Processor;
  readonly machine: Machine;
  readonly watermark: Watermark;
  readonly checkpointer: Checkpointer;
  /** Cuts the pause before a retry short; a batch that is in the processor is left to finish. */
  readonly stopping: AbortSignal;
  /** `undefined`: the batch got through. */
  onOutcome(error: unknown): void;
  onEvent(event: ConsumerEvent): void;
}

function contextOf({ held, shard, checkpointer }: BatchHandlerParts, tracked: TrackedBatch): ShardContext {
  return {
    shard,
    get lease() {
      return held.lease;
    },
    lost: held.lost,
    drain: held.drain,
    acknowledge(record) {
      tracked.acknowledge(record);
      checkpointer.progressed();
    },
    checkpoint: checkpointer.save,
  };
}

/** False when the pause was cut short. */
async function pause({ machine, stopping }: BatchHandlerParts, delayMs: number): Promise<boolean> {
  return machine.timers.sleep(delayMs, stopping).then(
    () => true,
    () => false,
  );
}

/**
 * Tracks the batch at once and in call order. Resolves when it is acknowledged, or when the lease goes or drains first: what is
 * not acknowledged then is read again by the next owner. Never skips.
 */
export async function handleBatch(parts: BatchHandlerParts, batch: RecordBatch): Promise<void> {
  const { held, shard, processor, machine, onEvent } = parts;
  const tracked = parts.watermark.track(batch.records);
  const context = contextOf(parts, tracked);
  try {
    for (let attempt = 1; !held.lost.aborted; attempt += 1) {
      try {
        await processor.process(batch, context);
      } catch (error) {
        if (held.lost.aborted) return;
        const retryInMs = retryDelayMs(attempt, machine.random.number());
        parts.onOutcome(error);
        onEvent({ kind: 'batch-failed', shard, error, attempt, retryInMs });
        if (await pause(parts, retryInMs)) continue;
        return;
      }
      // A processor whose lease went may resolve without having done the work.
      if (held.lost.aborted) return;
      tracked.complete();
      parts.checkpointer.progressed();
      return parts.onOutcome(undefined);
    }
  } finally {
    batch.release();
  }
}
