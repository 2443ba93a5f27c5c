// Against AWS's own reader of typed attributes. Its numbers are asked for as text, for its doubles lose digits; and it loses an
// attribute called `__proto__`, which is left out here.
import { unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber, normalNumber, ValueSet } from '../../src/index.ts';
import { decodeInsert } from '../support/records.ts';

type Marshalled = Parameters<typeof unmarshall>[0];

/** The values of both in one form, that tells each type from the others. */
function comparable(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') return { number: normalNumber(String(value)) };
  if (value instanceof ExactNumber) return { number: normalNumber(value.digits) };
  if (value instanceof ValueSet) return { set: value.values.map(comparable) };
  if (value instanceof Set) return { set: [...value].map(comparable) };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return { map: Object.entries(value).map(([name, inner]) => [name, comparable(inner)]) };
}

const name = fc.string({ unit: 'grapheme', maxLength: 5 }).filter((text) => text !== '__proto__');
const digits = fc
  .tuple(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.integer({ min: -130, max: 87 }))
  .map(([mantissa, exponent]) => `${mantissa}E${exponent}`);
const bytes = fc.uint8Array({ maxLength: 6 });

const attribute = fc.letrec<{ any: object; list: object; map: object; leaf: object }>((tie) => ({
  leaf: fc.oneof(
    fc.record({ S: fc.string({ unit: 'grapheme' }) }),
    fc.record({ N: digits }),
    fc.record({ BOOL: fc.boolean() }),
    fc.record({ NULL: fc.constant(true) }),
    fc.record({ B: bytes }),
    fc.record({ SS: fc.uniqueArray(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }) }),
    fc.record({ NS: fc.uniqueArray(digits, { minLength: 1, maxLength: 4 }) }),
    fc.record({ BS: fc.uniqueArray(bytes, { minLength: 1, maxLength: 4 }) }),
  ),
  list: fc.record({ L: fc.array(tie('any'), { maxLength: 4 }) }),
  map: fc.record({ M: fc.dictionary(name, tie('any'), { maxKeys: 4 }) }),
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('list'), tie('map')),
})).any;

describe("AWS's reader of attributes", () => {
  it('gives the same values', () => {
    fc.assert(
      fc.property(fc.dictionary(name, attribute, { minKeys: 1, maxKeys: 5 }), (item) => {
        // In a record binary values are base64 text; AWS's reader has their bytes.
        const image = JSON.stringify(item, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value));
        const theirs = unmarshall(item as Marshalled, { wrapNumbers: (number) => new ExactNumber(number) });
        expect(comparable(decodeInsert(image).after?.values())).toEqual(comparable(theirs));
      }),
      { numRuns: 500 },
    );
  });
});
