// Whether a value stands in a type of somebody's own without being rounded or cut, as far as the servers agree on what they do in
// silence. Pure; it knows no server's type names.
import { ExactNumber, normalNumber, type Value } from '@shardfold/changes';

/** The digits of a finite number; undefined for everything else. */
export function digitsOfNumber(value: Value): string | undefined {
  if (value instanceof ExactNumber) return value.digits;
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value)) ? String(value) : undefined;
}

/** `scale` digits behind the point, of `precision` digits. */
export function fitsDecimal(digits: string, precision: number, scale: number): boolean {
  const [whole = '', fraction = ''] = normalNumber(digits).replace('-', '').split('.');
  return fraction.length <= scale && (whole === '0' || whole.length <= precision - scale);
}

/** More digits than the largest integer of any type has. */
const maxIntegerLength = 20;

export function fitsInteger(digits: string, bits: bigint, isUnsigned: boolean): boolean {
  const normal = normalNumber(digits);
  if (normal.includes('.') || normal.length > maxIntegerLength) return false;
  const value = BigInt(normal);
  return isUnsigned ? value >= 0n && value < 2n ** bits : value >= -(2n ** (bits - 1n)) && value < 2n ** (bits - 1n);
}

/** A double that is printed as these digits again. */
export function fitsDouble(digits: string): boolean {
  const normal = normalNumber(digits);
  const double = Number(normal);
  return Number.isFinite(double) && normalNumber(String(double)) === normal;
}

/** The same of four bytes, which the server prints with `maxDigits` digits at most. */
export function fitsSingle(digits: string, maxDigits: number): boolean {
  const normal = normalNumber(digits);
  const single = Math.fround(Number(normal));
  if (!Number.isFinite(single)) return false;
  for (let length = 1; length <= maxDigits; length += 1) {
    const printed = single.toPrecision(length);
    if (Math.fround(Number(printed)) === single) return normalNumber(printed) === normal;
  }
  return false;
}

/** In characters, as servers count them. */
export function isWithin(text: string, maxCharacters: number): boolean {
  return text.length <= maxCharacters || (text.length <= 2 * maxCharacters && [...text].length <= maxCharacters);
}

const moment = /^\d{4}-\d\d-\d\d(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** How many digits of a fraction are more than zeros behind it. */
export function fractionLength(fraction: string): number {
  return fraction.replace(/0+$/, '').length;
}

/** What a type of date or time keeps. */
export interface MomentType {
  readonly time: boolean;
  /** Digits of a second. */
  readonly fractionDigits: number;
  /** It reads an offset from UTC; else it would drop it. */
  readonly offset: boolean;
}

/** False for what is not written as a whole date: servers read much into it, and drop or round what they do not keep. */
export function fitsMoment(text: string, type: MomentType): boolean {
  const found = moment.exec(text);
  if (found === null) return false;
  const [, time = '00:00', seconds = '00', fraction = '', zone = 'Z'] = found;
  if (zone.toUpperCase() !== 'Z' && !type.offset) return false;
  const digits = fractionLength(fraction);
  return type.time ? digits <= type.fractionDigits : `${time}:${seconds}` === '00:00:00' && digits === 0;
}
