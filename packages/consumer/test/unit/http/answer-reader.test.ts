// Answers out of bytes: the same ones however the bytes come in pieces, whole or not at all, in the memory that they were given.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnswerReader, createAnswerReader, type HttpAnswer } from '../../../src/kinesis/http/answer-reader.ts';
import { HttpError } from '../../../src/kinesis/http/head.ts';
import { type AnswerMemory, freshMemory } from '../../../src/kinesis/wire/answer-memory.ts';
import { BodyError, bodyBytesMax } from '../../../src/kinesis/wire/body.ts';

/** Reads as a socket does: into the space there is, and no further than a piece. Tells the answer and how much was read. */
function feed(reader: AnswerReader, pieces: readonly Buffer[]): { readonly answer: HttpAnswer | undefined; readonly read: number } {
  let read = 0;
  for (const piece of pieces)
    for (let at = 0; at < piece.length; ) {
      const space = reader.space();
      expect(space.length).toBeGreaterThan(0);
      const bytes = piece.copy(space, 0, at);
      at += bytes;
      read += bytes;
      const answer = reader.took(bytes);
      if (answer !== undefined) return { answer, read };
    }
  return { answer: undefined, read };
}

function begun(memory: AnswerMemory = freshMemory): AnswerReader {
  const reader = createAnswerReader();
  reader.begin(memory);
  return reader;
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const every = (bytes: Buffer, size: number): readonly Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
const plain = (answer: HttpAnswer | undefined) => answer && { ...answer, body: answer.body.toString('latin1') };

const long = 'x'.repeat(9_000);
const whole: readonly [string, string, string, boolean][] = [
  ['of a length', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello', 'hello', true],
  ['of no length', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', '', true],
  ['of a 204', 'HTTP/1.1 204 No Content\r\n\r\n', '', true],
  ['longer than a read', `HTTP/1.1 200 OK\r\ncontent-length: ${long.length}\r\n\r\n${long}`, long, true],
  ['behind a long head', `HTTP/1.1 200 OK\r\nx: ${long}\r\ncontent-length: 5\r\n\r\nhello`, 'hello', true],
  ['in one chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 'hello', true],
  ['in chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n00b\r\nello\r\n0\r\n\r\n\r\n0\r\n\r\n', 'hello\r\n0\r\n\r\n', true],
  ['in no chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', '', true],
  [
    'in chunks with extensions and trailers',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;a=b;c="d"\r\nhello\r\n0 ;e\r\nx: y\r\nz: \r\n\r\n',
    'hello',
    true,
  ],
  ['in a large chunk', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${long.length.toString(16).toUpperCase()}\r\n${long}\r\n0\r\n\r\n`, long, true],
  [
    'behind words before it',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello',
    'hello',
    true,
  ],
  ['on a connection that closes', 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello', 'hello', false],
  ['of an older server', 'HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello', 'hello', false],
  ['of an error', 'HTTP/1.1 500 No\r\ncontent-length: 5\r\n\r\nhello', 'hello', true],
];

describe.each(whole)('a body %s', (_name, text, body, isReusable) => {
  const bytes = bytesOf(text);

  test('is read as a whole', () => {
    const reader = begun();
    expect(plain(feed(reader, [bytes]).answer)).toMatchObject({ body, isReusable });
    expect(reader.stage()).toBe('nothing');
  });

  test('is the same at every size of the pieces, and wherever its bytes are cut', () => {
    const expected = plain(feed(begun(), [bytes]).answer);
    for (const size of [1, 2, 3, 7, 1_000]) expect(plain(feed(begun(), every(bytes, size)).answer)).toEqual(expected);
    for (let at = 1; at < Math.min(bytes.length, 400); at += 1)
      expect(plain(feed(begun(), [bytes.subarray(0, at), bytes.subarray(at)]).answer)).toEqual(expected);
  });

  test('that ends sooner is none, and says so unless nothing came', () => {
    for (let at = 0; at < bytes.length; at += bytes.length > 1_000 ? 97 : 1) {
      const reader = begun();
      expect(feed(reader, [bytes.subarray(0, at)]).answer).toBeUndefined();
      if (at === 0) expect(reader.ended()).toBeUndefined();
      else {
        const stage = reader.stage();
        expect(stage).not.toBe('nothing');
        expect(() => reader.ended()).toThrow(stage === 'head' ? HttpError : BodyError);
      }
    }
  });

  test('followed by another byte is read, and the connection is of no use', () => {
    const { answer, read } = feed(begun(), [Buffer.concat([bytes, Buffer.from('H')])]);
    expect(answer?.body.toString('latin1')).toBe(body);
    // What was not read with the answer is there as soon as the connection is idle.
    if (read > bytes.length) expect(answer?.isReusable).toBe(false);
    else expect(body).toBe(long);
  });
});

test('any answer in any pieces is that answer, one after another on a connection', () => {
  const answers = fc.array(
    fc.record({ body: fc.uint8Array({ maxLength: 10_000, size: 'max' }), cuts: fc.array(fc.nat(10_000), { maxLength: 5 }), isChunked: fc.boolean() }),
    { minLength: 1, maxLength: 4 },
  );
  const inChunks = (body: Buffer, cuts: readonly number[]): Buffer => {
    const at = [0, ...cuts.map((cut) => cut % (body.length + 1)).toSorted((a, b) => a - b), body.length];
    const chunks = at
      .slice(1)
      .map((end, index) => body.subarray(at[index], end))
      .filter((chunk) => chunk.length > 0);
    return Buffer.concat([...chunks.flatMap((chunk) => [bytesOf(`${chunk.length.toString(16)}\r\n`), chunk, bytesOf('\r\n')]), bytesOf('0\r\n\r\n')]);
  };
  fc.assert(
    fc.property(answers, fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 8 }), (given, sizes) => {
      const reader = createAnswerReader();
      for (const { body, cuts, isChunked } of given) {
        const head = isChunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`;
        const content = isChunked ? inChunks(Buffer.from(body), cuts) : Buffer.from(body);
        const bytes = Buffer.concat([bytesOf(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`), content]);
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += pieces.at(-1)?.length ?? 0) pieces.push(bytes.subarray(at, at + (sizes[pieces.length % sizes.length] ?? 1)));
        reader.begin(freshMemory);
        const { answer, read } = feed(reader, pieces);
        expect([answer?.body.equals(body), answer?.isReusable, read]).toEqual([true, true, bytes.length]);
      }
    }),
  );
});

test('a body of no known length ends with the connection', () => {
  const reader = begun();
  expect(feed(reader, every(bytesOf(`HTTP/1.1 200 OK\r\n\r\n${long}`), 100)).answer).toBeUndefined();
  expect(plain(reader.ended())).toMatchObject({ body: long, isReusable: false });
});

describe('memory', () => {
  function watched() {
    const taken: Buffer[] = [];
    return { taken, memory: { ...freshMemory, take: (bytes: number) => taken[taken.push(freshMemory.take(bytes)) - 1] as Buffer } };
  }

  test('of a body whose length is known is what was taken for it, and is read into as it is', () => {
    const { memory, taken } = watched();
    const reader = begun(memory);
    feed(reader, [bytesOf('HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\nabc')]);
    expect(reader.space().buffer).toBe(taken[0]?.buffer);
    expect([reader.space().length, reader.bodyBytes()]).toEqual([9_997, 3]);
    const { answer } = feed(reader, [Buffer.alloc(9_997, 'd')]);
    expect(answer?.body).toBe(taken[0]);
    expect(reader.space().buffer).not.toBe(taken[0]?.buffer);
  });

  test.each(['HTTP/1.1 400 Bad\r\ncontent-length: 5', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked', 'HTTP/1.1 200 OK'])('is not taken for %j', (head) => {
    const { memory, taken } = watched();
    feed(begun(memory), [bytesOf(`${head}\r\n\r\n`)]);
    expect(taken).toEqual([]);
  });

  test('of a body that is put together is its own', () => {
    const reader = begun();
    const first = feed(reader, [bytesOf('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')]).answer;
    reader.begin(freshMemory);
    feed(reader, [bytesOf('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nworld\r\n0\r\n\r\n')]);
    expect(first?.body.toString()).toBe('hello');
  });
});

describe('nobody can use', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const chunked = `${head}transfer-encoding: chunked\r\n\r\n`;

  test.each<[string, string]>([
    ['what is no head', 'garbage\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n'],
    ['a head that does not end', head + `x: ${'y'.repeat(1_000)}\r\n`.repeat(70)],
    ['a head of one line that does not end', 'x'.repeat(66_000)],
    ['words before an answer that do not end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(3_000)],
    ['chunks without a size', `${chunked}\r\n`],
    ['a size that is none', `${chunked}5x\r\n`],
    ['a negative size', `${chunked}-5\r\n`],
    ['a size beyond all', `${chunked}fffffffff\r\n`],
    ['a line that ends as it must not', `${chunked}5\nhello\r\n`],
    ['a chunk that is longer than its size', `${chunked}5\r\nhello!\r\n`],
    ['an extension that does not end', `${chunked}5;${'x'.repeat(17_000)}`],
    ['trailers that do not end', `${chunked}0\r\n${'x: y\r\n'.repeat(4_000)}`],
  ])('%s', (_name, text) => {
    for (const size of [1, 1_000, text.length]) expect(() => feed(begun(), every(bytesOf(text), size))).toThrow(HttpError);
  });

  test.each<[string, string]>([
    ['by its length', `${head}content-length: ${bodyBytesMax + 1}\r\n\r\n`],
    ['by its first chunk', `${chunked}${(bodyBytesMax + 1).toString(16)}\r\n`],
    ['by what comes', `${head}\r\n`],
  ])('a body larger than any answer, %s', (_name, text) => {
    const reader = begun();
    const megabyte = Buffer.alloc(1024 * 1024);
    const more = Array.from({ length: bodyBytesMax / megabyte.length + 1 }, () => megabyte);
    expect(() => feed(reader, [bytesOf(text), ...more])).toThrow(expect.objectContaining({ name: 'BodyError', fault: 'too-large' }));
  });
});
