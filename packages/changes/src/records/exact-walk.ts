// Goes over a parsed record once: weighs it, and puts in place the numbers that the parser rounded. It knows no format.
import { ExactNumber } from '../types.ts';
import { nine } from '../values/characters.ts';
import { isNumberText, maxWrittenDigits, valueLength, writtenLength } from '../values/numbers.ts';
import { partWeight } from '../values/row-image.ts';
import type { ExactTree } from './exact-tree.ts';
import { tooLongNumbers, type Undecodable, undecodable } from './json.ts';
import { exactNumber, type LongNumbers } from './long-numbers.ts';

/** What was found on the way through a parsed tree. */
export interface Walk {
  readonly numbers: LongNumbers | undefined;
  /** Of the field that is looked at: whoever goes over fields sets it, for a number may be known by it only. */
  name: string | undefined;
  /** Fields whose text will be read as a number. */
  readonly numberTexts: ReadonlySet<string | undefined> | undefined;
  /** About how much memory what was kept will hold. */
  bytes: number;
  /** How many characters the numbers have that are longer when they are written out. */
  digits: number;
  /** A number was met that nothing here holds: it has too many digits or too large an exponent. */
  outOfBounds: boolean;
  /** A number was met that `JSON.stringify` writes otherwise than plain JSON here: with an exponent, or not at all. */
  odd: boolean;
  /** The first thing that is wrong. */
  wrong: Undecodable | undefined;
}

/** `result` is of no use where `walk.outOfBounds`. */
export interface ExactlyRead<T> {
  readonly result: T;
  readonly walk: Walk;
}

/** `JSON.stringify` writes what is smaller with an exponent. */
export const smallestPlain = 1e-6;

/** Weighs a number of so many characters. False, and noted in `walk`, where the record has too many of them. */
export function weighDigits(length: number, walk: Walk): boolean {
  walk.bytes += length;
  walk.digits += length;
  if (walk.digits <= maxWrittenDigits) return true;
  walk.wrong ??= tooLongNumbers();
  return false;
}

function weighOdd<T extends number | bigint | ExactNumber>(number: T, walk: Walk): T {
  walk.odd = true;
  weighDigits(valueLength(number), walk);
  return number;
}

/** A number of the tree as the text has it. */
export function numberLeaf(part: number | bigint | ExactNumber, walk: Walk): number | bigint | ExactNumber {
  if (typeof part !== 'number') return weighOdd(part, walk);
  if (Number.isSafeInteger(part)) return part;
  const exact = exactNumber(part, walk.name, walk.numbers);
  if (typeof exact === 'number' && !Number.isFinite(exact)) walk.outOfBounds = true;
  else if (typeof exact !== 'number' || Math.abs(exact) < smallestPlain) weighOdd(exact, walk);
  return exact;
}

function weighText(text: string, walk: Walk): void {
  // Most texts are told by how they begin: a number has a digit, a sign or a point there.
  if (text.charCodeAt(0) <= nine && walk.numberTexts?.has(walk.name) === true && isNumberText(text)) weighDigits(writtenLength(text), walk);
  else walk.bytes += text.length;
}

/**
 * Looks at each part of a tree once: weighs it, makes its numbers exact in place, and notes in `walk` where it is nested more than
 * `maxDepth` deep. What it returns stands for the part.
 */
export function checkTree(part: unknown, walk: Walk, maxDepth: number, depth = 1): unknown {
  walk.bytes += partWeight;
  if (typeof part === 'string') weighText(part, walk);
  else if (typeof part === 'number') return numberLeaf(part, walk);
  else if (isExactLeaf(part)) weighOdd(part, walk);
  else if (typeof part === 'object' && part !== null) checkParts(part, walk, maxDepth, depth);
  return part;
}

function checkParts(parts: object, walk: Walk, maxDepth: number, depth: number): void {
  if (depth > maxDepth) {
    walk.wrong ??= undecodable('TOO_DEEP', `A value is nested more than ${maxDepth} deep; the record is not decoded. Check what wrote it.`);
    return;
  }
  if (Array.isArray(parts)) {
    for (let at = 0; at < parts.length; at += 1) {
      const member: unknown = parts[at];
      const exact = checkTree(member, walk, maxDepth, depth + 1);
      if (exact !== member) parts[at] = exact;
    }
    return;
  }
  // What JSON.parse made belongs to nobody else, and its names are its own even if one is `__proto__`.
  const fields = parts as Record<string, unknown>;
  for (const name in fields) {
    walk.bytes += name.length;
    const field = fields[name];
    walk.name = name;
    const exact = checkTree(field, walk, maxDepth, depth + 1);
    if (exact !== field) fields[name] = exact;
  }
}

/** Whether a part of a tree is a number that came from the text, digit by digit. */
export function isExactLeaf(part: unknown): part is bigint | ExactNumber {
  return typeof part === 'bigint' || part instanceof ExactNumber;
}

/** Calls `read` with the parsed tree. */
export function readWithExactNumbers<Tree, T>(
  { value, numbers }: ExactTree<Tree>,
  read: (tree: Tree, walk: Walk) => T,
  numberTexts?: ReadonlySet<string | undefined>,
): ExactlyRead<T> {
  const walk: Walk = { numbers, name: undefined, numberTexts, bytes: 0, digits: 0, outOfBounds: false, odd: false, wrong: undefined };
  return { result: read(value, walk), walk };
}
