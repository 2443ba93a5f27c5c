// A shard as a consumer tells of it that has nothing to tell. It asserts nothing.
import type { ShardStatus } from '@shardfold/consumer';

/** Nobody's, waiting, at the horizon, but for what `change` says. */
export function shardStatus(id: string, change: Partial<ShardStatus> = {}): ShardStatus {
  return {
    shard: { stream: 's', shardId: id, key: `key-${id}` },
    owner: undefined,
    unowned: false,
    position: { kind: 'trim-horizon' },
    held: false,
    caughtUp: false,
    behindLatestMs: undefined,
    inFlightRecords: 0,
    lastError: undefined,
    state: 'waiting',
    stateMs: undefined,
    trouble: undefined,
    processingMs: undefined,
    readMs: undefined,
    ...change,
  };
}
