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
  type PreparedCheckpoint,
  type Random,
  systemMachine,
  type Timers,
} from '@shardfold/lease';
export { createConsumer, leaseTimes } from './create-consumer.ts';
export { ConsumerError, type ConsumerErrorCode } from './errors.ts';
export { createKinesisClient, type KinesisAccess } from './kinesis/client.ts';
export { type CopyReport, type LeaseTable, type LeaseTableOptions, openLeaseTable } from './lease-table.ts';
export type { ConsumerOptions } from './options.ts';
export type { ReadLimits } from './source/pace.ts';
export type { Page, StartAt, StreamDescription, StreamService } from './source/service.ts';
export type { TraceMessages } from './trace.ts';
export type {
  Consumer,
  ConsumerEvent,
  ConsumerStatus,
  FailedRecords,
  FailureOptions,
  OnGap,
  PreparedHandle,
  Processor,
  ReadFrom,
  RecordBatch,
  ShardContext,
  ShardRef,
  ShardSource,
  ShardState,
  ShardStatus,
  StartPosition,
  StreamRecord,
} from './types.ts';
