// Numbers as decimal text: one normal form, their order, and what a double or an int64 holds of them. Never by way of a
// double that would round. It knows no format and no database.

import { ExactNumber, type TextPolicy } from '../types.ts';
import { point, zero } from './characters.ts';

/** PostgreSQL's numeric, the widest number type of any source, has at most 147,455 digits. */
export const maxNumberLength = 150_000;
/** A short text must not become a huge one: DynamoDB's exponents end at 125 and -130, a double's at 308 and -324. */
export const maxNumberExponent = 1000;
/** So many characters all numbers of a record may have, written out. A record of Kinesis has fewer: only exponents make more of them. */
export const maxWrittenDigits = 16 * 1024 * 1024;

const plain = /^-?\d+(?:\.\d+)?$/;
const normal = /^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/;
const shape = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const maxInt64 = '9223372036854775807';
const minInt64 = '9223372036854775808';

interface Parts {
  readonly negative: boolean;
  readonly digits: string;
  /** How many of the digits stand before the point; may lie outside of them. */
  readonly point: number;
}

function partsOf(text: string): Parts | undefined {
  if (text.length > maxNumberLength) return undefined;
  const found = shape.exec(text);
  if (found === null) return undefined;
  const [, sign, whole = '', fraction = '', power = '0'] = found;
  const exponent = Number(power);
  if ((whole === '' && fraction === '') || Math.abs(exponent) > maxNumberExponent) return undefined;
  return { negative: sign === '-', digits: whole + fraction, point: whole.length + exponent };
}

/** Whether `normalNumber` can read the text: decimal digits, at most one point, an exponent of at most ±1000. */
export function isNumberText(text: string): boolean {
  return plain.test(text) ? text.length <= maxNumberLength : partsOf(text) !== undefined;
}

/** How many characters `normalNumber` makes of the text of a number at most. */
export function writtenLength(text: string): number {
  const small = text.indexOf('e');
  const exponent = small === -1 ? text.indexOf('E') : small;
  return exponent === -1 ? text.length : text.length + Math.abs(Number(text.slice(exponent + 1)));
}

/** A fraction without the zeros that it ends with, as most numbers that are not in normal form need no more. */
function withoutLastZeros(digits: string): string {
  if (digits.charCodeAt(digits.length - 1) !== zero || digits.length > maxNumberLength || !digits.includes('.')) return digits;
  let end = digits.length - 1;
  while (digits.charCodeAt(end - 1) === zero) end -= 1;
  return digits.slice(0, digits.charCodeAt(end - 1) === point ? end - 1 : end);
}

/**
 * The one plain decimal text of a number: no exponent, no `+`, no needless zero, no `-0`. `1.50` and `15E-1` both give `1.5`.
 * Throws `RangeError` for a text that is no number or has an exponent beyond ±1000.
 */
export function normalNumber(digits: string): string {
  const plainDigits = withoutLastZeros(digits);
  if (normal.test(plainDigits)) return plainDigits === '-0' ? '0' : plainDigits;
  const parts = partsOf(digits);
  if (parts === undefined) throw new RangeError('The text is no decimal number, or its exponent is beyond ±1000.');
  // By hand: a regular expression for trailing zeros takes quadratic time on a long run of zeros in the middle.
  let from = 0;
  let to = parts.digits.length;
  while (from < to && parts.digits.charCodeAt(from) === zero) from += 1;
  while (to > from && parts.digits.charCodeAt(to - 1) === zero) to -= 1;
  if (from === to) return '0';
  const significant = parts.digits.slice(from, to);
  const point = parts.point - from;
  const sign = parts.negative ? '-' : '';
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${significant}`;
  if (point >= significant.length) return `${sign}${significant}${'0'.repeat(point - significant.length)}`;
  return `${sign}${significant.slice(0, point)}.${significant.slice(point)}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Orders two numbers in normal form. */
export function compareNumbers(a: string, b: string): number {
  const negative = a.startsWith('-');
  if (negative !== b.startsWith('-')) return negative ? -1 : 1;
  if (negative) return compareNumbers(b.slice(1), a.slice(1));
  const [wholeA = '', fractionA = ''] = a.split('.');
  const [wholeB = '', fractionB = ''] = b.split('.');
  return wholeA.length - wholeB.length || compareText(wholeA, wholeB) || compareText(fractionA, fractionB);
}

/** A sign, a point and the seventeen digits that a double is printed with at most; zeros that it begins or ends with come on top. */
const printedLength = 19;

/** Whether a fraction in normal form is longer than any double is printed. */
function isBeyondDouble(digits: string): boolean {
  return digits.length > printedLength && digits.charCodeAt(0) !== zero && !digits.startsWith('-0');
}

/** Whether the double nearest to a number in normal form prints the same digits again. */
function doubleHolds(double: number, digits: string): boolean {
  const printed = String(double);
  return printed === digits || (printed.includes('e') && normalNumber(printed) === digits);
}

/** Fifteen digits and a point: every such number survives the way through a double. */
const alwaysDouble = 16;

/** The number as a JavaScript value: a safe integer or a faithful double as `number`, other integers as `bigint`, the rest as `ExactNumber`. */
export function numberValue(text: string): number | bigint | ExactNumber {
  return printedDouble(text) ?? valueOfDigits(text);
}

/** The double of a fraction that is written as programs print it. */
function printedDouble(text: string): number | undefined {
  if (text.length <= alwaysDouble || text.length > printedLength || !text.includes('.')) return undefined;
  const double = Number(text);
  return String(double) === text && !text.includes('e') ? double : undefined;
}

function valueOfDigits(text: string): number | bigint | ExactNumber {
  const digits = normalNumber(text);
  const double = Number(digits);
  if (!digits.includes('.')) return Number.isSafeInteger(double) ? double : BigInt(digits);
  if (digits.length <= alwaysDouble) return double;
  return isBeyondDouble(digits) || !doubleHolds(double, digits) ? new ExactNumber(digits) : double;
}

/** A sign and nineteen digits, which no number from 10^19 on has. */
const int64Length = 20;
const beyondInt64 = 1e19;
const hexDigitLength = Math.log10(16);

/** How many characters a finite number has when it is written out, at most. */
export function valueLength(value: number | bigint | ExactNumber): number {
  if (value instanceof ExactNumber) return value.digits.length;
  if (typeof value === 'number') return value === 0 ? 1 : printedLength + Math.ceil(Math.abs(Math.log10(Math.abs(value))));
  if (Math.abs(Number(value)) < beyondInt64) return int64Length;
  return 1 + Math.ceil(value.toString(16).length * hexDigitLength);
}

function isInt64(integer: string): boolean {
  const negative = integer.startsWith('-');
  const magnitude = negative ? integer.slice(1) : integer;
  if (magnitude.length !== maxInt64.length) return magnitude.length < maxInt64.length;
  return magnitude <= (negative ? minInt64 : maxInt64);
}

/** The number as a JSON token: always all its digits, as text where the policy asks for it and the number fits neither a double nor an int64. */
export function numberJson(text: string, numbers: TextPolicy['numbers']): string {
  const digits = normalNumber(text);
  if (numbers === 'exact' || digits.length <= alwaysDouble) return digits;
  const isInteger = !digits.includes('.');
  if (isInteger && isInt64(digits)) return digits;
  const double = Number(digits);
  if (!doubleHolds(double, digits)) return `"${digits}"`;
  // With an exponent a reader takes it for a double; as plain digits for an integer too large for it.
  return isInteger ? double.toExponential() : digits;
}
