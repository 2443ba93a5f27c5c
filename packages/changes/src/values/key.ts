// When two keys are the same key: one text for all ways to write it. It knows no format and no database.
import { type Key, type Value, ValueSet } from '../types.ts';
import { base64OfBytes } from './base64.ts';
import { compareBytewise } from './order.ts';
import { digitsOf } from './text.ts';

function bytewise(texts: readonly string[]): string {
  return [...texts].sort(compareBytewise).join(',');
}

/** A letter for the type, then a text that ends by itself: nothing in a value can look like the next one. */
function identity(value: Value): string {
  if (typeof value === 'string') return `s${JSON.stringify(value)}`;
  const digits = digitsOf(value);
  if (digits !== undefined) return `n${digits}`;
  if (value === null) return 'z';
  if (typeof value !== 'object') return `p${String(value)}`;
  if (value instanceof Uint8Array) return `b${base64OfBytes(value)}`;
  if (value instanceof ValueSet) return `u(${bytewise(value.values.map(identity))})`;
  if (Array.isArray(value)) return `l(${value.map(identity).join(',')})`;
  return `m(${bytewise(Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${identity(inner)}`))})`;
}

/**
 * The same text for equal keys, however their numbers are written (`1.5`, `1.50`); another for every other key. The type
 * counts: text `1` is not number `1`. Good for a Map, not for storing: it may change between versions of this package.
 */
export function keyIdentity(key: Key): string {
  return key.map(([name, value]) => `${JSON.stringify(name)}:${identity(value)}`).join(',');
}

/** Whether two values are one, told by a look; undefined where it takes their identities. */
function isPlainlySame(a: Value, b: Value): boolean | undefined {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) ? a === b : undefined;
}

/** Whether two keys have one identity. */
export function isSameKey(a: Key, b: Key): boolean {
  if (a.length !== b.length) return false;
  let isTold = true;
  for (let at = 0; at < a.length; at += 1) {
    const [name, value = null] = a[at] ?? [];
    const [otherName, otherValue = null] = b[at] ?? [];
    const isSame = name === otherName ? isPlainlySame(value, otherValue) : false;
    if (isSame === false) return false;
    isTold &&= isSame === true;
  }
  return isTold || keyIdentity(a) === keyIdentity(b);
}
