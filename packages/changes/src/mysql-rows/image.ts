// A row of fields that were read, as the image of a change: JSON columns whose texts came as bytes get them as text. It knows no
// format.
import { ExactNumber, type Image, type RowImage, type Value, ValueSet } from '../types.ts';
import { valueLength } from '../values/numbers.ts';
import { partWeight } from '../values/row-image.ts';
import { valuesToJsonText } from '../values/text.ts';
import type { Fields } from './documents.ts';

function weightOf(value: Value): number {
  if (typeof value === 'string') return partWeight + value.length;
  if (typeof value === 'bigint') return partWeight + valueLength(value);
  if (typeof value !== 'object' || value === null) return partWeight;
  if (value instanceof Uint8Array) return partWeight + value.length;
  if (value instanceof ExactNumber) return partWeight + valueLength(value);
  if (value instanceof ValueSet) return partWeight + weightOfAll(value.values);
  return partWeight + (Array.isArray(value) ? weightOfAll(value) : weightOfFields(value));
}

function weightOfAll(values: readonly Value[]): number {
  let bytes = 0;
  for (const value of values) bytes += weightOf(value);
  return bytes;
}

function weightOfFields(fields: Fields): number {
  let bytes = 0;
  for (const name in fields) bytes += name.length + weightOf(fields[name] ?? null);
  return bytes;
}

function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

/** MySQL's JSON has text and no bytes; the reader leaves its text undecoded. What is no UTF-8 stays as it is. */
function withinJson(value: Value): Value {
  return value instanceof Uint8Array ? textOrBytes(value) : columnValue(value);
}

/** A column of its own may be bytes; what lies within a list or a dict is of a JSON column. */
function columnValue(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber || value instanceof Uint8Array) return value;
  if (value instanceof ValueSet) return new ValueSet(value.values.map(withinJson));
  return Array.isArray(value) ? value.map(withinJson) : imageOf(value, withinJson);
}

function imageOf(fields: Fields, inner: (value: Value) => Value): { [name: string]: Value } {
  const image: { [name: string]: Value } = Object.create(null);
  for (const name in fields) image[name] = inner(fields[name] ?? null);
  return image;
}

/** Nothing is made before somebody asks. */
export function rowImage(fields: Fields): RowImage {
  const values = (): Image => imageOf(fields, columnValue);
  return { bytes: weightOfFields(fields), values, json: (policy) => valuesToJsonText(values(), policy) };
}
