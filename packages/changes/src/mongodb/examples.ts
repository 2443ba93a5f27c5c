// Change events as a program that reads a MongoDB change stream puts them on a Kinesis stream. Made up; only their shape is real.
import type { CodecExample } from '../types.ts';

const id = '{"$oid":"669067d6c2b0a1d5f3e4a001"}';

const event = (operation: string, second: number, rest: string): string =>
  `{"_id":{"_data":"8266906816000000012B0429296E1404"},"operationType":"${operation}","clusterTime":{"$timestamp":{"t":${second},"i":1}},"wallTime":{"$date":"2024-07-11T23:17:42.005Z"},"ns":{"db":"shop","coll":"orders"},"documentKey":{"_id":${id}}${rest}}`;

export const mongodbExamples: readonly CodecExample[] = [
  {
    title: 'a document is inserted (relaxed)',
    text: event(
      'insert',
      1720739862,
      `,"fullDocument":{"_id":${id},"customer":"c-7","price":{"$numberDecimal":"19.90"},"at":{"$date":"2024-07-11T23:17:42Z"}}`,
    ),
    sequence: '49590338271490256608559692538361571095921575989136588898',
  },
  {
    title: 'a document is updated, and looked up (canonical)',
    text: event(
      'update',
      1720739871,
      `,"fullDocument":{"_id":${id},"customer":"c-7","price":{"$numberDecimal":"21.00"},"at":{"$date":{"$numberLong":"1720739862000"}},"pieces":{"$numberInt":"3"}},"updateDescription":{"updatedFields":{"price":{"$numberDecimal":"21.00"},"pieces":{"$numberInt":"3"}},"removedFields":[],"truncatedArrays":[]}`,
    ),
    sequence: '49590338271490256608559692538362780021741190618311295074',
  },
  {
    title: 'a document is deleted',
    text: event('delete', 1720739893, ''),
    sequence: '49590338271490256608559692538363988947560805247486001250',
  },
  {
    title: 'a document of a sharded collection gets another shard key',
    text: '{"_id":{"_data":"8266906835000000012B0429296E1404"},"operationType":"replace","clusterTime":{"$timestamp":{"t":1720739895,"i":4}},"ns":{"db":"shop","coll":"visits"},"documentKey":{"region":"eu","_id":7},"fullDocument":{"_id":7,"region":"us","pages":12}}',
    sequence: '49590338271490256608559692538365197873380419876660707426',
  },
];
