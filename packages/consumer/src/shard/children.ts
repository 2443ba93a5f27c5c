// Finds the shards that follow an ended one, for as long as it takes: a lease must not end before its children have theirs. It
// knows neither batches nor leases.
import type { ChildShard, Machine } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { retryDelayMs } from '../retry.ts';
import type { ConsumerEvent, ShardRef } from '../types.ts';

export interface ChildrenParts {
  readonly shard: ShardRef;
  readonly machine: Machine;
  /** Resolves with none while they are not listed yet; repeats by itself what is worth repeating. */
  children(signal: AbortSignal): Promise<readonly ChildShard[]>;
  onEvent(event: ConsumerEvent): void;
}

function unknown(shard: ShardRef): ConsumerError {
  return new ConsumerError(
    'CHILDREN_UNKNOWN',
    `Shard ${shard.shardId} of stream ${shard.stream} has ended, but the stream lists no shard that follows it. Its lease is kept and the stream is asked again with growing pauses. If this goes on, nothing behind this shard is read: look at the stream's shards.`,
    { retryable: true },
  );
}

/** Asks until somebody follows. Rejects with what `children` throws, or with the signal's reason. */
export async function findChildren({ shard, machine, children, onEvent }: ChildrenParts, signal: AbortSignal): Promise<readonly ChildShard[]> {
  for (let attempt = 1; ; attempt += 1) {
    const found = await children(signal);
    if (found.length > 0) return found;
    const retryInMs = retryDelayMs(attempt, machine.random.number());
    onEvent({ kind: 'fetch-failed', shard, error: unknown(shard), retryInMs });
    await machine.timers.sleep(retryInMs, signal);
  }
}
