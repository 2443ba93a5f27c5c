// Records, batches and rows for tests. They know no test.
import type { Lease } from '@shardfold/lease';
import type { RecordBatch, ShardRef, StreamRecord } from '../../src/types.ts';

export const shard: ShardRef = { stream: 'orders', shardId: 'shardId-000000000000', key: 'shardId-000000000000' };

export function recordAt(sequence: number): StreamRecord {
  return {
    shard,
    sequence: String(sequence),
    subSequence: 0,
    arrivalMs: 0,
    partitionKey: 'key',
    bytes: () => new Uint8Array(1),
    text: () => `record ${sequence}`,
  };
}

/** Records `first` to `last`, both included. */
export function records(first: number, last: number): readonly StreamRecord[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => recordAt(first + index));
}

export function batch(given: readonly StreamRecord[], more: Partial<RecordBatch> = {}): RecordBatch {
  return { records: given, retainedBytes: given.length, behindLatestMs: 1, release: () => undefined, ...more };
}

export const row: Lease = {
  key: shard.key,
  shardId: shard.shardId,
  owner: 'worker-a',
  counter: 1n,
  position: { kind: 'trim-horizon' },
  ownerSwitches: 0n,
  parents: [],
  children: [],
  bell: 0n,
};
