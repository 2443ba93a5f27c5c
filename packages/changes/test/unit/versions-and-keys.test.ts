// How versions compare and when keys are equal.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, ExactNumber, type Key, keyIdentity, type Value, ValueSet } from '../../src/index.ts';
import { isSameKey } from '../../src/values/key.ts';
import { compareBytewise } from '../../src/values/order.ts';
import { streamOrder } from '../../src/values/version.ts';
import { sequence } from '../support/records.ts';

describe('compareVersions', () => {
  it.each([
    [1, '5', 2, '4', -1],
    [2, '4', 1, '5', 1],
    [1, '9', 1, '10', -1],
    [1, '100', 1, '99', 1],
    [1, '7', 1, '7', 0],
    [1, '007', 1, '7', 0],
    [0, '0', 0, '00', 0],
    [-8e15, '9', 0, '1', -1],
    [1, '9'.repeat(65), 1, `8${'9'.repeat(64)}`, 1],
  ])('(%d, %s) and (%d, %s): %d', (timeA, seqA, timeB, seqB, expected) => {
    expect(compareVersions({ time: timeA, seq: seqA }, { time: timeB, seq: seqB })).toBe(expected);
  });

  it('compares seq as integers of 65 digits', () => {
    const seq = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 65n - 1n }), fc.bigInt({ min: 0n, max: 1000n }));
    fc.assert(
      fc.property(seq, seq, (a, b) => {
        expect(compareVersions({ time: 1, seq: `${a}` }, { time: 1, seq: `${b}` })).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });
});

describe('streamOrder', () => {
  it.each([
    [sequence, 0, 0, `${sequence}000000000`],
    [sequence, 12, 3, `${sequence}000012003`],
    ['0', 0, 0, '0'],
    ['0', 1, 2, '1002'],
    ['000123', 999999, 999, '123999999999'],
    ['', 0, 0, undefined],
    ['1'.repeat(57), 0, 0, undefined],
    ['-1', 0, 0, undefined],
    ['1e5', 0, 0, undefined],
    ['1', -1, 0, undefined],
    ['1', 1.5, 0, undefined],
    ['1', 1_000_000, 0, undefined],
    ['1', 0, 1000, undefined],
  ])('%s %d %d: %s', (place, subSequence, index, expected) => {
    expect(streamOrder({ sequence: place, subSequence }, index)).toBe(expected);
  });

  it('fills the 65 digits that a target stores, and no more', () => {
    expect(streamOrder({ sequence: '4'.repeat(56), subSequence: 999_999 }, 999)).toHaveLength(65);
  });
});

describe('keyIdentity', () => {
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
  it.each<[string, Value, Value]>([
    ['1.5 and 1.50', 1.5, new ExactNumber('1.50')],
    ['1E2 and 100', new ExactNumber('1E2'), 100],
    ['100 and 100n', 100, 100n],
    ['0 and -0', 0, -0],
    ['1e21 and its digits', 1e21, 10n ** 21n],
    ['two arrays of the same bytes', bytes(1, 2), bytes(0, 1, 2).subarray(1)],
    ['sets in another order', new ValueSet(['a', 'b']), new ValueSet(['b', 'a'])],
    ['maps in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
  ])('equal: %s', (_, a, b) => {
    expect(keyIdentity([['id', a]])).toBe(keyIdentity([['id', b]]));
  });

  const all: readonly [string, Key][] = [
    ['number 1', [['id', 1]]],
    ['text 1', [['id', '1']]],
    ['text n1', [['id', 'n1']]],
    ['binary 1', [['id', bytes(49)]]],
    ['binary whose base64 is text 1', [['id', 'MQ==']]],
    ['true', [['id', true]]],
    ['text true', [['id', 'true']]],
    ['null', [['id', null]]],
    ['text null', [['id', 'null']]],
    ['NaN', [['id', Number.NaN]]],
    ['Infinity', [['id', Number.POSITIVE_INFINITY]]],
    ['another name', [['di', 1]]],
    ['9007199254740993', [['id', 9007199254740993n]]],
    ['9007199254740992', [['id', 9007199254740992n]]],
    ['a lone surrogate', [['id', '\ud800']]],
    ['its escape as text', [['id', '\\ud800']]],
    ['NUL', [['id', '\u0000']]],
    ['empty text', [['id', '']]],
    ['empty binary', [['id', bytes()]]],
    [
      'two parts',
      [
        ['a', 'x'],
        ['b', 'y'],
      ],
    ],
    [
      'the same in another order',
      [
        ['b', 'y'],
        ['a', 'x'],
      ],
    ],
    ['a value that looks like two parts', [['a', 'x","b":s"y']]],
    ['a name that looks like two parts', [['a":s"x","b', 'y']]],
    ['no part', []],
    ['a list', [['id', [1]]]],
    ['a set', [['id', new ValueSet([1])]]],
    ['a map', [['id', { '1': 1 }]]],
    ['a map named __proto__', [['__proto__', 1]]],
  ];
  it('is different for different keys', () => {
    expect(new Set(all.map(([, key]) => keyIdentity(key))).size).toBe(all.length);
  });

  it('tells any two hostile keys apart', () => {
    const part = fc.tuple(
      fc.string({ unit: fc.constantFrom('"', '\\', ':', ',', 's', 'n', '1', '\ud800', '\u0000') }),
      fc.string({ unit: fc.constantFrom('"', '\\', ':', ',', 's', 'n', '1') }),
    );
    const key = fc.array(part, { maxLength: 3 });
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(keyIdentity(a) === keyIdentity(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('isSameKey', () => {
  it('says what the identities say', () => {
    const value = fc.constantFrom<Value>(
      1,
      -0,
      0,
      1.5,
      1n,
      '1',
      '',
      null,
      true,
      new ExactNumber('1.0'),
      new ExactNumber('1.50'),
      [1],
      9007199254740992,
      9007199254740993n,
    );
    const key = fc.array(fc.tuple(fc.constantFrom('a', 'b'), value), { maxLength: 2 });
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(isSameKey(a, b)).toBe(keyIdentity(a) === keyIdentity(b));
        expect(isSameKey(a, [...a])).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('compareBytewise', () => {
  it('orders as the UTF-8 bytes do', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareBytewise(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      {
        examples: [
          ['\uffff', '\u{10000}'],
          ['\ud7ff', '\u{10000}'],
          ['\ue000', '\u{10ffff}'],
          ['a', 'a\u0000'],
          ['', ''],
        ],
      },
    );
  });
});
