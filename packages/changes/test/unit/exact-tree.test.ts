// Parsed JSON with exact numbers, against the parser's own account of what each number's text was.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber } from '../../src/index.ts';
import { parsedExactly } from '../../src/records/exact-tree.ts';
import { isNumberText, numberValue } from '../../src/values/numbers.ts';

/** Asks the parser for the text of each number: slow, but there is nothing to find. */
function oracle(text: string): unknown {
  return JSON.parse(text, (_: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== 'number') return value;
    const source = context?.source ?? '';
    return isNumberText(source) ? numberValue(source) : Number.NaN;
  });
}

/** `-0` is `0` to every target; which of the two comes is not promised. */
function withoutMinusZero(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  return Object.entries(value).map(([name, inner]) => [name, withoutMinusZero(inner)]);
}

function outcome(parse: (text: string) => unknown, text: string): unknown {
  try {
    return { value: withoutMinusZero(parse(text)) };
  } catch (error) {
    return { error: error instanceof Error ? error.name : error };
  }
}

const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,40})([.][0-9]{1,30})?([eE][-+]?[0-9]{1,4})?$/);
const nearly = fc.constantFrom(
  '00000000000000001',
  '1234567890123456.',
  '.1234567890123456',
  '1e',
  '--1',
  '1234567890123456e',
  '+1234567890123456',
  '1.2.3456789012345678',
);
const strings = fc.oneof(
  fc.string(),
  fc.constantFrom(': 1234567890123456789,', '": 12345678901234567890 ,', '\\', '\\"', '\\": [1e400]', '1e5', '\u009e5', 'e', '[-12345678901234567890]'),
);
/** Node 24's parser takes a name like `"a` for an earlier one like `\\"`, so the names here have neither sign. */
const names = strings.map((text) => JSON.stringify(text.replaceAll('\\', '').replaceAll('"', '')));
const escapedName = /\\(?:[^"\\]|\\.)*"\s*:/;
const space = fc.constantFrom('', ' ', '\n\t', '  ');
const { json } = fc.letrec<{ json: string; list: string; object: string; number: string; text: string }>((tie) => ({
  number: fc.oneof({ weight: 20, arbitrary: digits }, { weight: 1, arbitrary: nearly }),
  text: strings.map((text) => JSON.stringify(text)),
  list: fc.array(tie('json'), { maxLength: 4 }).map((parts) => `[${parts.join(',')}]`),
  object: fc.array(fc.tuple(names, tie('json')), { maxLength: 4 }).map((parts) => `{${parts.map(([name, value]) => `${name}:${value}`).join(',')}}`),
  json: fc
    .tuple(space, fc.oneof({ maxDepth: 4 }, tie('number'), tie('text'), fc.constantFrom('null', 'true'), tie('list'), tie('object')), space)
    .map((parts) => parts.join('')),
}));

describe('parsedExactly', () => {
  it('says what the parser says, number by number, and throws where it throws', () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(outcome(parsedExactly, text)).toEqual(outcome(oracle, text));
      }),
      {
        numRuns: 5000,
        examples: [['12345678901234567890'], ['-1e5'], [' 0.12345678901234567 '], ['{ 12345678901234567890 :1}'], ['[1 12345678901234567890]']],
      },
    );
  });

  it('says so for text with a few signs changed', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom('', '"', '\\', ',', ':', '1', 'e', '-', '.', ' ', '}', '\u009e')), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(json, edits, (text, changes) => {
        let changed = text;
        for (const [where, removed, added] of changes) {
          const at = where % (changed.length + 1);
          changed = changed.slice(0, at) + added + changed.slice(at + removed);
        }
        fc.pre(!escapedName.test(changed));
        expect(outcome(parsedExactly, changed)).toEqual(outcome(oracle, changed));
      }),
      { numRuns: 5000 },
    );
  });
});
