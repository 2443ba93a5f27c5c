// What `@shardfold/consumer` offers.
export {
  type Adopted,
  type Clock,
  type HeldLease,
  type Lease,
  LeaseError,
  type LeaseEvent,
  type Machine,
  type Position,
  type Random,
  systemMachine,
  type Timers,
} from '@shardfold/lease';
export { assembleConsumer, type ConsumerParts } from './consumer.ts';
export { type ConsumerOptions, createConsumer, leaseTimes } from './create-consumer.ts';
export { ConsumerError, type ConsumerErrorCode } from './errors.ts';
export { createKinesisClient, type KinesisAccess } from './kinesis/client.ts';
export type { ReadLimits } from './kinesis/pace.ts';
export { listShards } from './kinesis/shards.ts';
export { type CopyReport, type LeaseTable, type LeaseTableOptions, openLeaseTable } from './lease-table.ts';
export type {
  Consumer,
  ConsumerEvent,
  ConsumerStatus,
  Processor,
  ReadFrom,
  RecordBatch,
  ShardContext,
  ShardRef,
  ShardSource,
  ShardStatus,
  StartPosition,
  StreamRecord,
} from './types.ts';
