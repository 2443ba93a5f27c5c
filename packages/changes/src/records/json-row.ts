// A row that came as a plain JSON object: checked once, handed on lazily as values or as JSON. It knows no format.
import { type ScannedObject, scannedBytes } from '../scan/object.ts';
import type { DecodeError, RowImage, Value } from '../types.ts';
import { ExactNumber } from '../types.ts';
import { maxWrittenDigits, valueLength } from '../values/numbers.ts';
import { partWeight } from '../values/row-image.ts';
import { keepsColumns, valuesToJsonText } from '../values/text.ts';
import { type ExactObject, scannedTree } from './exact-tree.ts';
import { isExactLeaf, smallestPlain } from './exact-walk.ts';
import { isObject, quoted, tooManyDigits } from './json.ts';
import { exactNumber, type LongNumbers } from './long-numbers.ts';

/** MySQL's JSON columns end at 100, MongoDB's documents too. */
export const maxRowDepth = 100;

/** What is wrong with a value, and where: the names from the outside in. */
interface RowFault {
  readonly code: DecodeError['code'];
  readonly problem: string;
  readonly path: string[];
}

/** A row as JSON gave it: `Object.prototype` is its prototype, the names are its own. */
export type JsonRow = Readonly<Record<string, Value>>;

export interface CheckedColumns {
  readonly kind: 'row';
  readonly row: JsonRow;
  /** `JSON.stringify` writes its numbers as plain JSON here does. */
  readonly isPlain: boolean;
  readonly bytes: number;
}

export type CheckedRow = CheckedColumns | { readonly kind: 'fault'; readonly code: DecodeError['code']; readonly problem: string };

/** What is noted on the way through a row. */
interface Check {
  readonly numbers: LongNumbers | undefined;
  bytes: number;
  /** How many characters the numbers have that are longer when they are written out. */
  digits: number;
  isPlain: boolean;
  fault: RowFault | undefined;
}

/** Each number in place as the text has it: what JSON.parse made belongs to nobody else, and its names are its own even if one is `__proto__`. */
function checkFields(fields: Record<string, unknown>, depth: number, check: Check): void {
  for (const name in fields) {
    check.bytes += name.length;
    const field = fields[name];
    const exact = checkValue(field, name, depth, check);
    if (exact !== field) fields[name] = exact;
    if (check.fault !== undefined) {
      check.fault.path.unshift(name);
      return;
    }
  }
}

/** By index: going over a list by its names takes several times as long. */
function checkMembers(members: unknown[], depth: number, check: Check): void {
  for (let at = 0; at < members.length; at += 1) {
    const member = members[at];
    const exact = checkValue(member, undefined, depth, check);
    if (exact !== member) members[at] = exact;
    if (check.fault !== undefined) {
      check.fault.path.unshift(String(at));
      return;
    }
  }
}

function weighOdd(number: number | bigint | ExactNumber, check: Check): void {
  const length = valueLength(number);
  check.isPlain = false;
  check.bytes += length;
  check.digits += length;
  if (check.digits > maxWrittenDigits) check.fault = { code: 'TOO_LARGE', problem: tooManyDigits, path: [] };
}

function checkNumber(double: number, name: string | undefined, check: Check): Value {
  if (Number.isSafeInteger(double)) return double;
  const exact = exactNumber(double, name, check.numbers);
  if (typeof exact !== 'number' || Math.abs(exact) < smallestPlain) weighOdd(exact, check);
  else if (!Number.isFinite(exact)) check.fault = { code: 'BROKEN_VALUE', problem: 'is a number out of all bounds', path: [] };
  return exact;
}

/** What stands for the value. */
function checkValue(value: unknown, name: string | undefined, depth: number, check: Check): unknown {
  check.bytes += partWeight;
  if (typeof value === 'string') check.bytes += value.length;
  else if (typeof value === 'number') return checkNumber(value, name, check);
  else if (isExactLeaf(value)) weighOdd(value, check);
  else if (typeof value !== 'object' || value === null) return value;
  else if (depth > maxRowDepth) check.fault = { code: 'TOO_DEEP', problem: `is nested more than ${maxRowDepth} deep`, path: [] };
  else if (Array.isArray(value)) checkMembers(value, depth + 1, check);
  else checkFields(value as Record<string, unknown>, depth + 1, check);
  return value;
}

/** Looks at every value once, and makes its numbers exact in place. `where` (`data`) opens the path that a problem names. */
export function checkRow(tree: unknown, numbers: LongNumbers | undefined, where: string): CheckedRow {
  if (!isObject(tree)) return { kind: 'fault', code: 'BROKEN_VALUE', problem: `${quoted(where)} is no object of columns` };
  const check: Check = { numbers, bytes: 0, digits: 0, isPlain: true, fault: undefined };
  checkFields(tree as Record<string, unknown>, 1, check);
  const wrong: RowFault | undefined = check.fault;
  if (wrong === undefined) return { kind: 'row', row: tree as JsonRow, isPlain: check.isPlain, bytes: check.bytes };
  return { kind: 'fault', code: wrong.code, problem: `${[where, ...wrong.path.slice(0, 5)].map(quoted).join(' → ')} ${wrong.problem}` };
}

export function isEmpty(row: JsonRow): boolean {
  for (const _ in row) return false;
  return true;
}

/** The value of a column; undefined where the row has none of this name. */
export function columnOf(row: JsonRow, name: string): Value | undefined {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

function plainValue(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  return Array.isArray(value) ? value.map(plainValue) : imageOf(value as JsonRow);
}

function imageOf(row: JsonRow): { [name: string]: Value } {
  const image: { [name: string]: Value } = Object.create(null);
  for (const name of Object.keys(row)) image[name] = plainValue(row[name] ?? null);
  return image;
}

/** A row image of a checked row; `over` says what the columns it has are. */
export function jsonRowImage(checked: CheckedColumns, over?: CheckedColumns): RowImage {
  const row = (): JsonRow => (over === undefined ? checked.row : Object.assign(Object.create(null), checked.row, over.row));
  const isPlain = checked.isPlain && (over === undefined || over.isPlain);
  return {
    bytes: checked.bytes + (over === undefined ? 0 : over.bytes),
    values: () => imageOf(row()),
    json: (policy) => (isPlain && keepsColumns(policy) ? JSON.stringify(row()) : valuesToJsonText(row(), policy)),
  };
}

/** A row image of a text that was gone over, to be parsed when somebody asks. */
export function scannedRowImage(scanned: ScannedObject): RowImage {
  let read: ExactObject | undefined;
  const parsed = (): ExactObject => {
    read ??= scannedTree(scanned);
    return read;
  };
  return {
    bytes: scannedBytes(scanned),
    values: () => imageOf(parsed().fields as JsonRow),
    json: (policy) => {
      const { fields, isPlain } = parsed();
      return isPlain && keepsColumns(policy) ? JSON.stringify(fields) : valuesToJsonText(fields as JsonRow, policy);
    },
  };
}
