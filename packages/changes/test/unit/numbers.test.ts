// Numbers as text: the expected forms are written by hand, the laws are checked against BigInt arithmetic.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber, normalNumber } from '../../src/index.ts';
import { compareNumbers, isNumberText, maxNumberLength, numberJson, numberValue } from '../../src/values/numbers.ts';

describe('normalNumber', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.000E+5', '0'],
    ['00012', '12'],
    ['+7', '7'],
    ['.5', '0.5'],
    ['-.5', '-0.5'],
    ['5.', '5'],
    ['1.500', '1.5'],
    ['1.50', '1.5'],
    ['100', '100'],
    ['1E2', '100'],
    ['1e+02', '100'],
    ['15E-1', '1.5'],
    ['0.0012E3', '1.2'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
    ['-0.1234567890123456789012345678901234567', '-0.1234567890123456789012345678901234567'],
    ['9.9999999999999999999999999999999999999E+125', `${'9'.repeat(38)}${'0'.repeat(88)}`],
    ['-9.9999999999999999999999999999999999999E+125', `-${'9'.repeat(38)}${'0'.repeat(88)}`],
    ['1E-130', `0.${'0'.repeat(129)}1`],
    ['1E1000', `1${'0'.repeat(1000)}`],
  ])('%s is %s', (text, expected) => {
    expect(isNumberText(text)).toBe(true);
    expect(normalNumber(text)).toBe(expected);
  });

  it.each([
    '',
    '.',
    '-',
    '+',
    'e5',
    '.e5',
    '1e',
    '1e+',
    '1..2',
    '1.2.3',
    '--1',
    ' 1',
    '1 ',
    '1_000',
    '0x10',
    'NaN',
    'Infinity',
    '١',
    '1E1001',
    '1E-1001',
    '1E99999999999999999999',
    '1\n',
  ])('%j is no number', (text) => {
    expect(isNumberText(text)).toBe(false);
    expect(() => normalNumber(text)).toThrow(RangeError);
  });

  it('takes time in proportion to the text, and has a longest text', () => {
    const zeros = '0'.repeat(maxNumberLength - 3);
    expect(normalNumber(`1.${zeros}`)).toBe('1');
    expect(normalNumber(`1.${zeros}1`)).toBe(`1.${zeros}1`);
    expect(isNumberText(`1.${zeros}1`)).toBe(true);
    expect(isNumberText(`1.${zeros}11`)).toBe(false);
  });

  const digits = fc.tuple(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.integer({ min: -130, max: 125 }));

  it('keeps the value: what it prints, times a power of ten, is the integer it came from', () => {
    fc.assert(
      fc.property(digits, ([mantissa, exponent]) => {
        const [whole = '', fraction = ''] = normalNumber(`${mantissa}E${exponent}`).split('.');
        const scale = 10n ** BigInt(140 - fraction.length);
        expect(BigInt(whole.replace('-', '') + fraction) * scale).toBe((mantissa < 0n ? -mantissa : mantissa) * 10n ** BigInt(exponent + 140));
        expect(whole.startsWith('-')).toBe(mantissa < 0n);
      }),
    );
  });

  it('is the same for every way to write a number', () => {
    fc.assert(
      fc.property(digits, fc.nat(9), fc.nat(9), ([mantissa, exponent], zerosBefore, zerosAfter) => {
        const sign = mantissa < 0n ? '-' : '';
        const magnitude = `${mantissa}`.replace('-', '');
        const other = `${sign}${'0'.repeat(zerosBefore)}${magnitude}${'0'.repeat(zerosAfter)}.${'0'.repeat(zerosBefore)}e${exponent - zerosAfter}`;
        expect(normalNumber(other)).toBe(normalNumber(`${mantissa}E${exponent}`));
        expect(normalNumber(normalNumber(other))).toBe(normalNumber(other));
      }),
    );
  });

  it('orders as the numbers do', () => {
    fc.assert(
      fc.property(digits, digits, ([a, scaleA], [b, scaleB]) => {
        const left = a * 10n ** BigInt(scaleA + 130);
        const right = b * 10n ** BigInt(scaleB + 130);
        const order = compareNumbers(normalNumber(`${a}E${scaleA}`), normalNumber(`${b}E${scaleB}`));
        expect(Math.sign(order)).toBe(left < right ? -1 : left > right ? 1 : 0);
      }),
    );
    expect(['10', '-1', '9', '0', '-1.5', '0.5', '-10', '1.5'].sort(compareNumbers)).toEqual(['-10', '-1.5', '-1', '0', '0.5', '1.5', '9', '10']);
  });
});

describe('numberValue', () => {
  it.each([
    ['42', 42],
    ['-0', 0],
    ['1E2', 100],
    ['84.84', 84.84],
    ['1.50', 1.5],
    ['0.1', 0.1],
    ['1E-130', 1e-130],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9007199254740993', 9007199254740993n],
    ['-9007199254740993', -9007199254740993n],
    ['12345678901234567890123456789012345678', 12345678901234567890123456789012345678n],
    ['1E125', 10n ** 125n],
    ['0.1234567890123456', 0.1234567890123456],
    // The double nearest to it prints as 0.12345678901234566.
    ['0.12345678901234567', new ExactNumber('0.12345678901234567')],
    ['0.1000000000000000055', new ExactNumber('0.1000000000000000055')],
    ['-0.1234567890123456789012345678901234567', new ExactNumber('-0.1234567890123456789012345678901234567')],
    ['9007199254740992.5', new ExactNumber('9007199254740992.5')],
    ['1E-400', new ExactNumber(`0.${'0'.repeat(399)}1`)],
    [`${'9'.repeat(400)}.5`, new ExactNumber(`${'9'.repeat(400)}.5`)],
  ])('%s', (text, expected) => {
    expect(numberValue(text)).toStrictEqual(expected);
  });

  it('is a double just where the double is printed as the same number', () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    const nearly = fc.tuple(double, fc.constantFrom('', '0', '1', '00000', '5e0', '12345')).map(([each, more]) => `${each}${more}`);
    fc.assert(
      fc.property(fc.oneof(double.map(String), nearly, fc.stringMatching(/^-?(0|[1-9][0-9]{0,18})[.][0-9]{1,22}$/)), (text) => {
        fc.pre(isNumberText(text) && Number.isFinite(Number(text)));
        const printed = normalNumber(String(Number(text))) === normalNumber(text);
        const value = numberValue(text);
        const isInteger = !normalNumber(text).includes('.');
        expect(typeof value === 'number').toBe(isInteger ? Number.isSafeInteger(Number(text)) : printed);
        expect(normalNumber(value instanceof ExactNumber ? value.digits : String(value))).toBe(normalNumber(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('loses no digit, whatever the type', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.integer({ min: -130, max: 125 }), (mantissa, exponent) => {
        const value = numberValue(`${mantissa}E${exponent}`);
        expect(normalNumber(value instanceof ExactNumber ? value.digits : String(value))).toBe(normalNumber(`${mantissa}E${exponent}`));
      }),
    );
  });
});

describe('numberJson', () => {
  it.each([
    ['84.84', '84.84', '84.84'],
    ['9007199254740993', '9007199254740993', '9007199254740993'],
    ['9223372036854775807', '9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775809', '9223372036854775809', '"9223372036854775809"'],
    ['-9223372036854775809', '-9223372036854775809', '"-9223372036854775809"'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678', '"12345678901234567890123456789012345678"'],
    ['1E22', '10000000000000000000000', '1e+22'],
    ['0.1000000000000000055', '0.1000000000000000055', '"0.1000000000000000055"'],
    ['.50', '0.5', '0.5'],
    ['+1', '1', '1'],
    [`1E400`, `1${'0'.repeat(400)}`, `"1${'0'.repeat(400)}"`],
  ])('%s: exact %s, double or text %s', (text, exact, doubleOrText) => {
    expect(numberJson(text, 'exact')).toBe(exact);
    expect(numberJson(text, 'double-or-text')).toBe(doubleOrText);
  });
});
