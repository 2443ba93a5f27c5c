// Whether a run with `--until-caught-up` is done: every shard has reached the tip, or its end, and the table knows. Pure.
import type { ConsumerStatus, ShardStatus } from '@shardfold/consumer';

/**
 * Shards that other living workers hold are theirs to finish. A fleet without a single row has not begun. A row that still names this
 * worker, which has given it back or ended it, was not read since: the rows of those that follow may be missing, too.
 */
export function isCaughtUp({ settled, worker, shards }: ConsumerStatus): boolean {
  const isOthers = ({ held, owner }: ShardStatus): boolean => !held && owner !== undefined && owner !== worker;
  return settled && shards.length > 0 && shards.every((shard) => shard.caughtUp || isOthers(shard));
}
