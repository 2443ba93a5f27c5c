// Records of DynamoDB Streams: as the service answers them, and as Lambda hands them on. Made up; only their shape is real.
import type { CodecExample } from '../types.ts';

const arn = 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-05-04T10:11:12.345';
/** What Lambda adds. */
const source = `,"eventSourceARN":"${arn}"`;

const record = (eventName: string, sequence: string, images: string, view: string, rest: string): string =>
  `{"awsRegion":"eu-west-1","dynamodb":{"ApproximateCreationDateTime":1763700000,"Keys":{"id":{"S":"o-1"}},${images}"SequenceNumber":"${sequence}","SizeBytes":42,"StreamViewType":"${view}"},"eventID":"4b25bd0da9a181a155114127e4837252","eventName":"${eventName}","eventSource":"aws:dynamodb","eventVersion":"1.1"${rest}}`;

const first = '"id":{"S":"o-1"},"price":{"N":"19.90"}';
const second = '"id":{"S":"o-1"},"price":{"N":"21"}';

function example(title: string, sequence: string, text: string): CodecExample {
  return { title, text, sequence, stream: arn };
}

const inserted = '300000000000000499659';
const modified = '300000000000000499660';
const deleted = '300000000000000499661';
const expired = '300000000000000499662';

export const dynamodbStreamsExamples: readonly CodecExample[] = [
  example('an item is put, as Lambda hands it on', inserted, record('INSERT', inserted, `"NewImage":{${first}},`, 'NEW_AND_OLD_IMAGES', source)),
  example('an item is changed', modified, record('MODIFY', modified, `"NewImage":{${second}},"OldImage":{${first}},`, 'NEW_AND_OLD_IMAGES', '')),
  example('an item is changed in a stream of new images', modified, record('MODIFY', modified, `"NewImage":{${second}},`, 'NEW_IMAGE', source)),
  example('an item is deleted', deleted, record('REMOVE', deleted, `"OldImage":{${second}},`, 'NEW_AND_OLD_IMAGES', '')),
  example(
    'an item is deleted because its time to live is over',
    expired,
    record('REMOVE', expired, `"OldImage":{${second}},`, 'NEW_AND_OLD_IMAGES', ',"userIdentity":{"principalId":"dynamodb.amazonaws.com","type":"Service"}'),
  ),
];
