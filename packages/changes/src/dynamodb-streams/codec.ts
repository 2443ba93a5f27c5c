// Records of DynamoDB Streams, as the service answers them and as Lambda hands them on: one change of one item each. It knows no
// service and no target; what an item is made of is `dynamodb`'s.
import { type Dialect, dynamodbFormat, type Fields } from '../dynamodb/decode.ts';
import { secondsMicros } from '../dynamodb/time.ts';
import { quoted } from '../records/json.ts';
import type { Codec, Version } from '../types.ts';
import { normalNumber } from '../values/numbers.ts';
import { dynamodbStreamsExamples } from './examples.ts';
import { tableName } from './table.ts';
import { howToGetImages } from './view-type.ts';

/** The service gives 21 to 40 digits; a target stores 65. */
const sequenceNumber = /^\d{1,65}$/;

/**
 * The order is the record's own number: DynamoDB counts every change of an item up by it. The place in the stream that the record came
 * by would be weaker: the same change may come by Lambda, by this library's source and by a stream that somebody copies it into, each
 * with a place of its own, and one that is sent again would look newer than what came after it.
 */
function versionOf({ ApproximateCreationDateTime: created, SequenceNumber: number }: Fields): Version | undefined {
  const time = secondsMicros(created);
  if (time === undefined || typeof number !== 'string' || !sequenceNumber.test(number)) return undefined;
  return { time, seq: normalNumber(number) };
}

function noImage(eventName: string, { StreamViewType: viewType }: Fields): string {
  const view = typeof viewType === 'string' ? ` (its StreamViewType is ${quoted(viewType)})` : '';
  return `The ${eventName} record of DynamoDB Streams carries no NewImage${view}, so the item is not known and nothing is applied. ${howToGetImages}.`;
}

const dialect: Dialect = {
  stream: 'streams',
  foreign:
    'The record is JSON, but none of DynamoDB Streams (eventSource aws:dynamodb, with a SequenceNumber and without a tableName); it is not decoded. Choose the format that the stream carries: for what DynamoDB writes to a Kinesis data stream it is dynamodb.',
  tableOf: (tree, record) => tableName(tree.eventSourceARN, record.shard?.stream),
  noTable: 'names no table: its eventSourceARN is none of a table, or it has none and did not come from a stream named by its table or ARN',
  versionOf,
  noVersion: 'has no usable ApproximateCreationDateTime, or no SequenceNumber of at most 65 decimal digits',
  noImage,
};

/** Records of DynamoDB Streams. `REMOVE` needs no image, `INSERT` and `MODIFY` the new one. */
export const dynamodbStreamsCodec: Codec = {
  name: 'dynamodb-streams',
  about:
    'One change of one item from DynamoDB Streams, as GetRecords answers it or Lambda hands it on: a JSON object whose eventSource is aws:dynamodb, with a SequenceNumber and without a tableName.',
  examples: dynamodbStreamsExamples,
  ...dynamodbFormat(dialect),
};
