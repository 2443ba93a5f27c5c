// Whether a run with `--until-caught-up` is done: every shard has reached the tip, or its end, and the table knows. Pure.
import type { ConsumerStatus, Lease, ShardStatus } from '@shardfold/consumer';

/** A Java worker's row does not say until when its shard was read. */
function tellsTime({ holder, holderCounter, counter }: Lease): boolean {
  return holder !== undefined && holderCounter === counter;
}

/**
 * How many shards are done. `sinceMs`: when the run began, in milliseconds since 1970. A shard that another living worker holds is done when
 * its row says that everything that had arrived by then is processed, as far as the clocks of the two agree; one that a Java worker holds is
 * that worker's to finish. A row that still names this worker, which has given it back or ended it, was not read since: the rows of those
 * that follow may be missing, too.
 */
export function shardsDone({ worker, shards, leases }: ConsumerStatus, sinceMs: number): number {
  const rows = new Map(leases.map((lease) => [lease.key, lease]));
  function isDoneByOther({ held, unowned, owner, readMs, shard }: ShardStatus): boolean {
    if (held || unowned || owner === undefined || owner === worker) return false;
    const row = rows.get(shard.key);
    return row !== undefined && tellsTime(row) ? (readMs ?? 0) >= sinceMs : true;
  }
  return shards.filter((shard) => shard.caughtUp || isDoneByOther(shard)).length;
}

/** All are. A fleet without a single row has not begun. */
export function isCaughtUp(status: ConsumerStatus, sinceMs: number): boolean {
  return status.settled && status.shards.length > 0 && shardsDone(status, sinceMs) === status.shards.length;
}
