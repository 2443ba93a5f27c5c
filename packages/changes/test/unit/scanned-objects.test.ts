// Objects that are gone over and parsed later, if at all: what is accepted is what the parser accepts, and what comes of it is the
// same as from the tree that was looked at.
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { debeziumCodec } from '../../src/debezium/codec.ts';
import type { RowImage, TextPolicy } from '../../src/index.ts';
import { documentImage, numberTexts, scannedDocument } from '../../src/mongodb/extended-json.ts';
import { exactTree, scannedTree } from '../../src/records/exact-tree.ts';
import { readWithExactNumbers } from '../../src/records/exact-walk.ts';
import { isObject } from '../../src/records/json.ts';
import { checkRow, jsonRowImage, maxRowDepth, scannedRowImage } from '../../src/records/json-row.ts';
import { rowsCodec } from '../../src/rows/codec.ts';
import { scanObject } from '../../src/scan/object.ts';
import { editedJsonTexts, escapedName, jsonTexts, outcome, parsedWithSources, withoutMinusZero } from '../support/json-texts.ts';
import { onlyEvent, recordOf } from '../support/records.ts';

const policies: readonly TextPolicy[] = [
  { numbers: 'exact', drop: [], rename: {} },
  { numbers: 'double-or-text', drop: [], rename: {} },
  { numbers: 'exact', drop: ['a'], rename: { b: 'a' } },
];
const deep = (depth: number, inner = '1'): string => `{"a":${'['.repeat(depth)}${inner}${']'.repeat(depth)}}`;

/** Objects, most of them, with wrappers of Extended JSON and without. */
const objects = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', '7', '__proto__', 'ä', '\u009e'), fc.constantFrom('', ' ', '\n\t'), fc.oneof(jsonTexts, wrappers())), {
    maxLength: 5,
  })
  .map((fields) => `{${fields.map(([name, gap, value]) => `${gap}"${name}"${gap}:${gap}${value}`).join(',')}}`);
const texts = fc.oneof(objects, jsonTexts, editedJsonTexts);

function wrappers(): fc.Arbitrary<string> {
  return fc.constantFrom(
    ...['{"$numberDecimal":"1e999"}', '{"$numberDecimal":"1.50"}', '{"$numberDouble" : "5E-324"}', '{"\\u0024numberDecimal":"1e999"}'],
    ...[
      '{"$numberLong":"9007199254740993"}',
      '{"$date":1720739862005}',
      '{"$date":{"$numberLong":"7400000000000000001"}}',
      '{"$oid":"669067d6c2b0a1d5f3e4a001"}',
    ],
    ...['"\u009e0"', '"\\u009e0"', '1e5', '0.0000001', '0.00000000000000012345', '-0.0', '1e999'],
  );
}

function looksOf(image: RowImage): unknown {
  return { values: withoutMinusZero(image.values()), json: policies.map((policy) => image.json(policy)) };
}

function parsedRow(text: string): unknown {
  const { value, numbers } = exactTree(text);
  const row = checkRow(value, numbers, 'row');
  return row.kind === 'row' ? looksOf(jsonRowImage(row)) : row;
}

function parsedDocument(text: string): unknown {
  const { value, numbers } = exactTree(text);
  if (!isObject(value)) return 'no object';
  const { result, walk } = readWithExactNumbers({ value, numbers }, documentImage, numberTexts);
  return walk.wrong ?? (walk.outOfBounds ? 'out of bounds' : looksOf(result));
}

describe('scanObject', () => {
  it('accepts only what the parser accepts, and tells each number that it rounds', () => {
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(!escapedName.test(text));
        const scanned = scanObject(text, 1000);
        if (scanned !== undefined) expect(outcome(() => scannedTree(scanned).fields, text)).toEqual(outcome(parsedWithSources, text));
      }),
      { numRuns: 20_000 },
    );
  });

  it('accepts whatever a program writes without exponents', () => {
    const value = fc.jsonValue({ noUnicodeString: false }).filter((each) => !/\d[eE]/.test(JSON.stringify(each)));
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, '\t'), (each, space) => {
        expect(scanObject(JSON.stringify({ each }, undefined, space), 1000)).toBeDefined();
      }),
    );
  });

  it.each([
    ['white space of all kinds', ' \n\r\t{ "a"\t:\n1 ,"b" : [ 1 , { } ] } \r\n'],
    ['an empty object', '{}'],
    ['escapes', '{"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4":"\\ud800"}'],
    ['the deepest list', deep(5)],
    ['64 long numbers', `{"a":[${new Array(64).fill('9007199254740993').join()}]}`],
    ['a number of 300 digits', `{"a":${'1'.repeat(300)}}`],
  ])('accepts %s', (_, text) => {
    expect(scanObject(text, 5)?.text).toBe(text);
  });

  it.each([
    ...['', '[]', '1', '{', '{"a"}', '{"a":}', '{"a":1,}', '{,}', '{"a":1 "b":2}', '{"a":1}}', '{"a":1}x', '{a:1}', "{'a':1}", '{"a":[1,]}', '{"a":[1 2]}'],
    ...[
      '{"a":01}',
      '{"a":-}',
      '{"a":1.}',
      '{"a":.5}',
      '{"a":+1}',
      '{"a":1e5}',
      '{"a":1E-5}',
      '{"a":NaN}',
      '{"a":nul}',
      '{"a":tru}',
      '{"a":"\\x"}',
      '{"a":"\\u12"}',
    ],
    ...['{"a":"\n"}', '{"a":"\u0000"}', '\u00a0{}', '\u0000{}', '{}\u0000', '{"a":1\f}', '{"a', '{"a":"', '{"a":"\\'],
    ...[deep(6), `{"a":[${new Array(65).fill('9007199254740993').join()}]}`, `{"a":${'1'.repeat(301)}}`],
  ])('leaves %j to the parser', (text) => {
    expect(scanObject(text, 5)).toBeUndefined();
  });

  it('leaves what is longer than its buffer to the parser', () => {
    const text = (length: number): string => `{"a":"${'x'.repeat(length - 8)}"}`;
    expect(scanObject(text(1024 * 1024), 5)?.parts).toBe(1);
    expect(scanObject(text(1024 * 1024 + 1), 5)).toBeUndefined();
  });
});

describe('a row, and a document, that is parsed when somebody asks', () => {
  it.each<[string, (text: string) => RowImage | undefined, (text: string) => unknown]>([
    ['a row', (text) => rowOf(text), parsedRow],
    ['a document', scannedDocument, parsedDocument],
  ])('%s is the same as one that was looked at', (_, scanned, parsed) => {
    const taken = { count: 0 };
    fc.assert(
      fc.property(fc.oneof({ arbitrary: objects, weight: 3 }, texts), (text) => {
        fc.pre(!escapedName.test(text));
        const image = scanned(text);
        if (image === undefined) return;
        taken.count += 1;
        expect(looksOf(image)).toEqual(parsed(text));
      }),
      { numRuns: 10_000 },
    );
    expect(taken.count).toBeGreaterThan(1000);
  });

  const rowOf = (text: string): RowImage | undefined => {
    const scanned = scanObject(text, maxRowDepth);
    return scanned && scannedRowImage(scanned);
  };

  it('holds about what its text and its parts do', () => {
    const weight = (text: string): number => rowOf(text)?.bytes ?? 0;
    expect(weight(`{"a":"${'x'.repeat(1000)}"}`) - weight('{"a":""}')).toBe(1000);
    expect(weight('{"a":[1,2]}') - weight('{"a":[1]}')).toBeGreaterThan(40);
  });

  it('is nested as deep as one that is looked at at once', () => {
    const kindAt = (depth: number): string => rowsCodec.decode(recordOf(deep(depth))).kind;
    expect([kindAt(maxRowDepth), kindAt(maxRowDepth + 1)]).toEqual(['changes', 'undecodable']);
  });
});

describe('parses', () => {
  afterEach(() => vi.restoreAllMocks());

  const after = '{"_id": 1,"n": 9007199254740993,"memo": "after"}';
  const source = { connector: 'mongodb', db: 'shop', collection: 'orders', ts_ms: 1763700000000 };
  const update = JSON.stringify({ before: after.replace('after', 'before'), after, source, op: 'u', ts_ms: 1 });

  it('a row not before it is asked for, and then once', () => {
    const parse = vi.spyOn(JSON, 'parse');
    const event = onlyEvent(rowsCodec.decode(recordOf('{"id":9007199254740993,"name":"Rex"}')));
    expect(parse).toHaveBeenCalledTimes(0);
    expect(event.after?.values()).toEqual({ id: 9007199254740993n, name: 'Rex' });
    expect(event.after?.json({ numbers: 'exact', drop: [], rename: {} })).toBe('{"id":9007199254740993,"name":"Rex"}');
    expect(parse).toHaveBeenCalledTimes(1);
  });

  it("neither of MongoDB's documents before it is asked for", () => {
    const parse = vi.spyOn(JSON, 'parse');
    const event = onlyEvent(debeziumCodec.decode({ ...recordOf(update), partitionKey: '{"id":"{\\"$oid\\": \\"669067d6c2b0a1d5f3e4a001\\"}"}' }));
    expect(parse).toHaveBeenCalledTimes(1);
    expect(event.after?.values()).toEqual({ _id: 1, n: 9007199254740993n, memo: 'after' });
    expect(parse).toHaveBeenCalledTimes(2);
    expect(event.before?.values()).toMatchObject({ memo: 'before' });
  });

  it.each([
    ['broken', '{"_id": 1'],
    ['no object', '[1]'],
    ['too deep', deep(200)],
    ['of a number beyond all', '{"_id": 1e99999}'],
  ])('and refuses a record whose document from before is %s, though nobody asked for it', (_, before) => {
    expect(debeziumCodec.decode(recordOf(update.replace(/"before":"(?:[^"\\]|\\.)*"/, () => `"before":${JSON.stringify(before)}`))).kind).toBe('undecodable');
  });
});
