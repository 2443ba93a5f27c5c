// Numbers as decimal text: one normal form, their order, and what a double or an int64 holds of them. Never by way of a
// double that would round. It knows no format and no database.
import { ExactNumber, type TextPolicy } from '../types.ts';

/** PostgreSQL's numeric, the widest number type of any source, has at most 147,455 digits. */
export const maxNumberLength = 150_000;
/** A short text must not become a huge one: DynamoDB's exponents end at 125 and -130, a double's at 308 and -324. */
export const maxNumberExponent = 1000;

const plain = /^-?\d+(?:\.\d+)?$/;
const normal = /^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/;
const shape = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const maxInt64 = '9223372036854775807';
const minInt64 = '9223372036854775808';
const zero = 48;

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

/**
 * The one plain decimal text of a number: no exponent, no `+`, no needless zero, no `-0`. `1.50` and `15E-1` both give `1.5`.
 * Throws `RangeError` for a text that is no number or has an exponent beyond ±1000.
 */
export function normalNumber(digits: string): string {
  if (normal.test(digits)) return digits === '-0' ? '0' : digits;
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

/** Whether the double nearest to a number in normal form prints the same digits again. */
function doubleHolds(double: number, digits: string): boolean {
  return Number.isFinite(double) && normalNumber(String(double)) === digits;
}

/** Fifteen digits and a point: every such number survives the way through a double. */
const alwaysDouble = 16;

/** The number as a JavaScript value: a safe integer or a faithful double as `number`, other integers as `bigint`, the rest as `ExactNumber`. */
export function numberValue(text: string): number | bigint | ExactNumber {
  const digits = normalNumber(text);
  const double = Number(digits);
  if (!digits.includes('.')) return Number.isSafeInteger(double) ? double : BigInt(digits);
  return digits.length <= alwaysDouble || doubleHolds(double, digits) ? double : new ExactNumber(digits);
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
