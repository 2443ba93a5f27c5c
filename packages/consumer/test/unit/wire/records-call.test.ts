// The call, as the SDK's client sends the first and as the next goes out without it: what is asked and signed, what becomes of errors,
// of broken bodies and of a stop.
import { once } from 'node:events';
import {
  AccessDeniedException,
  ExpiredIteratorException,
  GetRecordsCommand,
  InternalFailureException,
  InvalidArgumentException,
  KinesisServiceException,
  KMSDisabledException,
  KMSThrottlingException,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
} from '@aws-sdk/client-kinesis';
import { afterEach, describe, expect, test } from 'vitest';
import { ConsumerError } from '../../../src/errors.ts';
import { sortKinesisError } from '../../../src/kinesis/errors.ts';
import { bodyBytesMax } from '../../../src/kinesis/wire/body.ts';
import { cursorOf, readValue } from '../../../src/kinesis/wire/cbor.ts';
import { createRecordsCall } from '../../../src/kinesis/wire/records-call.ts';
import { answerItem, bytesOnly, plainOf, plainRecord, shard } from './answers.ts';
import { encode } from './encoder.ts';
import { answer, cborType, inCbor, inJson, type Respond, type ScriptedServer, scriptedServer } from './server.ts';

const one = plainRecord('49', 'hello');
const never = new AbortController().signal;
const good = inCbor(answerItem([one]));

let server: ScriptedServer | undefined;
afterEach(() => server?.stop());

async function serverAfter(answered: number, ...script: readonly Respond[]) {
  server = await scriptedServer([...Array.from({ length: answered }, () => good), ...script]);
  const told: string[] = [];
  const call = createRecordsCall(server.client, { onFallback: (why) => told.push(why) });
  const read = (signal = never) => call(shard, 'iterator', 100, signal);
  for (let number = 0; number < answered; number += 1) await read();
  server.asked.length = 0;
  return { ...server, told, read };
}

const ways = [
  { way: 'the first request', answered: 0 },
  { way: 'a request after one that was answered', answered: 1 },
];

async function thrownBy(run: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const error = await run.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  return error as Error & Record<string, unknown>;
}

test.each(ways)('$way is signed, with its body in CBOR', async ({ answered }) => {
  const { read, asked } = await serverAfter(answered, good);
  const page = await read();
  expect(plainOf(page)).toEqual(bytesOnly([one]));
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ contentType: cborType, target: 'Kinesis_20131202.GetRecords', isSigned: true, isClients: answered === 0 });
  expect(readValue(cursorOf(asked[0]?.body ?? Buffer.alloc(0)))).toEqual({ ShardIterator: 'iterator', Limit: 100 });
});

test.each([10, 100, 10_000])('an iterator of %i letters and limits of every size are asked for as they are', async (length) => {
  server = await scriptedServer([good]);
  const iterator = 'x'.repeat(length);
  await createRecordsCall(server.client)(shard, iterator, length, never);
  expect(readValue(cursorOf(server.asked[0]?.body ?? Buffer.alloc(0)))).toEqual({ ShardIterator: iterator, Limit: length });
});

test('after a failure the client sends the next, and then it is left out again', async () => {
  const cut: Respond = (response) => response.writeHead(200, { 'content-type': cborType, 'content-length': '99' }).write('x', () => response.socket?.destroy());
  const { read, asked } = await serverAfter(1, good, inCbor({ __type: 'InternalFailure' }, 500), good, good, cut, good, good);
  for (const isGood of [true, false, true, true, false, true, true])
    if (isGood) await read();
    else await thrownBy(read());
  expect(asked.map(({ isClients }) => isClients)).toEqual([false, false, true, false, false, true, false]);
});

test('other commands of the client are untouched, its own GetRecords too', async () => {
  const { client, read, wires } = await serverAfter(0, good, inJson({ Records: [], NextShardIterator: 'n', MillisBehindLatest: 3 }), good);
  await read();
  const answered = await client.send(new GetRecordsCommand({ ShardIterator: 'iterator' }));
  expect(answered).toMatchObject({ Records: [], NextShardIterator: 'n', MillisBehindLatest: 3 });
  await read();
  expect(wires()).toEqual(['cbor', 'json', 'cbor']);
});

describe.each(ways)('errors of $way', ({ answered }) => {
  const cases: readonly [string, number, abstract new (...args: never[]) => Error][] = [
    ['ExpiredIteratorException', 400, ExpiredIteratorException],
    ['ProvisionedThroughputExceededException', 400, ProvisionedThroughputExceededException],
    ['ResourceNotFoundException', 400, ResourceNotFoundException],
    ['InvalidArgumentException', 400, InvalidArgumentException],
    ['KMSDisabledException', 400, KMSDisabledException],
    ['KMSThrottlingException', 400, KMSThrottlingException],
    ['AccessDeniedException', 400, AccessDeniedException],
    ['com.amazonaws.kinesis#ExpiredIteratorException', 400, ExpiredIteratorException],
    ['com.amazon.coral.service#InternalFailure', 500, KinesisServiceException],
    ['InternalFailureException', 500, InternalFailureException],
    ['UnrecognizedClientException', 400, KinesisServiceException],
    ['ThrottlingException', 400, KinesisServiceException],
    ['RequestTimeTooSkewed', 403, KinesisServiceException],
  ];
  /** All that there is on an error for whoever catches it. */
  const shape = (error: Error & Record<string, unknown>) => ({ ...error, type: error.constructor.name, name: error.name, message: error.message });

  test.each(cases)('%s in CBOR is what the SDK makes of it in JSON', async (type, status, kind) => {
    const body = { __type: type, message: 'as it is' };
    const { read, client, told } = await serverAfter(answered, inCbor(body, status), inJson(body, status));
    const ours = await thrownBy(read());
    const theirs = await thrownBy(client.send(new GetRecordsCommand({ ShardIterator: 'iterator' })));
    expect(ours).toBeInstanceOf(kind);
    expect(ours).toMatchObject({ message: 'as it is', $metadata: { httpStatusCode: status, requestId: 'request-1' } });
    expect(shape(ours)).toEqual(shape(theirs));
    expect(told).toEqual([]);
  });

  test.each(['RequestTimeTooSkewed', 'InvalidSignatureException'])(
    'a wrong clock (%s) is one to try again, and the next request has the time of the server',
    async (__type) => {
      const hourMs = 3_600_000;
      const date = new Date(Date.now() + hourMs);
      const { read, asked } = await serverAfter(answered, inCbor({ __type, message: 'Signature expired' }, 403, { date: date.toUTCString() }), good);
      expect(sortKinesisError(await thrownBy(read()), 'orders')).toMatchObject({ code: 'STREAM_DENIED', retryable: true });
      expect((await read()).records).toHaveLength(1);
      const [first = '', second = ''] = asked.map(({ signedAt }) => signedAt);
      const hour = (text: string) => Date.parse(text.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')) / hourMs;
      expect(hour(second) - hour(first)).toBeCloseTo(1, 1);
    },
  );

  test.each<[string, Respond]>([
    ['an error without a body', answer(500, 'text/plain', '')],
    ['a page of a proxy', answer(503, 'text/html', '<html>Service Unavailable</html>')],
    ['a refusal of a proxy', answer(403, 'text/html', '<html>Forbidden</html>')],
    ['an error in JSON', inJson({ __type: 'ExpiredIteratorException', message: 'old' }, 400)],
    ['an error in CBOR with things in it', inCbor({ __type: 'InvalidArgumentException', message: 'no', more: [new Uint8Array(2), { a: null }] }, 400)],
  ])('%s keeps the client in CBOR', async (_name, respond) => {
    const { read, wires, told } = await serverAfter(answered, respond, good);
    expect(await thrownBy(read())).toMatchObject({ $metadata: { httpStatusCode: expect.any(Number) } });
    await read();
    expect(wires()).toEqual(['cbor', 'cbor']);
    expect(told).toEqual([]);
  });
});

describe.each(ways)('broken bodies of $way', ({ answered }) => {
  const whole = encode(answerItem([one, one, one]));
  const half = whole.subarray(0, whole.length / 2);

  const cases: readonly [string, Respond][] = [
    [
      'shorter than announced',
      (response) => response.writeHead(200, { 'content-type': cborType, 'content-length': String(whole.length) }).write(half, () => response.socket?.destroy()),
    ],
    ['chunks without an end', (response) => response.writeHead(200, { 'content-type': cborType }).write(half, () => response.socket?.destroy())],
    [
      'a connection that says nothing of lengths, closed too early',
      (response) => response.socket?.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: ${cborType}\r\nconnection: close\r\n\r\n`), half])),
    ],
    ['larger than any answer', (response) => response.writeHead(200, { 'content-type': cborType, 'content-length': String(bodyBytesMax + 1) }).write(half)],
    ['that comes to a halt', (response) => response.writeHead(200, { 'content-type': cborType, 'content-length': String(whole.length) }).write(half)],
  ];

  test.each(cases)('%s: an error that is worth a repetition, and never a part of the answer', async (_name, respond) => {
    const { read, wires, told } = await serverAfter(answered, respond, good);
    const error = await thrownBy(read());
    expect(error).toBeInstanceOf(ConsumerError);
    expect(error).toMatchObject({ code: 'STREAM_UNREACHABLE', retryable: true });
    expect(error.message).toContain(shard.shardId);
    expect(plainOf(await read())).toEqual(bytesOnly([one]));
    expect(wires()).toEqual(['cbor', 'cbor']);
    expect(told).toEqual([]);
  });

  test('one that grows beyond any answer is cut off', async () => {
    const megabyte = Buffer.alloc(1024 * 1024);
    const { read } = await serverAfter(answered, (response) => {
      response.writeHead(200, { 'content-type': cborType });
      const more = () => response.write(megabyte, (error) => (error ? undefined : more()));
      more();
    });
    expect(await thrownBy(read())).toMatchObject({ code: 'STREAM_UNREACHABLE', message: expect.stringContaining('longer than') });
  });

  test.each<[string, Respond]>([
    ['in chunks', (response) => response.writeHead(200, { 'content-type': cborType }).write(whole.subarray(0, 7), () => response.end(whole.subarray(7)))],
    [
      'to the end of the connection',
      (response) => response.socket?.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: ${cborType}\r\nconnection: close\r\n\r\n`), whole])),
    ],
    ['as application/cbor', answer(200, 'application/cbor', whole)],
  ])('a whole one comes %s', async (_name, respond) => {
    const { read } = await serverAfter(answered, respond);
    expect(plainOf(await read())).toEqual(bytesOnly([one, one, one]));
  });
});

describe.each(ways)('a stop of $way', ({ answered }) => {
  const reason = new Error('stop');

  test('before the call sends nothing', async () => {
    const { read, asked } = await serverAfter(answered, good);
    expect(await thrownBy(read(AbortSignal.abort(reason)))).toBe(reason);
    expect(asked).toEqual([]);
  });

  test('while the body is coming ends the call and the connection', async () => {
    const stop = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    const { read } = await serverAfter(answered, (response) => {
      closed = once(response, 'close');
      response.writeHead(200, { 'content-type': cborType, 'content-length': '1000' }).write(Buffer.alloc(10), () => stop.abort(reason));
    });
    expect(await thrownBy(read(stop.signal))).toBe(reason);
    await closed;
  });
});
