// Whether a number stands in a column without being rounded: the server rounds in silence, even in strict mode. Pure.
import { fitsDecimal, fitsDouble, fitsInteger, fitsSingle } from '../columns/exact.ts';

const decimal = /^decimal\((\d+),(\d+)\)( unsigned)?/;
const integer = /^(tinyint|smallint|mediumint|int|bigint)(?:\(\d+\))?( unsigned)?/;
const floating = /^(float|double)(?:\((\d+),(\d+)\))?( unsigned)?/;
const bit = /^bit\((\d+)\)/;
const bits: Readonly<Record<string, bigint>> = { tinyint: 8n, smallint: 16n, mediumint: 24n, int: 32n, bigint: 64n };
/** The server stores more of a FLOAT, and shows so many. */
const shownDigits = 6;

/** How many bits a type of bits has; undefined for others. */
export function bitsOf(type: string): number | undefined {
  const length = bit.exec(type)?.[1];
  return length === undefined ? undefined : Number(length);
}

/** `type` as the server says it. True for types that hold no numbers: what becomes of one there is the server's business. */
export function fitsNumber(type: string, digits: string): boolean {
  const [, precision, scale, unsignedDecimal] = decimal.exec(type) ?? [];
  if (precision !== undefined) return !(unsignedDecimal !== undefined && digits.startsWith('-')) && fitsDecimal(digits, Number(precision), Number(scale));
  const [, float, length, places, unsignedFloat] = floating.exec(type) ?? [];
  if (float !== undefined) {
    if (unsignedFloat !== undefined && digits.startsWith('-')) return false;
    if (length !== undefined && !fitsDecimal(digits, Number(length), Number(places))) return false;
    return float === 'double' ? fitsDouble(digits) : fitsSingle(digits, shownDigits);
  }
  const own = bitsOf(type);
  if (own !== undefined) return fitsInteger(digits, BigInt(own), true);
  const [, name = '', unsigned] = integer.exec(type) ?? [];
  const size = bits[name];
  return size === undefined || fitsInteger(digits, size, unsigned !== undefined);
}
