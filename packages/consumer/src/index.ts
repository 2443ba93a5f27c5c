// What `@shardfold/consumer` offers.
export {
  type Adopted,
  type AwsFault,
  awsFaultOf,
  type Clock,
  type HeldLease,
  type Lease,
  LeaseError,
  type LeaseEvent,
  type Machine,
  type PeerState,
  type Position,
  type PreparedCheckpoint,
  type Random,
  systemMachine,
  type TableRows,
  type Timers,
} from '@shardfold/lease';
export { createConsumer, leaseTimes } from './create-consumer.ts';
export { ConsumerError, type ConsumerErrorCode } from './errors.ts';
export { type Inspector, type InspectorOptions, openInspector } from './inspect.ts';
export { createKinesisClient, type KinesisAccess } from './kinesis/client.ts';
export { type CopyReport, type LeaseTable, type LeaseTableOptions, type MoveWatch, openLeaseTable } from './lease-table.ts';
export type { ConsumerOptions } from './options.ts';
export type { Kept, Move, MovePlan, WantedLease } from './positions/plan.ts';
export type { Aim, Target } from './positions/target.ts';
export type { ReadLimits } from './source/pace.ts';
export type { Page, StartAt, StreamDescription, StreamService } from './source/service.ts';
export { isPattern, matcher } from './streams/names.ts';
export { openTap, type Tap, type TapChoice, type TapOptions } from './tap.ts';
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
