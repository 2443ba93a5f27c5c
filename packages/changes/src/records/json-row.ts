// A row that came as a plain JSON object: checked once, handed on lazily as values or as JSON. It knows no format.
import type { DecodeError, Image, RowImage, Value } from '../types.ts';
import { ExactNumber } from '../types.ts';
import { valuesToJsonText } from '../values/text.ts';
import { isObject, quoted } from './json.ts';

/** MySQL's JSON columns end at 100, MongoDB's documents too. */
export const maxRowDepth = 100;
const partWeight = 40;

/** What is wrong with a value, and where: the names from the outside in. */
interface RowFault {
  readonly code: DecodeError['code'];
  readonly problem: string;
  readonly path: string[];
}

/** A row as JSON gave it: `Object.prototype` is its prototype, the names are its own. */
export type JsonRow = Readonly<Record<string, Value>>;

export type CheckedRow =
  | { readonly kind: 'row'; readonly row: JsonRow; readonly bytes: number }
  | { readonly kind: 'fault'; readonly code: DecodeError['code']; readonly problem: string };

interface Weight {
  bytes: number;
}

function checkParts(parts: Readonly<Record<string, unknown>>, depth: number, weight: Weight): RowFault | undefined {
  for (const name in parts) {
    weight.bytes += name.length;
    const wrong = checkValue(parts[name], depth, weight);
    if (wrong !== undefined) {
      wrong.path.unshift(name);
      return wrong;
    }
  }
  return undefined;
}

function checkValue(value: unknown, depth: number, weight: Weight): RowFault | undefined {
  weight.bytes += partWeight;
  switch (typeof value) {
    case 'string':
      weight.bytes += value.length;
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : { code: 'BROKEN_VALUE', problem: 'is a number out of all bounds', path: [] };
    case 'object':
      if (value === null) return undefined;
      if (value instanceof ExactNumber) {
        weight.bytes += value.digits.length;
        return undefined;
      }
      if (depth > maxRowDepth) return { code: 'TOO_DEEP', problem: `is nested more than ${maxRowDepth} deep`, path: [] };
      return checkParts(value as Readonly<Record<string, unknown>>, depth + 1, weight);
    default:
      return undefined;
  }
}

/** Looks at every value once. `where` (`data`) opens the path that a problem names. */
export function checkRow(tree: unknown, where: string): CheckedRow {
  if (!isObject(tree)) return { kind: 'fault', code: 'BROKEN_VALUE', problem: `${quoted(where)} is no object of columns` };
  const weight: Weight = { bytes: 0 };
  const wrong = checkParts(tree, 1, weight);
  if (wrong === undefined) return { kind: 'row', row: tree as JsonRow, bytes: weight.bytes };
  return { kind: 'fault', code: wrong.code, problem: `${[where, ...wrong.path.slice(0, 5)].map(quoted).join(' → ')} ${wrong.problem}` };
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

/** A row image of one or several checked rows; the later ones say what the columns they have are. */
export function jsonRowImage(bytes: number, ...rows: readonly JsonRow[]): RowImage {
  const merged = (): Image => {
    const [only] = rows;
    return only !== undefined && rows.length === 1 ? only : Object.assign(Object.create(null), ...rows);
  };
  return { bytes, values: () => imageOf(merged() as JsonRow), json: (policy) => valuesToJsonText(merged(), policy) };
}
