// Reading without giving anything back, until the source waits. It knows no source.
import assert from 'node:assert/strict';
import type { RecordBatch } from '../../types.ts';
import type { Subject } from './harness.ts';

export const hoardBytes = 64 * 1024;
/** Together more than `hoardBytes`. */
export const thousandBytesEach = Array.from({ length: 100 }, (_, index) => String(index).padEnd(1_024, '.'));

/** Reads until the source waits for bytes. */
export async function hoard(
  subject: Subject,
  batches: AsyncIterator<RecordBatch>,
): Promise<{ held: RecordBatch[]; pending: Promise<IteratorResult<RecordBatch>> }> {
  const held: RecordBatch[] = [];
  for (;;) {
    const pending = batches.next();
    const next = await Promise.race([pending, subject.budget.waits]);
    if (next === undefined) return { held, pending };
    assert.ok(next.done !== true, 'an open shard does not end');
    held.push(next.value);
  }
}
