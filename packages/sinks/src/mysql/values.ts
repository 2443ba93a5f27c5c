// Values as parameters of statements. A value that the server would change in silence is the row's fault. It knows no statement.
import { normalNumber, type TextPolicy, type Value, valueToJson } from '@shardfold/changes';
import { sql } from 'kysely';
import { bufferOf } from '../bytes.ts';
import { digitsOfNumber } from '../columns/exact.ts';
import type { TableColumn } from '../columns/layout.ts';
import { RowFault } from '../row-fault.ts';
import type { SqlBindings } from '../sql/dialect.ts';
import type { KeyColumn } from '../sql/shape.ts';
import type { Flavor } from './flavor.ts';
import { bitsOf, fitsNumber } from './numbers.ts';

export type Parameter = string | Buffer | null;

function wellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  throw new RowFault('NOT_UNICODE', 'A text holds half of a surrogate pair, which UTF-8 cannot hold.');
}

function fitting(type: string, digits: string): string {
  if (fitsNumber(type, digits)) return digits;
  throw new RowFault('NUMBER_RANGE', `The number ${digits.slice(0, 80)} does not fit ${type} without being rounded.`);
}

function keyDigits({ type, declared }: KeyColumn, digits: string): string {
  const isText = declared === undefined ? type === 'number' : declared.startsWith('varchar');
  // As text only one of its spellings is the key.
  return isText ? normalNumber(digits) : fitting(declared ?? 'bigint', digits);
}

/** A key value that has been checked against its type. */
export function keyParameter(column: KeyColumn, value: Value): Parameter {
  const digits = digitsOfNumber(value);
  if (digits !== undefined) return keyDigits(column, digits);
  if (typeof value === 'string') return wellFormed(value);
  if (value instanceof Uint8Array) return bufferOf(value);
  return value === true ? '1' : '0';
}

/** A timestamp's T may stay; MySQL reads it. */
const zulu = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const calendar = /^(datetime|timestamp)/;

const maxBits = 64;

/** As text the server would read a digit as the bits of its character. */
function bitParameter(bits: number, digits: string): Buffer {
  const bytes = Buffer.alloc(maxBits / 8);
  bytes.writeBigUInt64BE(BigInt(normalNumber(digits)));
  return bytes.subarray(-Math.ceil(bits / 8));
}

/** A value for a column of layout `columns`. */
export function cellParameter({ kind, type }: Pick<TableColumn, 'kind' | 'type'>, value: Value | undefined, policy: Pick<TextPolicy, 'numbers'>): Parameter {
  if (value === null || value === undefined) return null;
  if (kind === 'json') return valueToJson(value, policy);
  const digits = typeof value === 'boolean' ? (value ? '1' : '0') : digitsOfNumber(value);
  const bits = bitsOf(type);
  if (digits !== undefined && bits !== undefined) return bitParameter(bits, fitting(type, digits));
  if (digits !== undefined) return kind === 'other' || typeof value === 'boolean' ? digits : fitting(type, digits);
  if (typeof value === 'string') return wellFormed(calendar.test(type) && zulu.test(value) ? value.slice(0, -1) : value);
  return value instanceof Uint8Array ? bufferOf(value) : valueToJson(value, policy);
}

function timestampText(atMs: number): string {
  return new Date(atMs).toISOString().replace('T', ' ').replace('Z', '');
}

export function mysqlBindings(flavor: Flavor): SqlBindings {
  return {
    key(column, value) {
      const parameter = keyParameter(column, value);
      // Against a text a number column would be compared as doubles.
      const number = /^(decimal\(\d+,\d+\)|(?:tinyint|smallint|mediumint|int|bigint)\b)/.exec(column.declared ?? '')?.[1];
      if (number === undefined) return sql`${parameter}`;
      return sql`cast(${parameter} as ${sql.raw(number.startsWith('decimal') ? number : 'decimal(20,0)')})`;
    },
    seq: (seq) => sql`cast(${seq} as decimal(65,0))`,
    json: (text) => sql`${text}`,
    boolean: (value) => sql`${sql.lit(value ? 1 : 0)}`,
    cell: (column, value) => sql`${cellParameter(column, value, flavor)}`,
    now: () => sql`utc_timestamp(3)`,
    ago: (milliseconds) => sql`utc_timestamp(3) - interval ${milliseconds * 1_000} microsecond`,
    timestamp: (atMs) => sql`${timestampText(atMs)}`,
    jsonText: (column) => (flavor.product === 'MySQL' ? sql`cast(${column} as char)` : column),
    readTimestampMs: (value) => Date.parse(`${String(value).replace(' ', 'T')}Z`),
  };
}
