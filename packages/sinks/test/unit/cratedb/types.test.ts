// Which values a CrateDB column takes as they are: whatever the server would round, cut or convert is kept from it.
import { ExactNumber, normalNumber, type Value, ValueSet } from '@shardfold/changes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellJson, keyJson, kindOfType, UnstorableKey } from '../../../src/cratedb/types.ts';

const exact = (digits: string): ExactNumber => new ExactNumber(digits);

describe('values and columns', () => {
  test.for<[type: string, taken: [Value, string][], kept: Value[]]>([
    ['boolean', [[true, 'true']], ['yes', 't', 1, null]],
    [
      'bigint',
      [
        [5, '5'],
        [-9223372036854775806n, '-9223372036854775806'],
        [exact('1.0'), '1'],
        [exact('15E1'), '150'],
      ],
      [1.5, 9223372036854775807n, -9223372036854775807n, -9223372036854775808n, exact('1e30'), '5', true],
    ],
    ['integer', [[2147483647, '2147483647']], [2147483648, 0.5]],
    ['smallint', [[-32767, '-32767']], [32768]],
    [
      'double precision',
      [
        [1.5, '1.5'],
        [5, '5'],
        [exact('0.1'), '0.1'],
        [9007199254740992n, '9007199254740992'],
      ],
      [9007199254740993n, exact('0.1234567890123456789'), Number.NaN, Number.POSITIVE_INFINITY, exact('1e400'), '1'],
    ],
    ['real', [[0.5, '0.5']], [0.1, 16777217]],
    [
      'text',
      [
        ['a\u0000', '"a\\u0000"'],
        ['', '""'],
        ['x'.repeat(32_766), `"${'x'.repeat(32_766)}"`],
        [new Uint8Array([0, 255]), '"AP8="'],
      ],
      ['x'.repeat(32_767), 'é'.repeat(16_384), '\ud800', {}, 5],
    ],
    [
      'text(3)',
      [
        ['ab ', '"ab "'],
        ['😀a', '"😀a"'],
        [new Uint8Array(), '""'],
      ],
      ['abc ', 'abcd', '😀😀', new Uint8Array(1)],
    ],
    [
      'object',
      [
        [{ a: exact('12345678901234567890') }, '{"a":"12345678901234567890"}'],
        [{}, '{}'],
      ],
      [[1], 'text', 5, new ValueSet([1]), new Uint8Array(1)],
    ],
    ['bigint_array', [[[1, null, 2], '[1,null,2]']], [[1, 1.5], 1, new ValueSet([1])]],
    [
      'array(text)',
      [
        [['a'], '["a"]'],
        [[], '[]'],
      ],
      [['a', 1], ['a', 'b '], ['a\u00a0']],
    ],
    ['array(array(boolean))', [[[[true]], '[[true]]']], [[true]]],
    ['timestamp with time zone', [], ['2020-01-01T00:00:00.123456Z', 5]],
    ['ip', [], ['127.0.0.1']],
  ])('%s', ([type, taken, kept]) => {
    for (const [value, json] of taken) expect(cellJson(type, value), String(value)).toBe(json);
    for (const value of kept) expect(cellJson(type, value), String(value)).toBeUndefined();
  });

  test('a number is written so that it is read as itself, or not written', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ noNaN: true }), fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n })),
        fc.constantFrom('double precision', 'bigint', 'integer'),
        (value, type) => {
          const json = cellJson(type, value);
          if (json === undefined) return;
          // The server reads a double for the one, an integer for the others.
          const read = type === 'double precision' ? Number(json) : BigInt(json);
          // A double stands for the shortest digits that are read as it: 0.1, and 36893488147419103000 too.
          expect(normalNumber(String(read))).toBe(normalNumber(String(value)));
        },
      ),
      { examples: [[36_893_488_147_419_103_000n, 'double precision']] },
    );
  });

  test('types that are none of ours are kinds of their own', () => {
    expect(['boolean', 'bigint', 'double precision', 'text', 'object', 'integer', 'toString'].map(kindOfType)).toEqual([
      'boolean',
      'integer',
      'number',
      'text',
      'json',
      'other',
      'other',
    ]);
  });
});

describe('keys', () => {
  const column = (type: 'text' | 'number' | 'integer' | 'binary' | 'boolean', declared?: string) => ({
    name: 'k',
    type,
    ...(declared === undefined ? {} : { declared }),
  });

  test('one number is one text', () => {
    for (const digits of ['1.5', '1.50', '15E-1']) expect(keyJson(column('number'), exact(digits))).toBe('"1.5"');
    expect(keyJson(column('integer'), 5n)).toBe('5');
    expect(keyJson(column('number', 'bigint'), exact('5.0'))).toBe('5');
    expect(keyJson(column('binary'), new Uint8Array([0, 255]))).toBe('"AP8="');
    expect(keyJson(column('boolean'), false)).toBe('false');
    expect(keyJson(column('text', 'text(3)'), 'ab ')).toBe('"ab "');
  });

  test.for<[ReturnType<typeof column>, Value, string]>([
    [column('integer'), 2n ** 63n - 1n, 'KEY_RANGE'],
    [column('number', 'smallint'), 40_000, 'KEY_RANGE'],
    [column('number', 'bigint'), exact('1.5'), 'KEY_RANGE'],
    [column('text', 'text(3)'), 'abc ', 'KEY_RANGE'],
    [column('number', 'text(3)'), exact('1.25'), 'KEY_RANGE'],
    [column('binary', 'text(3)'), new Uint8Array(1), 'KEY_RANGE'],
    [column('text'), 'a\ud800', 'NOT_UNICODE'],
  ])('%o does not take %s', ([of, value, code]) => {
    expect(() => keyJson(of, value)).toThrow(expect.objectContaining({ code, constructor: UnstorableKey }));
  });
});
