// The form of a dead letter outside a database, both ways, and what is no letter.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { letterFromJson, letterToJson, wholeForm } from '../../src/dead-letters/json.ts';
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
        const json = letterToJson(letter, { raw, event: true });
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
      expect(letterFromJson(letterToJson({ ...plainLetter, raw }, { raw: form, event: true }))).toEqual({
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
    const { sink: _sink, event: _event, ...rest } = fields;
    expect(letterFromJson(JSON.stringify({ ...rest, position: { a: 1 } }))).toEqual({
      kind: 'letter',
      letter: { ...plainLetter, sink: undefined, event: undefined },
    });
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
  ])('%s', (json, reason) => {
    expect(letterFromJson(json)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) });
  });

  test('whatever the text is', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (json) => letterFromJson(json).kind === 'unreadable'));
  });
});
