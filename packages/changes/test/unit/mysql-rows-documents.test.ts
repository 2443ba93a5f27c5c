// A record that is one JSON object takes a faster way than the reader of literals, and names that were read before are known again:
// neither may make a difference.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstDocument, readDocuments } from '../../src/mysql-rows/documents.ts';
import { editedJsonTexts, jsonTexts, withoutMinusZero } from '../support/json-texts.ts';

function read(text: string): unknown {
  const documents = readDocuments(text);
  return 'kind' in documents ? documents.error.code : withoutMinusZero(documents);
}

/** By the reader of literals: with white space before it the text takes the other way. */
function readAsLiterals(text: string): unknown {
  return read(` ${text}`);
}

/** What the reader of literals refuses may be read as JSON: of two fields of one name it looks at both. */
function isReadAlike(text: string): void {
  const expected = readAsLiterals(text);
  if (typeof expected !== 'string') expect(read(text)).toEqual(expected);
}

describe('readDocuments', () => {
  it('reads a JSON object as the reader of literals does', () => {
    fc.assert(
      fc.property(jsonTexts, (inner) => isReadAlike(`{"type":"WriteRowsEvent","row":{"values":${inner}}}`)),
      { numRuns: 3000 },
    );
  });

  it('reads what is hardly JSON any more as the reader of literals does', () => {
    fc.assert(
      fc.property(editedJsonTexts, (inner) => isReadAlike(`{"row":${inner}}`)),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['{"a":1e2000}', 'BROKEN_VALUE'],
    [`{"a":${'['.repeat(128)}${']'.repeat(128)}}`, 'TOO_DEEP'],
    [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'TOO_DEEP'],
    ['{"a":1', 'NOT_JSON'],
    [`{"a":${'['.repeat(127)}${']'.repeat(127)}}`, undefined],
    ['{"a":{"b":1}}{"c":2}', [[['a', [['b', 1]]]], [['c', 2]]]],
    ['{"a":1} {"c":2}', [[['a', 1]], [['c', 2]]]],
    ['{"a":NaN}', [[['a', Number.NaN]]]],
  ])('%.40s', (text, expected) => {
    expect(read(text)).toEqual(expected ?? readAsLiterals(text));
    expect(readAsLiterals(text)).toEqual(read(text));
  });
});

describe('names', () => {
  const written: ReadonlyMap<string, string> = new Map([
    ["'a'", 'a'],
    ['"a"', 'a'],
    ["'ab'", 'ab'],
    ["'abc'", 'abc'],
    ["''", ''],
    [`'a"b'`, 'a"b'],
    [`"a'b"`, "a'b"],
    ["'a\\nb'", 'a\nb'],
    ["'__proto__'", '__proto__'],
    ["'ä'", 'ä'],
  ]);
  const dict = fc.uniqueArray(fc.constantFrom(...written.keys()), { selector: (name) => written.get(name), maxLength: 6 });

  it('are those of the text, whatever was read before', () => {
    fc.assert(
      fc.property(fc.array(dict, { maxLength: 5 }), (dicts) => {
        for (const names of dicts) {
          const read = firstDocument(`{${names.map((name, at) => `${name}: ${at}`).join(', ')}}`) ?? {};
          expect(Object.entries(read)).toEqual(names.map((name, at) => [written.get(name), at]));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('are not taken for known ones that only look the same', () => {
    expect(firstDocument(`{'a\\\\bc': 1}`)).toEqual({ 'a\\bc': 1 });
    expect(firstDocument(`{'a\\bc': 1}`)).toEqual({ 'a\bc': 1 });
    expect(firstDocument(`{'a"b': 1}`)).toEqual({ 'a"b': 1 });
    expect(firstDocument(`{"a"b": 1}`)).toBeUndefined();
  });
});
