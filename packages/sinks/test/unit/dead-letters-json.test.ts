// The form of a dead letter outside a database, both ways, and what is no letter.
import { codecs } from '@shardfold/changes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LetterForm, letterFromJson, letterToJson, wholeForm } from '../../src/dead-letters/json.ts';
import { bodyOf } from '../../src/dead-letters/sqs/body.ts';
import type { DeadLetter } from '../../src/index.ts';
import { plainLetter } from '../../src/testing/index.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map((units) => String.fromCharCode(...units)),
);
const optionalText = fc.option(text, { nil: undefined });
const timeMs = fc.integer({ min: -8.64e15, max: 8.64e15 });
const anyLetter: fc.Arbitrary<DeadLetter> = fc.record({
  id: text,
  failedAtMs: timeMs,
  application: text,
  worker: text,
  stream: text,
  shard: text,
  sequence: text,
  subSequence: fc.nat(),
  arrivalMs: timeMs,
  partitionKey: optionalText,
  stage: fc.constantFrom('decode', 'route', 'write'),
  sink: optionalText,
  target: optionalText,
  key: optionalText,
  errorCode: text,
  errorMessage: text,
  attempts: fc.nat(),
  raw: fc.uint8Array({ maxLength: 300 }),
  event: optionalText,
});

describe('a letter as JSON', () => {
  test('comes back as it was, in one line that line readers, XML and terminals take', () => {
    fc.assert(
      fc.property(anyLetter, fc.constantFrom('plain' as const, 'gzip' as const), (letter, raw) => {
        const json = letterToJson(letter, { ...wholeForm, raw });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
        expect(json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]/);
        expect(json.isWellFormed()).toBe(true);
        expect(letterFromJson(json)).toEqual({ kind: 'letter', letter });
      }),
    );
  });

  test('bytes that are a part of a larger buffer are only that part', () => {
    const raw = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
    for (const form of ['plain', 'gzip'] as const) {
      expect(letterFromJson(letterToJson({ ...plainLetter, raw }, { ...wholeForm, raw: form }))).toEqual({
        kind: 'letter',
        letter: { ...plainLetter, raw: Uint8Array.of(1, 2, 3) },
      });
    }
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300])('no letter is refused for its time: %s', (ms) => {
    expect(letterFromJson(letterToJson({ ...plainLetter, arrivalMs: ms }, wholeForm))).toMatchObject({ kind: 'letter' });
  });

  test('fields of later versions are passed over, absent ones are as null', () => {
    const fields = JSON.parse(letterToJson({ ...plainLetter, sink: undefined, event: undefined }, wholeForm));
    const { sink: _sink, event: _event, partition_key: _key, ...rest } = fields;
    expect(letterFromJson(JSON.stringify({ ...rest, position: { a: 1 } }))).toEqual({
      kind: 'letter',
      letter: { ...plainLetter, sink: undefined, event: undefined },
    });
  });
});

describe('a letter that must be short', () => {
  // Nothing packs it.
  const raw = Uint8Array.from({ length: 900_000 }, (_, index) => Math.imul(index * index + 12_345, 2_654_435_761) >>> 24);
  const whole = {
    ...plainLetter,
    raw,
    event: `"${'x'.repeat(50_000)}"`,
    key: `["${'k'.repeat(3_000)}"]`,
    partitionKey: 'p'.repeat(3_000),
    errorMessage: 'because '.repeat(1_000),
  };

  function letterIn(json: string): DeadLetter {
    const read = letterFromJson(json);
    if (read.kind === 'letter') return read.letter;
    throw new Error(read.reason);
  }

  function withoutRecord(letter: DeadLetter, form: Partial<LetterForm> = {}): DeadLetter {
    return letterIn(letterToJson(letter, { ...wholeForm, raw: 'omitted', ...form }));
  }

  test('leaves its record out, and says how large it was and where it is', () => {
    const { raw: notice, ...rest } = withoutRecord(whole);
    const { raw: _raw, ...wanted } = whole;
    expect(rest).toEqual(wanted);
    const { stream, shard, sequence } = plainLetter;
    expect(new TextDecoder().decode(notice)).toBe(
      `The record had 900000 bytes, too many for where its dead letter is kept. Read it again from its stream ${stream}, shard ${shard}, sequence number ${sequence}.`,
    );
    expect(JSON.parse(letterToJson(whole, { ...wholeForm, raw: 'omitted' }))).toMatchObject({ raw_omitted: 900_000 });
  });

  test.for(codecs.map(({ name }) => name))('what stands for the record is none of the format %s, so that a replay keeps the letter', (name) => {
    const { raw: notice } = withoutRecord(plainLetter);
    const codec = codecs.find((each) => each.name === name);
    for (const partitionKey of ['', '{"id":1001}', '{"serverName":"server"}']) {
      const record = { sequence: '1', subSequence: 0, arrivalMs: 0, partitionKey, bytes: () => notice, text: () => new TextDecoder().decode(notice) };
      expect(codec?.decode(record).kind).toBe('undecodable');
    }
  });

  test.for([1_048_576, 900_000, 60_000, 20_000, 4_096, 2_048])('fits a queue that takes %i bytes', (maxBytes) => {
    const { text, bytes } = bodyOf(whole, maxBytes, 'the queue');
    expect([Buffer.byteLength(text), bytes <= maxBytes]).toEqual([bytes, true]);
    const { id, errorCode, sequence, errorMessage, key, partitionKey } = letterIn(text);
    expect({ id, errorCode, sequence }).toEqual({ id: whole.id, errorCode: whole.errorCode, sequence: whole.sequence });
    expect(whole.errorMessage.startsWith(errorMessage.replace(/…$/, ''))).toBe(true);
    expect([whole.key, undefined]).toContain(key);
    expect([whole.partitionKey, undefined]).toContain(partitionKey);
  });

  test('is refused by name only where a queue takes next to nothing', () => {
    expect(() => bodyOf(whole, 300, 'SQS queue dead')).toThrow(
      expect.objectContaining({ code: 'SINK_UNEXPECTED', retryable: false, message: expect.stringMatching(/^SQS queue dead: dead letter .* takes 300\./) }),
    );
  });
});

describe('what is no letter says why', () => {
  const fields = JSON.parse(letterToJson(plainLetter, wholeForm)) as Record<string, unknown>;
  const { raw: _raw, ...withoutRaw } = fields;
  test.each([
    ['', /JSON/],
    ['{"id":"a"', /JSON|Expected/],
    ['null', /no JSON object/],
    ['[]', /no JSON object/],
    ['7', /no JSON object/],
    [JSON.stringify({ ...fields, id: 7 }), /^id is no text$/],
    [JSON.stringify({ ...fields, failed_at: 'yesterday' }), /^failed_at is no time$/],
    [JSON.stringify({ ...fields, attempts: '3' }), /^attempts is no number$/],
    [JSON.stringify({ ...fields, stage: 'sent' }), /^stage is none of/],
    [JSON.stringify({ ...fields, sink: 7 }), /^sink is no text$/],
    [JSON.stringify({ ...fields, raw: 'not base64!' }), /^raw is no base64$/],
    [JSON.stringify(withoutRaw), /^raw is no text$/],
    [JSON.stringify({ ...withoutRaw, raw_gzip: 'AAAA' }), /header|gzip/],
    [JSON.stringify({ ...withoutRaw, raw_omitted: 'many' }), /^raw_omitted is no number$/],
  ])('%s', (json, reason) => {
    expect(letterFromJson(json)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) });
  });

  test('whatever the text is', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (json) => letterFromJson(json).kind === 'unreadable'));
  });
});
