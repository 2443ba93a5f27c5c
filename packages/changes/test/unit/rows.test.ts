// The rows codec: plain rows of a query as snapshots, every digit of them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, describeDecoded, type RowChange, rawRecord } from '../../src/index.ts';
import { mysqlRowsCodec } from '../../src/mysql-rows/codec.ts';
import { rowsCodec } from '../../src/rows/codec.ts';
import { onlyEvent, realRecords, recordOf, sequence } from '../support/records.ts';

const exact = { numbers: 'exact', drop: [], rename: {} } as const;
const arrivalMs = 1_763_700_000_123;

function recordAt(text: string, place: { readonly arrivalMs?: number; readonly sequence?: string; readonly stream?: string } = {}) {
  return rawRecord({ bytes: new TextEncoder().encode(text), sequence, arrivalMs, ...place });
}

function decode(text: string, place = {}): RowChange {
  return onlyEvent(rowsCodec.decode(recordAt(text, place)));
}

function codeOf(text: string, place = {}): string {
  const decoded = rowsCodec.decode(recordAt(text, place));
  return decoded.kind === 'undecodable' ? decoded.error.code : decoded.kind;
}

describe('a row', () => {
  it('is a snapshot below every change, without a key', () => {
    const decoded = rowsCodec.decode(recordAt('{"pkid":1,"name":null}', { stream: 'pets' }));
    expect(JSON.parse(describeDecoded(decoded).join('\n'))).toEqual({
      kind: 'snapshot',
      source: { system: 'query', table: 'pets' },
      after: { pkid: 1, name: null },
      version: { time: 1_763_700_000_123_000 - 9_000_000_000_000_000, seq: `${sequence}000000000` },
    });
    const { key, version } = onlyEvent(decoded);
    expect(key).toBeUndefined();
    expect(compareVersions(version, { time: 0, seq: '0' })).toBeLessThan(0);
  });

  it('is newer when it arrived later, and then when its place is later', () => {
    const first = decode('{"a":1}', { sequence: '9' }).version;
    expect(compareVersions(first, decode('{"a":1}', { sequence: '8', arrivalMs: arrivalMs + 1 }).version)).toBeLessThan(0);
    expect(compareVersions(first, decode('{"a":1}', { sequence: '10' }).version)).toBeLessThan(0);
    expect(compareVersions(first, decode('{"a":1}', { sequence: '9' }).version)).toBe(0);
  });

  it.each([
    ['pets', 'pets'],
    ['arn:aws:kinesis:eu-west-1:000000000000:stream/pets', 'pets'],
    ['', 'rows'],
    [undefined, 'rows'],
  ])('of the stream %s is of the table %s', (stream, table) => {
    expect(decode('{"a":1}', stream === undefined ? {} : { stream }).source).toEqual({ system: 'query', table });
  });

  it('keeps every digit', () => {
    const text =
      '{"a":9007199254740993,"b":0.12345678901234567890,"c":-18446744073709551615,"d":[{"e":12345678901234567890123456789012345678}],"f":1E2,"g":0.1}';
    expect(decode(text).after?.json(exact)).toBe(
      '{"a":9007199254740993,"b":0.1234567890123456789,"c":-18446744073709551615,"d":[{"e":12345678901234567890123456789012345678}],"f":100,"g":0.1}',
    );
  });

  it('keeps names that objects know for themselves, on a null prototype', () => {
    const text = `{"__proto__":{"x":1},"constructor":2,"a.b":3,"${'c'.repeat(70)}":"\\u0000\\ud800","a":1,"a":2}`;
    const image = decode(text).after;
    expect(image?.json(exact)).toBe(`{"__proto__":{"x":1},"constructor":2,"a.b":3,"${'c'.repeat(70)}":"\\u0000\\ud800","a":2}`);
    expect(Object.getPrototypeOf(image?.values())).toBeNull();
  });

  it('says again what JSON.parse says', () => {
    const row = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { minKeys: 1 });
    fc.assert(
      fc.property(row, (columns) => {
        const text = JSON.stringify(columns);
        expect(JSON.parse(decode(text).after?.json(exact) ?? '')).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is refused', () => {
  it.each([
    ['', 'EMPTY'],
    ['{"a":', 'NOT_JSON'],
    ["{'a': 1}", 'NOT_JSON'],
    ['{"a":1}{"a":2}', 'NOT_JSON'],
    ['null', 'BROKEN_RECORD'],
    ['[{"a":1}]', 'BROKEN_RECORD'],
    ['{}', 'BROKEN_RECORD'],
    ['{"a":1e1001}', 'BROKEN_VALUE'],
    [`{"a":${'['.repeat(101)}${']'.repeat(101)}}`, 'TOO_DEEP'],
  ])('%.40s: %s', (text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it('a place or a time that makes no version below every change', () => {
    expect(codeOf('{"a":1}', { sequence: 'x' })).toBe('BROKEN_RECORD');
    for (const time of [Number.NaN, -1, 1.5, 9e12, Number.POSITIVE_INFINITY]) expect(codeOf('{"a":1}', { arrivalMs: time })).toBe('BROKEN_RECORD');
    expect(codeOf('{"a":1}', { arrivalMs: 9e12 - 1 })).toBe('changes');
    expect(decode('{"a":1}', { arrivalMs: 0 }).version.time).toBe(-9e15);
  });

  it('says what a row is and what becomes of this one', () => {
    expect(rowsCodec.decode(recordAt('[]'))).toMatchObject({ error: { message: expect.stringMatching(/not decoded.*one JSON object/) } });
    expect(rowsCodec.decode(recordAt('{"a":{"b":1e1001}}'))).toMatchObject({ error: { message: expect.stringContaining('"a" → "b"') } });
  });
});

describe('recognises', () => {
  it('rows, and decodes them', () => {
    for (const { text, ...place } of rowsCodec.examples) {
      const record = rawRecord({ bytes: new TextEncoder().encode(text), ...place });
      expect([rowsCodec.recognises(record), rowsCodec.decode(record).kind]).toEqual([true, 'changes']);
    }
    expect(rowsCodec.recognises(recordOf('{"type":"x","table":"t","op":1}'))).toBe(true);
  });

  it('no record of another format', () => {
    for (const record of realRecords) expect(rowsCodec.recognises(record)).toBe(false);
    for (const { text } of mysqlRowsCodec.examples) expect(rowsCodec.recognises(recordOf(text))).toBe(false);
  });

  it.each([
    '',
    '5',
    '[]',
    '{}',
    '{"a":',
    '{"data":{"id":1},"metadata":{"record-type":"data","operation":"load"}}',
    '{"control":{},"metadata":{"record-type":"control"}}',
    '{"schema":{},"payload":{"op":"c"}}',
    '{"before":null,"after":{"id":1},"source":{"db":"d"},"op":"c"}',
    '{"database":"d","table":"t","type":"insert","ts":1,"data":{"id":1}}',
    '{"database":"d","table":"t","type":"bootstrap-start","ts":1}',
    '{"database":"d","table":"t","type":"delete","data":{"id":1}}',
    '{"_id":{"_data":"8265"},"operationType":"insert","ns":{"db":"d","coll":"c"}}',
    '{"operationType":"delete","documentKey":{"_id":1}}',
    '{"operationType":"invalidate","clusterTime":1}',
    '{"table":"t","type":"WriteRowsEvent","row":{"values":{}}}',
    '{"table":"t","type":"WriteRowsEvent","rows":[]}',
    '{"table":"t","event":"WriteRowsEvent","row":{"values":{}}}',
    '{"table":"t","event":"WriteRowsEvent","rows":[]}',
  ])('not %s', (text) => {
    expect(rowsCodec.recognises(recordOf(text))).toBe(false);
  });
});
