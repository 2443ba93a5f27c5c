// Values as BSON: numbers keep their digits, equal numbers are equal bytes, and what BSON cannot hold is said.
import { ExactNumber, normalNumber, ValueSet } from '@shardfold/changes';
import fc from 'fast-check';
import { BSON, Decimal128 } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { bsonNumber, bsonValue, idText, setField } from '../../../src/mongodb/values.ts';
import { valueWriter } from '../../support/value-writer.ts';

/** The number as it is read back, with its BSON type. */
function stored(value: number | bigint | ExactNumber): string {
  const { field } = BSON.deserialize(BSON.serialize({ field: bsonNumber(value, valueWriter()) }), { promoteValues: false });
  return typeof field === 'string' ? `text ${field}` : `${field._bsontype} ${field}`;
}

describe('numbers', () => {
  test.for<[number | bigint | string, string]>([
    [0, 'Int32 0'],
    [-0, 'Int32 0'],
    [2 ** 31 - 1, 'Int32 2147483647'],
    [2 ** 31, 'Long 2147483648'],
    [-(2 ** 31) - 1, 'Long -2147483649'],
    [Number.MAX_SAFE_INTEGER, 'Long 9007199254740991'],
    [2 ** 53, 'Long 9007199254740992'],
    [5n, 'Int32 5'],
    [2n ** 63n - 1n, 'Long 9223372036854775807'],
    [-(2n ** 63n), 'Long -9223372036854775808'],
    [2n ** 63n, 'Decimal128 9223372036854775808'],
    [1e20, 'Double 100000000000000000000'],
    [1e300, 'Double 1e+300'],
    [1.5, 'Double 1.5'],
    ['1.50', 'Double 1.5'],
    ['0.1', 'Double 0.1'],
    ['1e-130', 'Double 1e-130'],
    ['1e400', 'Decimal128 1E+400'],
    ['0.12345678901234567890', 'Decimal128 0.1234567890123456789'],
    ['1234567890123456789012345678901234', 'Decimal128 1234567890123456789012345678901234'],
    ['12345678901234567890123456789012345', 'text 12345678901234567890123456789012345'],
    ['-0.12345678901234567890123456789012345678', 'text -0.12345678901234567890123456789012345678'],
    [Number.NaN, 'Double NaN'],
    [Number.NEGATIVE_INFINITY, 'Double -Infinity'],
  ])('%s is stored as %s', ([value, wanted]) => {
    expect(stored(typeof value === 'string' ? new ExactNumber(value) : value)).toBe(wanted);
  });

  test('no digit is lost, and one number is one value however it is written', () => {
    const digits = fc.tuple(
      fc.constantFrom('', '-'),
      fc.stringMatching(/^[0-9]{1,40}$/),
      fc.stringMatching(/^[0-9]{0,40}$/),
      fc.integer({ min: -150, max: 150 }),
    );
    fc.assert(
      fc.property(digits, fc.integer({ min: 0, max: 3 }), ([sign, whole, fraction, exponent], zeros) => {
        const text = `${sign}${whole}.${fraction}0e${exponent}`;
        const normal = normalNumber(text);
        const value = stored(new ExactNumber(text));
        expect(normalNumber(value.slice(value.indexOf(' ') + 1))).toBe(normal);
        const again = `${sign}${'0'.repeat(zeros)}${whole}.${fraction}${'0'.repeat(zeros)}e${exponent}`;
        expect(stored(new ExactNumber(again))).toBe(value);
        if (!normal.includes('.')) expect(stored(BigInt(normal))).toBe(value);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

describe('other values', () => {
  test('come back as they were', () => {
    const value = { text: 'é\u0000😀', none: null, yes: true, list: [1, 'a', [], {}], bytes: new Uint8Array([0, 255]), deep: { 'a.b': 1, $x: 2, '': 3 } };
    const back = BSON.deserialize(BSON.serialize({ value: bsonValue(value, valueWriter()) })).value;
    expect({ ...back, bytes: new Uint8Array(back.bytes.buffer) }).toEqual(value);
  });

  test('a set is a list in the order of its values', () => {
    expect(bsonValue(new ValueSet([10, 9, new ExactNumber('9.5')]), valueWriter())).toEqual([9, 9.5, 10]);
    expect(bsonValue(new ValueSet(['b', 'a', 'B']), valueWriter())).toEqual(['B', 'a', 'b']);
  });

  test('a field of any name is its object’s own', () => {
    const fields: Record<string, unknown> = {};
    for (const name of ['__proto__', 'constructor', 'toString']) setField(fields, name, 1, valueWriter());
    expect(Object.keys(BSON.deserialize(BSON.serialize(fields)))).toEqual(['__proto__', 'constructor', 'toString']);
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  });

  test.for<[string, unknown, string]>([
    ['half a surrogate pair', 'a\ud800', 'NOT_UNICODE'],
    ['half of one in a name', [{ '\udc00': 1 }], 'NOT_UNICODE'],
    ['NUL in a name', { 'a\u0000': 1 }, 'NUL_IN_NAME'],
    ['the driver’s own name', { deep: [{ _bsontype: 'ObjectId' }] }, 'NAME_RESERVED'],
  ])('%s is refused', ([, value, code]) => {
    const writer = valueWriter();
    for (let time = 0; time < 2; time += 1) expect(() => bsonValue(value as string, writer)).toThrow(expect.objectContaining({ code }));
  });

  test('lists and objects of which nothing changes are handed on as they are', () => {
    const value = { text: 'x', list: [1, 'y', null], nested: { n: 1.5, bytes: new Uint8Array([1]) } };
    expect(bsonValue(value, valueWriter())).toBe(value);
  });

  test('others are copied, around what changes in them, and stay as they were', () => {
    const text = '{"same":{"n":1},"big":5000000000,"after":"z","__proto__":{"big":5000000000},"list":["a",5000000000,"b"],"7":1,"zero":[-0],"none":{"n":-0}}';
    const value = JSON.parse(text);
    const bson = bsonValue(value, valueWriter());
    expect(value).toEqual(JSON.parse(text));
    expect(bson).toHaveProperty('same', value.same);
    const big = 5_000_000_000n;
    const fields = { 7: 1, same: { n: 1 }, big, after: 'z', list: ['a', big, 'b'], zero: [0], none: { n: 0 } };
    const own = Object.getOwnPropertyDescriptor(bson, '__proto__')?.value;
    expect([Object.keys(bson as object), own]).toEqual([Object.keys(value), { big }]);
    expect({ ...(bson as object) }).toEqual(Object.defineProperty({ ...fields }, '__proto__', { value: { big }, enumerable: true }));
  });

  test('the size is about that of the BSON, at most three times too small', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.integer(),
        fc.double(),
        fc.boolean(),
        fc.uint8Array({ maxLength: 300 }),
        fc.array(tie('value')),
        tie('fields'),
      ),
      fields: fc.dictionary(
        fc.string({ maxLength: 20 }).filter((name) => name !== '_bsontype' && !name.includes('\u0000')),
        tie('value'),
      ),
    })).fields;
    fc.assert(
      fc.property(value, (fields) => {
        const writer = valueWriter();
        const bytes = BSON.serialize({ fields: bsonValue(fields as Record<string, never>, writer) }).length;
        expect(writer.size * 3 + 100).toBeGreaterThanOrEqual(bytes);
        // Names that are known by now cost the same.
        const { size } = writer;
        writer.size = 0;
        bsonValue(fields as Record<string, never>, writer);
        expect(writer.size).toBe(size);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

test('an id on its way and the same id from the server have one text, other ids another', () => {
  const ids = [
    '1',
    1,
    1.5,
    2n ** 62n,
    true,
    new Uint8Array([1]),
    Decimal128.fromString('1E+400'),
    new Map<string, unknown>([
      ['b', 1],
      ['a', 'x'],
    ]),
    new Map<string, unknown>([
      ['a', 'x'],
      ['b', 1],
    ]),
    'n1',
    '',
  ];
  const texts = ids.map(idText);
  for (const [index, id] of ids.entries()) {
    const bytes = BSON.serialize({ _id: id });
    for (const options of [{}, { promoteValues: false, promoteLongs: false, promoteBuffers: false }]) {
      expect(idText(BSON.deserialize(bytes, options)._id)).toBe(texts[index]);
    }
  }
  expect(new Set(texts).size).toBe(ids.length);
  expect(idText(Decimal128.fromString('1.50'))).toBe(idText(1.5));
});
