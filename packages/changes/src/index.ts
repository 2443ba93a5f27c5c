// What `@shardfold/changes` offers: change events, the codecs that read them, and the pure functions beside them.
export { autoCodec, codecByName, codecs } from './codecs.ts';
export { describeDecoded } from './describe.ts';
export { dynamodbCodec } from './dynamodb/codec.ts';
export { rawRecord } from './records/raw.ts';
export {
  type ChangeEvent,
  type Codec,
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
export { valuesToJsonText, valueToJson } from './values/text.ts';
export { compareVersions } from './values/version.ts';
