// A GetRecords answer of DynamoDB Streams: every record is the very bytes that came, whatever is in it; half an answer is none.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../../src/dynamodb-streams/answer.ts';

const bodyOf = (text: string): Buffer => Buffer.from(text, 'utf8');
const recordText = (sequence: string, keys = '{"id":{"S":"a"}}'): string =>
  `{"eventName":"INSERT","dynamodb":{"ApproximateCreationDateTime":1795289280.000,"Keys":${keys},"SequenceNumber":"${sequence}"}}`;

/** The texts of the records, as they lie in the body. */
function texts(body: Buffer): readonly string[] {
  return readAnswer(body).records.map(({ start, end }) => body.toString('utf8', start, end));
}

describe('an answer', () => {
  test('gives each record as it came, to the last digit, and where to go on', () => {
    const records = [recordText('000000000000000000001'), recordText('000000000000000000002')];
    const body = bodyOf(`{"Records":[${records.join(',')}],"NextShardIterator":"next"}`);
    expect(texts(body)).toEqual(records);
    const { next, records: read } = readAnswer(body);
    expect(next).toBe('next');
    expect(read.map(({ sequence, createdAt }) => [sequence, createdAt])).toEqual([
      ['000000000000000000001', 1_795_289_280],
      ['000000000000000000002', 1_795_289_280],
    ]);
  });

  test.each([
    ['no iterator', '{"Records":[]}'],
    ['a null for the iterator', '{"NextShardIterator":null,"Records":[]}'],
  ])('with %s is the last', (_what, text) => {
    expect(readAnswer(bodyOf(text))).toEqual({ records: [], next: undefined });
  });

  test('is read past whatever else it holds', () => {
    const body = bodyOf(`{"Other":[{"a":[{}]},{}],"More":{"b":{"c":1}},"Name":"Records","Records" : [ ${recordText('1')} ],"Last":[{"d":{}}]}`);
    expect(texts(body)).toEqual([recordText('1')]);
  });

  test('makes the same key text of the same key, in whichever order its attributes come', () => {
    const body = bodyOf(
      `{"Records":[${recordText('1', '{"id":{"S":"a"},"day":{"N":"1"}}')},${recordText('2', '{"day":{"N":"1"},"id":{"S":"a"}}')},${recordText('3', '{"day":{"N":"2"},"id":{"S":"a"}}')}]}`,
    );
    const keys = readAnswer(body).records.map(({ partitionKey }) => partitionKey);
    expect(keys).toEqual(['{"day":{"N":"1"},"id":{"S":"a"}}', '{"day":{"N":"1"},"id":{"S":"a"}}', '{"day":{"N":"2"},"id":{"S":"a"}}']);
  });

  test.each([
    ['nothing', ''],
    ['half of it', '{"Records":[{"dynamodb":{"Sequ'],
    ['no object', '[]'],
    // It would look like the end of the shard.
    ['no records', '{}'],
    ['no list of records', '{"Records":{}}'],
    ['a record that is none', '{"Records":[1]}'],
    ['a record without a change', '{"Records":[{"eventName":"INSERT"}]}'],
    ['a record without a sequence number', '{"Records":[{"dynamodb":{"SequenceNumber":1}}]}'],
    ['one good record and a bad one', `{"Records":[${recordText('1')},{}]}`],
    ['an iterator that is none', '{"Records":[],"NextShardIterator":7}'],
  ])('is refused whole, to be asked for again, with %s', (_what, text) => {
    expect(() => readAnswer(bodyOf(text))).toThrow(expect.objectContaining({ code: 'STREAM_UNREACHABLE', retryable: true }));
  });
});

const attribute = fc.oneof(
  fc.record({ S: fc.string({ unit: 'binary' }) }),
  fc.record({ L: fc.array(fc.jsonValue()) }),
  fc.record({ M: fc.dictionary(fc.string(), fc.jsonValue()) }),
);
const anyRecord = fc.record({
  eventName: fc.constantFrom('INSERT', 'MODIFY', 'REMOVE'),
  dynamodb: fc.record({
    Keys: fc.dictionary(fc.string({ unit: 'binary', minLength: 1 }), attribute, { minKeys: 1, maxKeys: 2 }),
    NewImage: fc.dictionary(fc.constantFrom('a', '"', '\\', '[{', '}]', '__proto__', 'Records', '10'), attribute),
    SequenceNumber: fc.bigInt({ min: 0n, max: 10n ** 40n }).map(String),
  }),
});

test('law: whatever the items hold, and however it is written, each record lies where it is said to', () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 5 }), fc.constantFrom(0, 1, '\t'), fc.boolean(), (records, indent, iteratorFirst) => {
      const answer = iteratorFirst ? { NextShardIterator: 'Records":[{', Records: records } : { Records: records, NextShardIterator: 'Records":[{' };
      const body = bodyOf(JSON.stringify(answer, null, indent));
      const read = readAnswer(body);
      const compact = read.records.map(({ start, end }) => JSON.stringify(JSON.parse(body.toString('utf8', start, end))));
      expect(compact).toEqual(records.map((record) => JSON.stringify(JSON.parse(JSON.stringify(record)))));
      expect(read.records.map(({ sequence }) => sequence)).toEqual(records.map((record) => record.dynamodb.SequenceNumber));
    }),
  );
});
