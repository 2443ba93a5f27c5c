// JSON texts for properties, made to be hard on whoever looks for numbers in them without parsing. It expects nothing.
import fc from 'fast-check';
import { ExactNumber } from '../../src/index.ts';
import { isNumberText, numberValue } from '../../src/values/numbers.ts';

/** Asks the parser for the text of each number: slow, but there is nothing to find. */
export function parsedWithSources(text: string): unknown {
  return JSON.parse(text, (_: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== 'number') return value;
    const source = context?.source ?? '';
    return isNumberText(source) ? numberValue(source) : Number.NaN;
  });
}

/** `-0` is `0` to every target; which of the two comes is not promised. */
export function withoutMinusZero(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  return Object.entries(value).map(([name, inner]) => [name, withoutMinusZero(inner)]);
}

/** What a parser makes of a text, for comparing. */
export function outcome(parse: (text: string) => unknown, text: string): unknown {
  try {
    return { value: withoutMinusZero(parse(text)) };
  } catch (error) {
    return { error: error instanceof Error ? error.name : error };
  }
}

const anyDigits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,40})([.][0-9]{1,30})?([eE][-+]?[0-9]{1,4})?$/);
/** Numbers that share a double with another of them. */
const alike = fc.constantFrom(
  ...['9007199254740992', '9007199254740993', '9007199254740992.0', '9.007199254740992e15', '-9007199254740993', '-9007199254740992'],
  ...['7400000000000000000', '7400000000000000001', '74e17', '1e16', '10000000000000001', '10000000000000000'],
  ...['0.1', '0.1000000000000000055511151231257827', '1.50', '1.5', '1.50000000000000000001', '15e-1', '1.500000000000000000'],
  ...['0.1234567890123456', '0.12345678901234560', '0.12345678901234560001', '1234567890123456', '1234567890123456.01', '1234567890123456e0'],
  ...['1.2345678901234e-5', '0.00001234567890123400001', '0.000012345678901234', '1.2345678901234E-05', '123456789012345678e-22'],
  ...['0', '1e-400', '-0.00000000000000000000', '1e400', '2e400', `1${'0'.repeat(310)}`, `1${'0'.repeat(311)}`, `0.${'0'.repeat(330)}1`],
);
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
  fc.constantFrom(
    ',9007199254740993,',
    ':7400000000000000001}',
    ' 7400000000000000000 ',
    '1e16,',
    ',0.12345678901234560001,',
    '\ud800',
    '{"a":7400000000000000001,"b":1}',
  ),
);
/** Node 24's parser takes a name like `"a` for an earlier one like `\\"`, so the names here have neither sign. */
const names = fc
  .oneof({ arbitrary: strings, weight: 1 }, { arbitrary: fc.constantFrom('a', 'b', 'c', '', '7', '__proto__', ': ', ','), weight: 3 })
  .map((text) => JSON.stringify(text.replaceAll('\\', '').replaceAll('"', '')));
const space = fc.constantFrom('', ' ', '\n\t', '  ');

/** Duplicate names, `__proto__`, lone surrogates, escapes, long numbers in strings and outside, and now and then what is no JSON. */
export const { json: jsonTexts } = fc.letrec<{ json: string; list: string; object: string; number: string; text: string }>((tie) => ({
  number: fc.oneof({ weight: 10, arbitrary: anyDigits }, { weight: 10, arbitrary: alike }, { weight: 1, arbitrary: nearly }),
  text: strings.map((text) => JSON.stringify(text)),
  list: fc.array(tie('json'), { maxLength: 4 }).map((parts) => `[${parts.join(',')}]`),
  object: fc
    .array(fc.tuple(names, space, tie('json')), { maxLength: 4 })
    .map((parts) => `{${parts.map(([name, gap, value]) => `${name}${gap}:${value}`).join(',')}}`),
  json: fc
    .tuple(space, fc.oneof({ maxDepth: 4 }, tie('number'), tie('text'), fc.constantFrom('null', 'true'), tie('list'), tie('object')), space)
    .map((parts) => parts.join('')),
}));

/** A text with a few signs changed. */
export const editedJsonTexts = fc
  .tuple(
    jsonTexts,
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom('', '"', '\\', ',', ':', '1', 'e', '-', '.', ' ', '}', '\u009e')), { minLength: 1, maxLength: 3 }),
  )
  .map(([text, changes]) => {
    let changed = text;
    for (const [where, removed, added] of changes) {
      const at = where % (changed.length + 1);
      changed = changed.slice(0, at) + added + changed.slice(at + removed);
    }
    return changed;
  });

/** A name with an escape: the parser's account of sources may be of another one. */
export const escapedName = /\\(?:[^"\\]|\\.)*"\s*:/;
