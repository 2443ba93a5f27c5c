// What DynamoDB writes to a Kinesis data stream: one change of one item a record, as JSON with typed attributes. It knows no
// stream service and no target.
import type { Codec, RawRecord, Version } from '../types.ts';
import { streamOrder } from '../values/version.ts';
import { type Dialect, dynamodbFormat, type Fields } from './decode.ts';
import { dynamodbExamples } from './examples.ts';
import { creationMicros } from './time.ts';

const maxNameLength = 255;

function tableOf({ tableName }: Fields): string | undefined {
  return typeof tableName === 'string' && tableName !== '' && tableName.length <= maxNameLength ? tableName : undefined;
}

/** The record has no order of its own: the time tells, and within it the place in the stream. */
function versionOf(change: Fields, record: RawRecord): Version | undefined {
  const time = creationMicros(change.ApproximateCreationDateTime, change.ApproximateCreationDateTimePrecision);
  const seq = streamOrder(record, 0);
  return time === undefined || seq === undefined ? undefined : { time, seq };
}

const dialect: Dialect = {
  stream: 'kinesis',
  foreign:
    'The record is JSON, but none that DynamoDB writes to a Kinesis data stream (eventSource aws:dynamodb, with a tableName); it is not decoded. Choose the format that the stream carries: for records of DynamoDB Streams it is dynamodb-streams.',
  tableOf,
  noTable: 'names no table in tableName',
  versionOf,
  noVersion: 'has no usable ApproximateCreationDateTime, or the stream gave it no decimal sequence number of at most 56 digits',
  noImage: (eventName) =>
    `The ${eventName} record carries no NewImage, so the item is not known and nothing is applied. DynamoDB's Kinesis streaming destination always sends it; with DynamoDB Streams set StreamViewType to NEW_IMAGE or NEW_AND_OLD_IMAGES.`,
};

/** Records of DynamoDB's Kinesis streaming destination. */
export const dynamodbCodec: Codec = {
  name: 'dynamodb',
  about:
    "One change of one item, written by a DynamoDB table's Kinesis streaming destination: a JSON object whose eventSource is aws:dynamodb and that has a tableName.",
  examples: dynamodbExamples,
  ...dynamodbFormat(dialect),
};
