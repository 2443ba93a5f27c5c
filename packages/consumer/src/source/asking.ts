// Asks a service about a whole stream, for as long as it takes. It keeps nothing and knows no lease.
import type { ChildShard, Machine, ShardListing } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { retryDelayMs } from '../retry.ts';
import type { ConsumerEvent } from '../types.ts';

export interface AskingParts {
  /** Its name or ARN as configured, or the pattern: for events. */
  readonly stream: string;
  readonly machine: Machine;
  /** True: also what no repetition mends is asked again, at the longest pause; among many streams, one must not end the others. */
  readonly forEver?: boolean;
  /** So often at most. Absent: without end. */
  readonly triesMax?: number;
  onEvent(event: ConsumerEvent): void;
}

/** Asks until it is answered. Throws what no repetition mends, what the last try that is allowed threw, or the signal's reason. */
export async function patiently<T>(parts: AskingParts, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  const { stream, machine, forEver = false, triesMax = Number.POSITIVE_INFINITY, onEvent } = parts;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || !(error instanceof ConsumerError) || !(error.retryable || forEver) || attempt >= triesMax) throw error;
      const retryInMs = retryDelayMs(attempt, machine.random.number());
      onEvent({ kind: 'listing-failed', stream, error, retryInMs });
      await machine.timers.sleep(retryInMs, signal);
    }
  }
}

/** The shards that follow `shardId`, read from a listing: for services that do not name them at the end of a shard. */
export function childrenOf(shards: readonly ShardListing[], shardId: string): readonly ChildShard[] {
  return shards
    .filter((shard) => shard.parents.includes(shardId))
    .map(({ shardId: id, parents, hashRange }) => ({ shardId: id, parents, ...(hashRange === undefined ? {} : { hashRange }) }));
}
