// Values as plain JSON text: what a document layout stores and what `decode` prints. It knows no format.
import { ExactNumber, type Image, type TextPolicy, type Value, ValueSet } from '../types.ts';
import { base64OfBytes } from './base64.ts';
import { compareNumbers, normalNumber, numberJson } from './numbers.ts';
import { compareBytewise } from './order.ts';

type Numbers = Pick<TextPolicy, 'numbers'>;

/** The digits of a finite number, in normal form; undefined for whatever is none. */
export function digitsOf(value: Value): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? normalNumber(String(value)) : undefined;
  if (typeof value === 'bigint') return value.toString();
  return value instanceof ExactNumber ? normalNumber(value.digits) : undefined;
}

/** The order of a set's members: numbers by value, texts and binary bytewise. */
export function compareMembers(a: Value, b: Value): number {
  const left = digitsOf(a);
  const right = digitsOf(b);
  if (left !== undefined && right !== undefined) return compareNumbers(left, right);
  if (typeof a === 'string' && typeof b === 'string') return compareBytewise(a, b);
  return compareBytewise(valueToJson(a, { numbers: 'exact' }), valueToJson(b, { numbers: 'exact' }));
}

/** Plain JSON of one value. A double that JSON has no number for (`NaN`, `Infinity`) becomes text. */
export function valueToJson(value: Value, policy: Numbers): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  const digits = digitsOf(value);
  if (digits !== undefined) return numberJson(digits, policy.numbers);
  if (typeof value !== 'object') return `"${value}"`;
  if (value instanceof Uint8Array) return `"${base64OfBytes(value)}"`;
  if (value instanceof ValueSet) return arrayToJson([...value.values].sort(compareMembers), policy);
  return Array.isArray(value) ? arrayToJson(value, policy) : objectToJson(value as Image, policy);
}

function objectToJson(object: Image, policy: Numbers): string {
  let text = '{';
  for (const name of Object.keys(object)) text += `${text.length === 1 ? '' : ','}${JSON.stringify(name)}:${valueToJson(object[name] ?? null, policy)}`;
  return `${text}}`;
}

function arrayToJson(values: readonly Value[], policy: Numbers): string {
  return `[${values.map((value) => valueToJson(value, policy)).join(',')}]`;
}

/** A JSON object of these fields, in their order. */
export function fieldsToJson(fields: readonly (readonly [name: string, value: Value])[], policy: Numbers): string {
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${valueToJson(value, policy)}`).join(',')}}`;
}

/** Whether a row's text has the row's own columns and names. */
export function keepsColumns(policy: TextPolicy): boolean {
  for (const _ in policy.rename) return false;
  return policy.drop.length === 0;
}

/** The names of a row's top level, as stored. A name that is dropped is left out; a renamed column takes the place of one that had the name before. */
export function storedNames(names: readonly string[], policy: TextPolicy): readonly (readonly [name: string, stored: string])[] {
  const kept = names.filter((name) => !policy.drop.includes(name));
  const pairs = kept.map((name) => [name, Object.hasOwn(policy.rename, name) ? (policy.rename[name] ?? name) : name] as const);
  const taken = new Set(pairs.filter(([name, stored]) => name !== stored).map(([, stored]) => stored));
  return pairs.filter(([name, stored]) => name !== stored || !taken.has(name));
}

/** Plain JSON of a row, with columns dropped and renamed. */
export function valuesToJsonText(image: Image, policy: TextPolicy): string {
  if (keepsColumns(policy)) return objectToJson(image, policy);
  return fieldsToJson(
    storedNames(Object.keys(image), policy).map(([name, stored]) => [stored, image[name] ?? null] as const),
    policy,
  );
}
