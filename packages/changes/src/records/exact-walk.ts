// Reads a parsed record on the way that costs least and still loses no digit: over the plain parse first, over exact numbers only
// where a number that was met needs it. It knows no format.
import { ExactNumber } from '../types.ts';
import { parsedExactly } from './exact-tree.ts';
import { type Undecodable, undecodable } from './json.ts';

/** What was found on the way through a parsed tree. */
export interface Walk {
  /** About how much memory what was kept will hold. */
  bytes: number;
  /** A number was met that the tree does not hold exactly. */
  rounded: boolean;
  /** A number was met that `JSON.stringify` writes otherwise than plain JSON here: with an exponent, or not at all. */
  odd: boolean;
  /** The first thing that is wrong. */
  wrong: Undecodable | undefined;
}

export type ExactlyRead<T> = { readonly kind: 'read'; readonly result: T; readonly walk: Walk } | { readonly kind: 'unreadable' };

/** Fifteen digits and a point survive the way through a double, and so does any shorter text. */
const alwaysDouble = 16;
/** Seventeen digits, a point, and the zeros before them. */
const longestDouble = 24;
const smallestPlain = 1e-6;
const lowerCase = 0x20;
const exponentSign = 0x65;
/** What V8 needs around each part of a row, roughly. */
export const partWeight = 40;
const tinyExponent = /^[eE]-\d{3}/;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Behind so many digits that they may be rounded, or so far down that nothing is left. */
function mayUnderflow(text: string, exponent: string): boolean {
  for (let at = text.indexOf(exponent); at !== -1; at = text.indexOf(exponent, at + 1)) {
    let from = at;
    while (at - from < alwaysDouble && isDigit(text.charCodeAt(from - 1))) from -= 1;
    if (at - from === alwaysDouble || (from < at && tinyExponent.test(text.slice(at, at + 5)))) return true;
  }
  return false;
}

/**
 * Whether the text may hold a fraction that a double rounds, or makes zero. Too large integers need no such look: after a plain
 * parse they still show. Looks at each character at most twice, whatever the text.
 */
function mayRoundFraction(text: string): boolean {
  for (let at = text.indexOf('.'); at !== -1; at = text.indexOf('.', at + 1)) {
    let from = at;
    let to = at + 1;
    while (isDigit(text.charCodeAt(from - 1))) from -= 1;
    while (isDigit(text.charCodeAt(to))) to += 1;
    if (from < at && to > at + 1 && to - from > alwaysDouble && !isPrintedDouble(text, from, to)) return true;
  }
  return mayUnderflow(text, 'e-') || mayUnderflow(text, 'E-');
}

/** A number as a program prints a double: read, it is the same double. */
function isPrintedDouble(text: string, from: number, to: number): boolean {
  if (to - from > longestDouble || (text.charCodeAt(to) | lowerCase) === exponentSign) return false;
  const digits = text.slice(from, to);
  return String(Number(digits)) === digits;
}

/** A number of the tree as a value. Notes it when the tree does not hold it exactly. */
export function numberLeaf(number: number, walk: Walk): number {
  if (Number.isSafeInteger(number)) return number;
  const size = Math.abs(number);
  if (size >= Number.MAX_SAFE_INTEGER || Number.isNaN(number)) walk.rounded = true;
  else if (size < smallestPlain) walk.odd = true;
  return number;
}

/** Looks at each part of a tree once: weighs it, and notes in `walk` its numbers and where it is nested more than `maxDepth` deep. */
export function checkTree(part: unknown, walk: Walk, maxDepth: number, depth = 1): void {
  walk.bytes += partWeight;
  if (typeof part === 'string') walk.bytes += part.length;
  else if (typeof part === 'number') numberLeaf(part, walk);
  else if (isExactLeaf(part)) walk.odd = true;
  else if (typeof part === 'object' && part !== null) checkParts(part, walk, maxDepth, depth);
}

function checkParts(parts: object, walk: Walk, maxDepth: number, depth: number): void {
  if (depth > maxDepth) {
    walk.wrong ??= undecodable('TOO_DEEP', `A value is nested more than ${maxDepth} deep; the record is not decoded. Check what wrote it.`);
    return;
  }
  if (Array.isArray(parts)) {
    for (const member of parts) checkTree(member, walk, maxDepth, depth + 1);
    return;
  }
  const fields = parts as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    walk.bytes += name.length;
    checkTree(fields[name], walk, maxDepth, depth + 1);
  }
}

/** Whether a part of a tree is a number that came from the text, digit by digit. */
export function isExactLeaf(part: unknown): part is bigint | ExactNumber {
  return typeof part === 'bigint' || part instanceof ExactNumber;
}

/**
 * Calls `read` with the parsed tree, and once more with exact numbers (`bigint`, `ExactNumber`) where the first tree does not
 * hold one that `read` met by `numberLeaf`. `unreadable`: a number has too many digits or too large an exponent, or the text is
 * nested too deeply for the second parse.
 */
export function readWithExactNumbers<T>(text: string, tree: unknown, read: (tree: unknown, walk: Walk) => T): ExactlyRead<T> {
  if (!mayRoundFraction(text)) {
    const walk: Walk = { bytes: 0, rounded: false, odd: false, wrong: undefined };
    const result = read(tree, walk);
    if (!walk.rounded) return { kind: 'read', result, walk };
  }
  let exact: unknown;
  try {
    exact = parsedExactly(text);
  } catch {
    return { kind: 'unreadable' };
  }
  const walk: Walk = { bytes: 0, rounded: false, odd: false, wrong: undefined };
  const result = read(exact, walk);
  return walk.rounded ? { kind: 'unreadable' } : { kind: 'read', result, walk };
}
