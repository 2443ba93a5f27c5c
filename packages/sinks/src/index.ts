// What `@shardfold/sinks` offers: the seam's words, the order of a group, a sink for each database, places for dead letters, and the
// engine under the SQL sinks for whoever brings another database.

export { addressProblem, type SinkKind } from './address.ts';
export type { ColumnKind, NewKind } from './columns/kinds.ts';
export type { Layout, PlacedRow, TableColumn } from './columns/layout.ts';
export type { NameRules } from './columns/names.ts';
export { type CrateSinkOptions, createCrateSink } from './cratedb/sink.ts';
export { createFileDeadLetters, type FileDeadLettersOptions } from './dead-letters/file/store.ts';
export { type LetterForm, letterFromJson, letterToJson, type ReadLetter, wholeForm } from './dead-letters/json.ts';
export type { DeadLetterPlace, OnUnreadable, Unreadable } from './dead-letters/place.ts';
export { createS3DeadLetters, type S3DeadLettersOptions } from './dead-letters/s3/store.ts';
export { createSqsDeadLetters, type SqsDeadLettersOptions } from './dead-letters/sqs/store.ts';
export { addressOf, compareKeys, prepareGroup } from './keys.ts';
export type { SortedError } from './land.ts';
export { createMongoSink, type MongoSinkOptions } from './mongodb/sink.ts';
export { createMysqlSink, type MysqlSinkOptions } from './mysql/sink.ts';
export { deadLettersName } from './own-names.ts';
export type { Clock, Timers } from './ports.ts';
export { createPostgresSink, type PostgresSinkOptions } from './postgres/sink.ts';
export type { RowCode } from './row-fault.ts';
export type {
  Answer as SqlAnswer,
  Patience as SqlPatience,
  Rows as SqlRows,
  Send as SqlSend,
  SqlConnections,
  Statement as SqlStatement,
} from './sql/connections.ts';
export {
  ColumnsChanged,
  type ColumnType as SqlColumnType,
  type FoundColumn,
  type FoundTable,
  type HotContext,
  type HotRow,
  type HotSent,
  type HotTable,
  markerTime,
  type SqlBindings,
  type SqlDialect,
  type SqlStatements,
  type SqlTypes,
  type TableChange as SqlTableChange,
  type TableMeasure,
  type WholeMutation,
} from './sql/dialect.ts';
export { stopped as sinkStopped } from './sql/errors.ts';
export type { TableName as SqlTableName } from './sql/names.ts';
export { type KeyColumn as SqlKeyColumn, shapeOf as sqlShapeOf, type TableShape as SqlTableShape } from './sql/shape.ts';
export { createSqlSink, type SqlSinkOptions } from './sql/sink.ts';
export { locationOf as sqliteLocationOf } from './sqlite/location.ts';
export { createSqliteSink, type SqliteSinkOptions } from './sqlite/sink.ts';
export { systemMachine } from './system.ts';
export { targetNameProblem } from './target-names.ts';
export {
  type BookkeepingNames,
  type DeadLetter,
  type DeadLetterStore,
  defaultBookkeeping,
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
  type TableStatus,
  type TargetTable,
  type WriteReport,
} from './types.ts';
