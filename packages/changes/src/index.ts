// What `@shardfold/changes` offers: change events, the codecs that read them, and the pure functions beside them.
export { type AutoOptions, autoCodec, codecByName, codecs } from './codecs.ts';
export { debeziumCodec } from './debezium/codec.ts';
export { describeDecoded } from './describe.ts';
export { dmsCodec } from './dms/codec.ts';
export { dynamodbCodec } from './dynamodb/codec.ts';
export { dynamodbStreamsCodec } from './dynamodb-streams/codec.ts';
export { viewTypeOf, viewTypeProblem } from './dynamodb-streams/view-type.ts';
export { maxwellCodec } from './maxwell/codec.ts';
export { mongodbCodec } from './mongodb/codec.ts';
export { mysqlRowsCodec } from './mysql-rows/codec.ts';
export { rawRecord } from './records/raw.ts';
export { rowsCodec } from './rows/codec.ts';
export {
  type ChangeEvent,
  type Codec,
  type CodecExample,
  type Decoded,
  type DecodeError,
  ExactNumber,
  type Image,
  type Key,
  type RawRecord,
  type RowChange,
  type RowImage,
  type SourceTable,
  type TableChange,
  type TextPolicy,
  type Value,
  ValueSet,
  type Version,
} from './types.ts';
export { keyIdentity } from './values/key.ts';
export { normalNumber } from './values/numbers.ts';
export { compareMembers, storedNames, valuesToJsonText, valueToJson } from './values/text.ts';
export { compareVersions } from './values/version.ts';
