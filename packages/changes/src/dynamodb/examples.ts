// Records as a DynamoDB table's Kinesis streaming destination writes them. Made up; only their shape is real.
import type { CodecExample } from '../types.ts';

const record = (eventName: string, images: string): string =>
  `{"awsRegion":"eu-west-1","eventID":"5f1c2e7a-9b3d-4c11-8a6e-000000000001","eventName":"${eventName}","userIdentity":null,"recordFormat":"application/json","tableName":"orders","dynamodb":{"ApproximateCreationDateTime":1763700000123,"Keys":{"id":{"S":"o-1"}},${images}"SizeBytes":42},"eventSource":"aws:dynamodb"}`;

export const dynamodbExamples: readonly CodecExample[] = [
  {
    title: 'an item is put',
    text: record('INSERT', '"NewImage":{"id":{"S":"o-1"},"price":{"N":"19.90"}},'),
    sequence: '49590338271490256608559692538361571095921575989136588898',
  },
  {
    title: 'an item is changed',
    text: record('MODIFY', '"NewImage":{"id":{"S":"o-1"},"price":{"N":"21"}},"OldImage":{"id":{"S":"o-1"},"price":{"N":"19.90"}},'),
    sequence: '49590338271490256608559692538362780021741190618311295074',
  },
  {
    title: 'an item is deleted',
    text: record('REMOVE', '"OldImage":{"id":{"S":"o-1"},"price":{"N":"21"}},'),
    sequence: '49590338271490256608559692538363988947560805247486001250',
  },
];
