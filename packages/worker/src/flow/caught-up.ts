// Whether a run with `--until-caught-up` is done: every shard has reached the tip, or its end, and the table knows. Pure.
import type { ConsumerStatus } from '@shardfold/consumer';

/** Shards that other living workers hold are theirs to finish. A fleet without a single row has not begun. */
export function isCaughtUp(status: ConsumerStatus): boolean {
  return status.settled && status.shards.length > 0 && status.shards.every((shard) => shard.caughtUp || (!shard.held && shard.owner !== undefined));
}
