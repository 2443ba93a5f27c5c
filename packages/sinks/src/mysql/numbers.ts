// Whether a number stands in a column without being rounded: the server rounds fractions in silence, even in strict mode. Pure.
import { ExactNumber, normalNumber, type Value } from '@shardfold/changes';

const decimal = /^decimal\((\d+),(\d+)\)( unsigned)?/;
const integer = /^(tinyint|smallint|mediumint|int|bigint)(?:\(\d+\))?( unsigned)?/;
const bits: Readonly<Record<string, bigint>> = { tinyint: 8n, smallint: 16n, mediumint: 24n, int: 32n, bigint: 64n };

/** The digits of a finite number; undefined for everything else. */
export function digitsOfNumber(value: Value): string | undefined {
  if (value instanceof ExactNumber) return value.digits;
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value)) ? String(value) : undefined;
}

/** `type` as the server says it. True for types that hold no numbers: what becomes of one there is the server's business. */
export function fitsNumber(type: string, digits: string): boolean {
  const [, precision, scale, unsignedDecimal] = decimal.exec(type) ?? [];
  if (precision !== undefined) {
    const [whole = '', fraction = ''] = normalNumber(digits).replace('-', '').split('.');
    if (unsignedDecimal !== undefined && digits.startsWith('-')) return false;
    return fraction.length <= Number(scale) && (whole === '0' || whole.length <= Number(precision) - Number(scale));
  }
  const [, name = '', unsigned] = integer.exec(type) ?? [];
  const size = bits[name];
  if (size === undefined) return true;
  const normal = normalNumber(digits);
  if (normal.includes('.') || normal.length > 20) return false;
  const value = BigInt(normal);
  return unsigned === undefined ? value >= -(2n ** (size - 1n)) && value < 2n ** (size - 1n) : value >= 0n && value < 2n ** size;
}
