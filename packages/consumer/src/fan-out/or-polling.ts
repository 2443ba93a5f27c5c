// Fan-out where it can be had, polling where it is refused. It reads nothing itself.
import { ConsumerError } from '../errors.ts';
import type { ReadFrom, RecordBatch, ShardRef, ShardSource } from '../types.ts';

const isRefusal = (error: unknown): error is ConsumerError => error instanceof ConsumerError && error.code === 'FAN_OUT_REFUSED';

/**
 * A source that opens `fanOut`, and `polling` from the same position when that is refused before its first batch. Each opening
 * tries fan-out anew: what refused it, a policy or a limit, may have changed. Both are raw, or neither is.
 */
export function fanOutOrPolling(fanOut: ShardSource, polling: ShardSource, onRefused: (shard: ShardRef, error: ConsumerError) => void): ShardSource {
  async function* read(shard: ShardRef, from: ReadFrom, options: { readonly signal: AbortSignal }): AsyncGenerator<RecordBatch> {
    let begun = false;
    try {
      for await (const batch of fanOut.open(shard, from, options)) {
        begun = true;
        yield batch;
      }
      return;
    } catch (error) {
      if (begun || !isRefusal(error)) throw error;
      onRefused(shard, error);
    }
    yield* polling.open(shard, from, options);
  }
  return { open: read };
}
