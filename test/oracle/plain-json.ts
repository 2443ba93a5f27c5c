// Whether plain JSON, as a document column holds it, says the same as a DynamoDB item: numbers by their digits, sets in any order.
import { canonicalDecimal } from './decimal.ts';
import type { Attribute, Item } from './oracle.ts';

/** A number of JSON text, by its digits. */
export class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type PlainObject = { readonly [name: string]: unknown };

/** `JSON.parse` that keeps every digit: numbers come as `Digits`. */
export function parseExactly(text: string): unknown {
  const reviver = (_name: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? new Digits(context?.source ?? String(value)) : value;
  return JSON.parse(text, reviver);
}

export const isObject = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Digits);

/** The paths at which `actual` does not say what `item` does. */
export function itemDifferences(item: Item, actual: PlainObject, path = ''): readonly string[] {
  const names = new Set([...Object.keys(item), ...Object.keys(actual)]);
  return [...names].flatMap((name) => {
    const here = `${path}.${name}`;
    const expected = Object.hasOwn(item, name) ? item[name] : undefined;
    if (expected === undefined) return [`${here}: not in the source`];
    if (!Object.hasOwn(actual, name)) return [`${here}: missing`];
    return valueDifferences(expected, actual[name], here);
  });
}

function valueDifferences(expected: Attribute, actual: unknown, path: string): readonly string[] {
  const [type, value] = Object.entries(expected)[0] ?? [];
  const differs = [`${path}: expected ${JSON.stringify(expected)}, found ${show(actual)}`];
  const verdict = (same: boolean) => (same ? [] : differs);
  switch (type) {
    case 'S':
    case 'B':
    case 'BOOL':
      return verdict(actual === value);
    case 'NULL':
      return verdict(actual === null);
    case 'N':
      return verdict(actual instanceof Digits && sameNumber(actual, String(value)));
    case 'M':
      return isObject(actual) ? itemDifferences(value as Item, actual, path) : differs;
    case 'L': {
      const list = value as readonly Attribute[];
      if (!Array.isArray(actual) || actual.length !== list.length) return differs;
      return list.flatMap((element, index) => valueDifferences(element, actual[index], `${path}[${index}]`));
    }
    case 'SS':
    case 'BS':
    case 'NS':
      return verdict(Array.isArray(actual) && sameSet(type, value as readonly string[], actual));
    default:
      throw new Error(`the source sent an attribute of no known type at ${path}: ${JSON.stringify(expected)}`);
  }
}

const sameNumber = (actual: Digits, expected: string): boolean => canonicalDecimal(actual.text) === canonicalDecimal(expected);

function sameSet(type: 'SS' | 'NS' | 'BS', expected: readonly string[], actual: readonly unknown[]): boolean {
  if (actual.some((member) => (type === 'NS' ? !(member instanceof Digits) : typeof member !== 'string'))) return false;
  const texts = actual.map((member) => (member instanceof Digits ? canonicalDecimal(member.text) : String(member))).sort();
  const wanted = expected.map((member) => (type === 'NS' ? canonicalDecimal(member) : member)).sort();
  return texts.length === wanted.length && texts.every((text, index) => text === wanted[index]);
}

const show = (value: unknown): string => JSON.stringify(value, (_name, inner) => (inner instanceof Digits ? `number ${inner.text}` : inner)) ?? 'undefined';
