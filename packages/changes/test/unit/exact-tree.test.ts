// Parsed JSON with exact numbers, on each of the ways that a record may take, against the parser's own account of what each
// number's text was.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactTree, exactTreeOf, parsedExactly } from '../../src/records/exact-tree.ts';
import { checkTree, readWithExactNumbers } from '../../src/records/exact-walk.ts';
import { checkRow } from '../../src/records/json-row.ts';
import { longNumbers } from '../../src/records/long-numbers.ts';
import { editedJsonTexts, escapedName, jsonTexts, outcome, parsedWithSources } from '../support/json-texts.ts';

const noLimit = 1e6;

function walked(tree: { readonly value: unknown; readonly numbers: ReturnType<typeof exactTree>['numbers'] }): unknown {
  return readWithExactNumbers(tree, (value, walk) => checkTree(value, walk, noLimit)).result;
}

/** As `rows`, `dms` and `maxwell` look at their columns; a number out of bounds is refused. */
function asRow(text: string): unknown {
  const { value, numbers } = exactTree(text);
  const row = checkRow({ value }, numbers, 'row');
  return row.kind === 'row' ? row.row.value : Number.NaN;
}

const ways: readonly (readonly [name: string, read: (text: string) => unknown])[] = [
  ['parsedExactly', parsedExactly],
  ['a walk over exactTree', (text) => walked(exactTree(text))],
  [
    'a walk over exactTreeOf',
    (text) => {
      const tree = exactTreeOf(text, JSON.parse(text));
      return tree.kind === 'json' ? walked(tree) : tree;
    },
  ],
];

const hard: readonly string[] = [
  ...['12345678901234567890', '-1e5', ' 0.12345678901234567 ', '{ 12345678901234567890 :1}', '[1 12345678901234567890]'],
  ...['{"a":7400000000000000000,"b":7400000000000000001}', '{"a":7400000000000000000,"a":7400000000000000001}'],
  ...['{"7":7400000000000000000,"a":[7400000000000000001],"1":7400000000000000001}', '[{"a":9007199254740992},{"a":9007199254740993}]'],
  ...['{"x ":":9007199254740993,","a":9007199254740992}', '{"a":0.00001234567890123400001,"b":1.2345678901234e-5}'],
  ...['{"a":0.1234567890123456,"b":0.12345678901234560001}', '{"__proto__":7400000000000000000,"a":7400000000000000001}'],
  ...['{"a":7400000000000000000,"7":7400000000000000001,"c":7400000000000000001}', '{"a":1.234567890123e-10,"b":0.0000000001234567890123000001}'],
  ...['{"a":1e16,"b":10000000000000001}', '{"a":1.5,"b":1.50000000000000000001}', '{"\\u0061":7400000000000000000,"b":7400000000000000001}'],
];

describe.each(ways)('%s', (_, read) => {
  it('says what the parser says, number by number, and throws where it throws', () => {
    fc.assert(
      fc.property(jsonTexts, (text) => {
        expect(outcome(read, text)).toEqual(outcome(parsedWithSources, text));
      }),
      { numRuns: 5000, examples: hard.map((text) => [text]) },
    );
  });

  it('says so for text with a few signs changed', () => {
    fc.assert(
      fc.property(editedJsonTexts, (text) => {
        fc.pre(!escapedName.test(text));
        expect(outcome(read, text)).toEqual(outcome(parsedWithSources, text));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('checkRow', () => {
  it('makes the numbers of a row what the parser says, and refuses what nothing holds', () => {
    fc.assert(
      fc.property(jsonTexts, (text) => {
        fc.pre(
          !JSON.stringify(outcome(parsedWithSources, text), (_, value: unknown) =>
            typeof value === 'bigint' ? String(value) : Number.isNaN(value) ? 'not a number' : value,
          ).includes('not a number'),
        );
        expect(outcome(asRow, text)).toEqual(outcome(parsedWithSources, text));
      }),
      { numRuns: 5000, examples: hard.map((text) => [text]) },
    );
  });
});

describe('longNumbers', () => {
  it.each<[string, string, readonly unknown[] | 'unclear' | undefined]>([
    ['short numbers', '{"a":1.5,"b":999999999999999,"c":-0.25}', undefined],
    ['digits at the end of a word', '{"a":"x1234567890123456789 "}', undefined],
    ['digits at the beginning of a word', '{"a":"no 1234567890123456789x"}', undefined],
    ['a safe integer of sixteen digits', '{"ts_us":1763700000123456}', undefined],
    ['a double as a program prints it', '{"a":0.30000000000000004}', undefined],
    ['a small power of ten', '{"a":1.5e-7}', undefined],
    ['integers', '{"a":9007199254740993,"b":[-18446744073709551615]}', [9007199254740993n, -18446744073709551615n]],
    ['two that share a double, told by their names', '{"a":7400000000000000000,"b" : 7400000000000000001}', [7400000000000000000n, 7400000000000000001n]],
    [
      'two that share a double and a name, and their value',
      '[{"a":7400000000000000000},{"b":7400000000000000001},{"a":7400000000000000000}]',
      [7400000000000000000n, 7400000000000000001n, 7400000000000000000n],
    ],
    ['two that share a double in a list', '[7400000000000000000,7400000000000000001]', 'unclear'],
    ['two that share a double and a name', '[{"a":7400000000000000000},{"a":7400000000000000001}]', 'unclear'],
    ['one that a short number is the double of', '{"a":1.50000000000000000001}', 'unclear'],
    ['a large power of ten', '{"a":6.02e23}', 'unclear'],
    ['a number longer than any double', `{"a":1${'0'.repeat(300)}}`, 'unclear'],
    ['two that share a double, one behind a name with an escape', '{"x\\"a":7400000000000000000,"b":7400000000000000001}', 'unclear'],
    ['more than are looked for', JSON.stringify(Array.from({ length: 65 }, () => 0)).replaceAll('0', '9007199254740993'), 'unclear'],
  ])('%s', (_, text, expected) => {
    const numbers = longNumbers(text);
    expect(numbers === undefined || numbers === 'unclear' ? numbers : numbers.all.map(({ value }) => value)).toEqual(expected);
  });
});
