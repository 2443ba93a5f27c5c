// JSON instead of CBOR: for which answers, for how long, and that records are the same.
import { afterEach, describe, expect, test } from 'vitest';
import { createRecordsCall } from '../../../src/kinesis/wire/records-call.ts';
import { answerItem, answerJson, bytesOnly, plainOf, plainRecord, shard } from './answers.ts';
import { encode } from './encoder.ts';
import { answer, cborType, inCbor, inJson, jsonType, type Respond, type ScriptedServer, scriptedServer } from './server.ts';

const records = [plainRecord('49', 'hello wörld'), plainRecord('50', '')];
const never = new AbortController().signal;
const inBytes = inCbor(answerItem(records));
const inText = inJson(answerJson(records));

let server: ScriptedServer | undefined;
afterEach(() => server?.stop());

async function serverFor(...script: readonly Respond[]) {
  server = await scriptedServer(script);
  const told: string[] = [];
  const call = createRecordsCall(server.client, { onFallback: (why) => told.push(why) });
  return { ...server, told, read: () => call(shard, 'iterator', 100, never) };
}

const badCbor: readonly [string, Respond, string][] = [
  ['JSON where CBOR was asked for', inText, jsonType],
  ['no content type', (response) => response.writeHead(200, { 'content-length': '2' }).end('{}'), 'content type none'],
  ['JSON that is called CBOR', answer(200, cborType, JSON.stringify(answerJson(records))), 'not good CBOR'],
  ['CBOR that the server ends too early', answer(200, cborType, encode(answerItem(records)).subarray(0, 60)), 'end within an item'],
  ['CBOR without records', inCbor({ NextShardIterator: 'next' }), 'no records'],
  ['an unsupported media type', answer(415, 'text/plain', 'what?'), 'refuses the request'],
  ['a request that cannot be read', inJson({ __type: 'SerializationException', message: 'what?' }, 400), 'SerializationException'],
  ['the same, in CBOR', inCbor({ __type: 'SerializationException' }, 400), 'SerializationException'],
  ['an operation that is not known', inJson({ __type: 'com.amazon.coral.service#UnknownOperationException' }, 400), 'UnknownOperationException'],
  ['an operation that is not known, in XML', answer(404, 'text/xml', '<UnknownOperationException/>\n'), 'refuses the request'],
];

test.each(badCbor)('%s: the same call is repeated in JSON at once, and JSON it stays', async (_name, respond, why) => {
  const { read, wires, told } = await serverFor(respond, inText, inText);
  for (const _call of [1, 2]) {
    const page = await read();
    expect(plainOf(page)).toEqual(bytesOnly(records));
    expect(page).toMatchObject({ next: 'next', behindLatestMs: 7 });
  }
  expect(wires()).toEqual(['cbor', 'json', 'json']);
  expect(told).toEqual([expect.stringContaining(why)]);
});

test('calls at the same time tell of it once', async () => {
  const bad = answer(200, cborType, 'no CBOR');
  // Both are sent in CBOR before either is answered.
  const waiting: (() => void)[] = [];
  const both: Respond = (response, request) => {
    waiting.push(() => bad(response, request));
    if (waiting.length === 2) for (const go of waiting) go();
  };
  const { read, wires, told } = await serverFor(both, both, inText, inText);
  const pages = await Promise.all([read(), read()]);
  expect(pages.map(plainOf)).toEqual([bytesOnly(records), bytesOnly(records)]);
  expect(wires()).toEqual(['cbor', 'cbor', 'json', 'json']);
  expect(told).toHaveLength(1);
});

test('JSON that is no better is an error, and the next call is in CBOR again', async () => {
  const { read, wires, told } = await serverFor(answer(200, cborType, 'no'), inJson({ __type: 'ExpiredIteratorException', message: 'old' }, 400), inBytes);
  await expect(read()).rejects.toMatchObject({ name: 'ExpiredIteratorException' });
  expect(plainOf(await read())).toEqual(bytesOnly(records));
  expect(wires()).toEqual(['cbor', 'json', 'cbor']);
  expect(told).toEqual([]);
});

describe('once it is JSON', () => {
  async function inJsonFrom(...script: readonly Respond[]) {
    const served = await serverFor(answer(415, 'text/plain', ''), inText, ...script);
    await served.read();
    return served;
  }

  test('errors are the SDK’s exceptions', async () => {
    const { read } = await inJsonFrom(inJson({ __type: 'ResourceNotFoundException', message: 'gone' }, 400));
    await expect(read()).rejects.toMatchObject({ name: 'ResourceNotFoundException', message: 'gone', $fault: 'client' });
  });

  test.each<[string, object]>([
    ['a time in milliseconds', { ApproximateArrivalTimestamp: records[0]?.arrivalMs }],
    ['an encryption type', { EncryptionType: 'KMS' }],
    ['a null', { EncryptionType: null }],
  ])('a record has %s', async (_name, more) => {
    const json = answerJson(records.slice(0, 1)) as { Records: object[] };
    const { read } = await inJsonFrom(inJson({ ...json, Records: [{ ...json.Records[0], ...more }] }));
    expect(plainOf(await read())).toEqual(bytesOnly(records.slice(0, 1)));
  });

  test('the end of a shard has children', async () => {
    const child = { ShardId: 'shardId-1', ParentShards: ['shardId-0'], HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' } };
    const { read } = await inJsonFrom(inJson(answerJson([], { NextShardIterator: null, ChildShards: [child] })));
    expect(await read()).toMatchObject({ next: undefined, children: [{ shardId: 'shardId-1', parents: ['shardId-0'], hashRange: { start: '0', end: '9' } }] });
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['half of it', JSON.stringify(answerJson(records)).slice(0, 99)],
    ['a list', '[]'],
    ['no records', '{"NextShardIterator":"next"}'],
    ['records that are none', '{"Records":["record"]}'],
    ['a record without a sequence', '{"Records":[{"Data":""}]}'],
    ['a sequence that is a number', '{"Records":[{"SequenceNumber":49}]}'],
    ['a time that is a text', '{"Records":[{"SequenceNumber":"49","ApproximateArrivalTimestamp":"now"}]}'],
    ['children that are none', '{"Records":[],"ChildShards":[1]}'],
  ])('%s is an error that is worth a repetition', async (_name, body) => {
    const { read, wires } = await inJsonFrom(answer(200, jsonType, body), inText);
    await expect(read()).rejects.toMatchObject({ code: 'STREAM_UNREACHABLE', retryable: true });
    expect(plainOf(await read())).toEqual(bytesOnly(records));
    expect(wires()).toEqual(['cbor', 'json', 'json', 'json']);
  });

  test('records that are null are none', async () => {
    const { read } = await inJsonFrom(answer(200, jsonType, '{"Records":null,"NextShardIterator":"next"}'));
    expect(await read()).toMatchObject({ records: [], next: 'next', behindLatestMs: 0 });
  });
});
