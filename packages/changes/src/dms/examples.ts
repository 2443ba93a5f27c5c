// Records as AWS DMS writes them to a Kinesis data stream. Made up; only their shape is real.
import type { CodecExample } from '../types.ts';

const metadata = (operation: string, time: string, transaction: string): string =>
  `{"timestamp":"2025-11-21T04:40:${time}Z","record-type":"data","operation":"${operation}","partition-key-type":"schema-table","schema-name":"shop","table-name":"orders"${transaction}}`;

const transaction = (id: number, second: string): string =>
  `,"transaction-id":${id},"transaction-record-id":1,"prev-transaction-id":${id - 1},"prev-transaction-record-id":1,"commit-timestamp":"2025-11-21T04:40:${second}Z","stream-position":"00000002/7C00${id}.2.00000002/7C00${id}"`;

export const dmsExamples: readonly CodecExample[] = [
  {
    title: 'a row is loaded',
    text: `{"data":{"id":7,"price":19.90,"note":null},"metadata":${metadata('load', '00.104512', '')}}`,
    sequence: '49664459213214506049272029928136046394554240732946759682',
  },
  {
    title: 'a row is inserted',
    text: `{"data":{"id":9007199254740993,"price":4.5,"note":"new"},"metadata":${metadata('insert', '31.983670', transaction(7178, '31.974340'))}}`,
    sequence: '49664459213214506049272029928140882097832699249645584386',
  },
  {
    title: 'a row is changed, its key too; the columns of the key come as they were before',
    text: `{"data":{"id":8,"price":21,"note":null},"before-image":{"id":7},"metadata":${metadata('update', '32.686557', transaction(7179, '32.678294'))}}`,
    sequence: '49664459213214506049272029928150553504389616283043233794',
  },
  {
    title: 'a row is deleted; without full replica identity only its key is known',
    text: `{\n\t"data":\t{\n\t\t"id":\t8,\n\t\t"price":\tnull,\n\t\t"note":\tnull\n\t},\n\t"metadata":\t${metadata('delete', '55.375525', transaction(7180, '55.366257'))}\n}\n`,
    sequence: '49664459213214506049272029928155389207668074799742058498',
  },
  {
    title: 'a table is emptied',
    text: '{"control":{},"metadata":{"timestamp":"2025-11-21T04:41:10.258815Z","record-type":"control","operation":"truncate-table","partition-key-type":"task-id","partition-key-value":"DZ6OKLFYA5BWVG4RYROQUHXU4E","schema-name":"shop","table-name":"orders"}}',
    sequence: '49664459213214506049272029928167478465864221091489120258',
  },
];
