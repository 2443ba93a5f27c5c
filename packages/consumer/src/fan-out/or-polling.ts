// Fan-out where it can be had, polling where it is refused. It reads nothing itself.
import { ConsumerError } from '../errors.ts';
import { fromOn } from '../source/resume.ts';
import type { ReadFrom, RecordBatch, ShardRef, ShardSource } from '../types.ts';

const isRefusal = (error: unknown): error is ConsumerError => error instanceof ConsumerError && error.code === 'FAN_OUT_REFUSED';

/** Both sources are raw: the record of the position itself is read again, and was given before. */
async function* pollOn(batches: AsyncIterable<RecordBatch>, position: ReadFrom): AsyncGenerator<RecordBatch> {
  const wanted = fromOn(position);
  for await (const batch of batches) {
    const records = wanted(batch.records);
    yield records === batch.records ? batch : { ...batch, records };
  }
}

/**
 * A raw source that opens `fanOut`, and `polling` when that is refused: from the same position, or from where it had come to. Each
 * opening tries fan-out anew: what refused it, a policy or a limit, may have changed.
 */
export function fanOutOrPolling(fanOut: ShardSource, polling: ShardSource, onRefused: (shard: ShardRef, error: ConsumerError) => void): ShardSource {
  async function* read(shard: ShardRef, from: ReadFrom, options: { readonly signal: AbortSignal }): AsyncGenerator<RecordBatch> {
    let position: Extract<ReadFrom, { kind: 'sequence' }> | undefined;
    try {
      for await (const batch of fanOut.open(shard, from, options)) {
        const last = batch.records.at(-1);
        if (last !== undefined) position = { kind: 'sequence', sequence: last.sequence, subSequence: last.subSequence };
        yield batch;
      }
      return;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      onRefused(shard, error);
    }
    yield* position === undefined ? polling.open(shard, from, options) : pollOn(polling.open(shard, position, options), position);
  }
  return { open: read };
}
