// Hands a batch on in portions while it is taken apart: how much at once, what is charged for it, when the batch itself is let go. It
// knows no position.
import type { RecordBatch, StreamRecord } from '../types.ts';
import { unaggregateFrom } from './deaggregate.ts';
import type { HashRange } from './hash-range.ts';

export interface Portions {
  /** To be called while `left()`. The batch is let go when no portion is left and each was released, in whatever order. */
  next(): RecordBatch;
  left(): boolean;
  /** What is left is not asked for. */
  close(): void;
}

export interface PortionOptions {
  /** What a portion may cost, but for its last carrier. */
  readonly bytesMax: number;
  /** Of the shard; undefined: all keys belong to it. */
  readonly range: HashRange | undefined;
  /** Of each portion's records in turn: those to hand on. */
  wanted(records: readonly StreamRecord[]): readonly StreamRecord[];
}

/**
 * An answer's aggregates can become a hundred times what it is charged for: taken apart at once, they would stop the event loop and be
 * more than the budget.
 */
export function portionsOf(batch: RecordBatch, { bytesMax, range, wanted }: PortionOptions): Portions {
  const { retainedBytes, behindLatestMs, children } = batch;
  let at = 0;
  let isOver = false;
  let unreleased = 0;
  let isHeld = true;

  function letGo(): void {
    if (!isHeld || !isOver || unreleased > 0) return;
    isHeld = false;
    batch.release();
  }

  return {
    left: () => !isOver,
    next() {
      const isFirst = at === 0;
      const { records, bytes, next, free } = unaggregateFrom(batch.records, at, bytesMax, range);
      at = next;
      isOver = at === batch.records.length;
      unreleased += 1;
      batch.charge?.(bytes);
      let isOpen = true;
      const portion = {
        records: wanted(records),
        retainedBytes: isFirst ? retainedBytes + bytes : bytes,
        // Whoever has this portion is not at the tip yet.
        behindLatestMs: isOver ? behindLatestMs : Math.max(1, behindLatestMs),
        ...(isOver && children !== undefined ? { children } : {}),
        release() {
          if (!isOpen) return;
          isOpen = false;
          // Whoever still has the portion must not keep thousands of records with it.
          portion.records = [];
          free();
          batch.charge?.(-bytes);
          unreleased -= 1;
          letGo();
        },
      };
      return portion;
    },
    close() {
      isOver = true;
      letGo();
    },
  };
}
