// The typed attributes of an item as DynamoDB writes them (`{"N":"1.5"}`), checked once in the parsed tree so that whoever
// reads the tree afterwards needs no check. It makes no values and knows nothing of the record around the item.

import { isObject, quoted, tooManyDigits } from '../records/json.ts';
import type { DecodeError } from '../types.ts';
import { isBase64 } from '../values/base64.ts';
import { isNumberText, maxWrittenDigits, writtenLength } from '../values/numbers.ts';
import { partWeight } from '../values/row-image.ts';

/** DynamoDB allows 32. */
export const maxDepth = 100;
/** DynamoDB's numbers have 38 digits and exponents of -130 to 125: so many characters written out, or those of the text itself. */
const maxWrittenNumber = 200;

/** One attribute: exactly one of these is there. `S` may be null: some writers mean "no text". */
export interface Attribute {
  readonly S?: string | null;
  readonly N?: string;
  readonly B?: string;
  readonly BOOL?: boolean;
  readonly NULL?: boolean;
  readonly M?: Attributes;
  readonly L?: readonly Attribute[];
  readonly SS?: readonly string[];
  readonly NS?: readonly string[];
  readonly BS?: readonly string[];
}

export type Attributes = { readonly [name: string]: Attribute };

/** What is wrong, and where: the names from the outside in. */
export interface Fault {
  readonly code: DecodeError['code'];
  readonly problem: string;
  readonly path: string[];
  /** The number is there, but not as text; its digits can still be had from the record's text. */
  readonly numberToken: boolean;
}

export type Checked = { readonly attributes: Attributes; readonly bytes: number } | Fault;

/** Adds up what a row weighs in memory, roughly: its text, and what V8 needs around each part. */
interface Weight {
  bytes: number;
  /** How many characters the numbers have, written out. */
  digits: number;
}

function fault(problem: string, numberToken = false): Fault {
  return { code: 'BROKEN_VALUE', problem, path: [], numberToken };
}

/** Whether the text is a number that DynamoDB may have, or has all the digits that it stands for. */
export function isAttributeNumber(text: string): boolean {
  return isNumberText(text) && writtenLength(text) <= Math.max(text.length, maxWrittenNumber);
}

function checkNumber(value: unknown, weight: Weight): Fault | undefined {
  if (typeof value === 'string') {
    if (!isAttributeNumber(value)) return fault(`has N ${quoted(value)}, which is no decimal number of DynamoDB`);
    weight.digits += writtenLength(value);
    return weight.digits <= maxWrittenDigits ? undefined : { code: 'TOO_LARGE', problem: tooManyDigits, path: [], numberToken: false };
  }
  return typeof value === 'number' ? fault('has N as a JSON number, not as text', true) : fault('has N without text');
}

function checkBinary(value: unknown): Fault | undefined {
  if (typeof value !== 'string') return fault('has B without text');
  return isBase64(value) ? undefined : fault('has B with text that is not base64');
}

function checkString(value: unknown): Fault | undefined {
  return typeof value === 'string' ? undefined : fault('has S without text');
}

function checkSet(value: unknown, weight: Weight, checkMember: (member: unknown, weight: Weight) => Fault | undefined): Fault | undefined {
  if (!Array.isArray(value)) return fault('has a set that is no list');
  for (const member of value) {
    const wrong = checkMember(member, weight);
    if (wrong !== undefined) return wrong;
    weight.bytes += partWeight + String(member).length;
  }
  return undefined;
}

function checkList(value: unknown, depth: number, weight: Weight): Fault | undefined {
  if (!Array.isArray(value)) return fault('has L without a list');
  for (let at = 0; at < value.length; at += 1) {
    const wrong = checkAttribute(value[at], depth, weight);
    if (wrong !== undefined) {
      wrong.path.unshift(String(at));
      return wrong;
    }
  }
  return undefined;
}

function checkMap(value: unknown, depth: number, weight: Weight): Fault | undefined {
  if (!isObject(value)) return fault('has no map of attributes');
  for (const name in value) {
    weight.bytes += name.length;
    const wrong = checkAttribute(value[name], depth, weight);
    if (wrong !== undefined) {
      wrong.path.unshift(name);
      return wrong;
    }
  }
  return undefined;
}

/** The one type tag of an attribute. A parsed object has no inherited names that `for in` would find. */
function tagOf(attribute: Readonly<Record<string, unknown>>): string | undefined {
  let only: string | undefined;
  for (const tag in attribute) {
    if (only !== undefined) return undefined;
    only = tag;
  }
  return only;
}

function checkAttribute(attribute: unknown, depth: number, weight: Weight): Fault | undefined {
  if (depth > maxDepth) return { code: 'TOO_DEEP', problem: `is nested more than ${maxDepth} deep`, path: [], numberToken: false };
  if (!isObject(attribute)) return fault('has no type');
  const tag = tagOf(attribute);
  if (tag === undefined) return fault('has no type, or several');
  const value = attribute[tag];
  weight.bytes += partWeight + (typeof value === 'string' ? value.length : 0);
  switch (tag) {
    case 'S':
      return value === null ? undefined : checkString(value);
    case 'N':
      return checkNumber(value, weight);
    case 'B':
      return checkBinary(value);
    case 'BOOL':
    case 'NULL':
      return typeof value === 'boolean' ? undefined : fault(`has ${tag} without true or false`);
    case 'M':
      return checkMap(value, depth + 1, weight);
    case 'L':
      return checkList(value, depth + 1, weight);
    case 'SS':
      return checkSet(value, weight, checkString);
    case 'NS':
      return checkSet(value, weight, checkNumber);
    case 'BS':
      return checkSet(value, weight, checkBinary);
    default:
      return fault(`has the type ${quoted(tag)}, which DynamoDB does not have`);
  }
}

/** Checks a whole item. `where` (`NewImage`) opens the path of a fault. */
export function checkAttributes(tree: unknown, where: string): Checked {
  const weight: Weight = { bytes: 0, digits: 0 };
  const wrong = checkMap(tree, 1, weight);
  if (wrong === undefined) return { attributes: tree as Attributes, bytes: weight.bytes + weight.digits };
  wrong.path.unshift(where);
  return wrong;
}
