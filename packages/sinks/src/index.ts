// What `@shardfold/sinks` offers: the seam's words, the order of a group, and the PostgreSQL sink.
export { addressOf, compareKeys, prepareGroup } from './keys.ts';
export type { Clock, Timers } from './ports.ts';
export { createPostgresSink, type PostgresSinkOptions } from './postgres/sink.ts';
export {
  type DeadLetter,
  type DeadLetterStore,
  type KeyType,
  type Mutation,
  type Origin,
  type Sink,
  SinkError,
  type SinkErrorCode,
  type SinkRowError,
  type SinkStatus,
  type SweepReport,
  type Table,
  type TargetTable,
  type WriteReport,
} from './types.ts';
