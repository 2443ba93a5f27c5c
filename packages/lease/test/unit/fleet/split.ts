// One split, and what tests of it ask of a fleet. Shared by the tests of the shard sync.
import type { LeaseEvent, Position, ShardListing } from '../../../src/types.ts';
import type { Fleet, WorkerUnderTest } from './fleet.ts';

export const minuteMs = 60_000;
export const began: Position = { kind: 'sequence', sequence: '7', subSequence: 0 };
export const listing: readonly ShardListing[] = [
  { shardId: 'p', parents: [], closed: true },
  { shardId: 'q', parents: ['p'], closed: false },
  { shardId: 'r', parents: ['p'], closed: false },
];

export const kind = <Kind extends LeaseEvent['kind']>(worker: WorkerUnderTest, name: Kind) =>
  worker.events.filter((event): event is Extract<LeaseEvent, { kind: Kind }> => event.kind === name);
export const calls = (worker: WorkerUnderTest, operation: string) => worker.calls.filter((call) => call.operation === operation).map((call) => call.key);
export const keys = (fleet: Fleet) => fleet.table.leases().map((row) => row.key);
