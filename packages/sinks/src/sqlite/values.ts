// Values as SQLite stores them, exactly: it would round a number that it takes for one, and replace what is no text. Pure.
import { ExactNumber, normalNumber, type Value, valueToJson } from '@shardfold/changes';
import type { TableColumn } from '../columns/layout.ts';
import { RowFault } from '../row-fault.ts';
import type { KeyColumn } from '../sql/shape.ts';
import type { SqlValue } from './thread/protocol.ts';

/** What a column of a declared type does to values, by SQLite's rules. */
export type Affinity = 'integer' | 'text' | 'none' | 'real' | 'numeric';

function affinityByRules(type: string): Affinity {
  if (/INT/i.test(type)) return 'integer';
  if (/CHAR|CLOB|TEXT/i.test(type)) return 'text';
  if (type === '' || /BLOB/i.test(type)) return 'none';
  return /REAL|FLOA|DOUB/i.test(type) ? 'real' : 'numeric';
}

/** Looked up for every value; tables have few types. */
const known = new Map<string, Affinity>();
const maxKnown = 256;

export function affinityOf(type: string): Affinity {
  const found = known.get(type);
  if (found !== undefined) return found;
  const affinity = affinityByRules(type);
  if (known.size >= maxKnown) known.clear();
  known.set(type, affinity);
  return affinity;
}

const int64Digits = /^-?\d{1,19}$/;
const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** A number in normal form: an integer where it is one of 64 bits, a double where that prints the same digits again, else text. */
function exactNumber(digits: string): bigint | number | string {
  if (digits.includes('.')) {
    const double = Number(digits);
    return Number.isFinite(double) && normalNumber(String(double)) === digits ? double : digits;
  }
  if (!int64Digits.test(digits)) return digits;
  const integer = BigInt(digits);
  return integer >= minInt64 && integer <= maxInt64 ? integer : digits;
}

/** The same for every way to write a number, so that equal numbers are equal keys. */
function numberOf(value: number | bigint | ExactNumber): bigint | number | string {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return BigInt(value);
    return Number.isInteger(value) ? exactNumber(normalNumber(String(value))) : value;
  }
  return exactNumber(typeof value === 'bigint' ? String(value) : normalNumber(value.digits));
}

function survives(stored: bigint | number | string, affinity: Affinity): boolean {
  if (affinity === 'none' || affinity === 'text') return true;
  if (typeof stored === 'string') return false;
  return affinity !== 'real' || typeof stored === 'number' || BigInt(Number(stored)) === stored;
}

/** An integer that is printed as it was written. */
const integerText = /^(?:0|-?[1-9]\d{0,17})$/;
/** A text that SQLite takes for a number where its affinity is one. */
const numberText = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** Whether a column of this type keeps the value as it is: SQLite rounds numbers, and makes numbers of texts that look like one. */
export function keeps(type: string, value: Value): boolean {
  const affinity = type === numberType ? 'none' : affinityOf(type);
  if (affinity === 'none' || affinity === 'text') return true;
  if (isNumber(value)) return survives(numberOf(value), affinity);
  return typeof value !== 'string' || !numberText.test(value) || integerText.test(value);
}

/** Throws `RowFault` where a column of this type would round it. */
export function numberParameter(value: number | bigint | ExactNumber, column: string, type: string): SqlValue {
  const stored = numberOf(value);
  if (survives(stored, affinityOf(type))) return stored;
  throw new RowFault(
    'NUMBER_RANGE',
    `The column "${column}" is ${type} and would round ${String(stored).slice(0, 80)}. Make it ${numberType}, which keeps all digits.`,
  );
}

/** SQLite rounds what it takes for a number; a column with BLOB in its type's name keeps what it is given. */
export const numberType = 'NUMBER_BLOB';

function textParameter(text: string, column: string): string {
  if (text.isWellFormed()) return text;
  throw new RowFault('NOT_UNICODE', `The text for the column "${column}" has half a surrogate pair, which UTF-8 cannot hold.`);
}

/** Bytes without the rest of the buffer that they are a part of: all of it would cross to the thread. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function isNumber(value: Value): value is number | bigint | ExactNumber {
  return (typeof value === 'number' && Number.isFinite(value)) || typeof value === 'bigint' || value instanceof ExactNumber;
}

/** A key's value that has been checked against its type. Throws `RowFault`. */
export function keyParameter({ name, type, declared }: KeyColumn, value: Value): SqlValue {
  if (typeof value === 'string') return textParameter(value, name);
  if (value instanceof Uint8Array) return ownBytes(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (!isNumber(value)) return null;
  const stored = numberParameter(value, name, declared ?? (type === 'integer' ? 'INTEGER' : numberType));
  if (type !== 'integer' || typeof stored === 'bigint') return stored;
  throw new RowFault('NUMBER_RANGE', `The key "${name}" is an integer of 64 bits, and ${String(stored).slice(0, 80)} is none.`);
}

/** A value for a column of layout `columns`. Throws `RowFault`. */
export function cellParameter({ name, kind, type }: TableColumn, value: Value): SqlValue {
  if (value === null) return null;
  if (kind === 'json') return valueToJson(value, { numbers: 'exact' });
  if (typeof value === 'string') return textParameter(value, name);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (value instanceof Uint8Array) return ownBytes(value);
  return isNumber(value) ? numberParameter(value, name, type) : valueToJson(value, { numbers: 'exact' });
}

const seqDigits = 65;

/** Digits of one length, so that texts are in the order of numbers. */
export function seqParameter(seq: string): string {
  return seq.padStart(seqDigits, '0');
}
