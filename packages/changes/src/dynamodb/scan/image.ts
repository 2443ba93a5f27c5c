// Goes over an item in the text of a record and looks at everything that `attributes.ts` would refuse, without building any of it.
// What it calls odd is not judged here: the parsed tree is.

import { hadEscape, isDigit, odd, pastBoolean, pastDigits, pastString, standsAt, stopAfter, units, unitsOf } from '../../scan/units.ts';
import { isBase64 } from '../../values/base64.ts';
import { capitalN, closeBrace, closeBracket, colon, comma, doubleQuote, minus, openBrace, openBracket, point, zero } from '../../values/characters.ts';
import { maxNumberLength, writtenLength } from '../../values/numbers.ts';
import { isAttributeNumber, maxDepth } from '../attributes.ts';
import { beginCuts, noteCut, noteNull, spoilCuts } from './cuts.ts';

export const tagS = 0x53;
export const tagN = capitalN;
export const tagB = 0x42;
export const tagM = 0x4d;
export const tagL = 0x4c;
const wordBool = unitsOf('"BOOL":');
const wordNull = unitsOf('"NULL":');

/** From the brace of an attribute to its value: `{"S":`, `{"SS":` and `{"BOOL":`. */
export const toValue = 5;
export const toSet = 6;
export const toWord = 8;

/** A point and fifteen digits: a double holds them. */
const maxPlainNumber = 16;

/** Names of all the maps that lie around one place; an item with more is left to `JSON.parse`. */
const maxNames = 256;
/** A hash of each. There is one for all, as of the units. */
const hashes = new Int32Array(maxNames);

/**
 * Past the name at `at`, put down as number `count`; those from `first` on are of the same map. Odd: an escape, a name that may have
 * been there before (of two the last counts), and digits, which a parsed object has first.
 */
function pastName(at: number, first: number, count: number): number {
  if (units[at] !== doubleQuote || count >= maxNames) return odd;
  const end = stopAfter(at + 1);
  if (units[end] !== doubleQuote || (isDigit(units[at + 1]) && pastDigits(at + 1) === end)) return odd;
  let hash = 0;
  for (let index = at + 1; index < end; index += 1) hash = (Math.imul(hash, 31) + (units[index] ?? 0)) | 0;
  for (let other = first; other < count; other += 1) if (hashes[other] === hash) return odd;
  hashes[count] = hash;
  return end + 1;
}

let growth = 0;

/** By how many characters the numbers of the last item are longer when they are written out. There is one count for all, as of the units. */
export function itemGrowth(): number {
  return growth;
}

/** Past the text of a number. */
export function pastNumberText(text: string, at: number): number {
  if (units[at] !== doubleQuote) return odd;
  const from = units[at + 1] === minus ? at + 2 : at + 1;
  let end = pastDigits(from);
  if (units[end] === point) end = pastDigits(end + 1);
  if (end !== odd && units[end] === doubleQuote && end - at <= maxNumberLength) return end + 1;
  const close = stopAfter(at + 1);
  const digits = units[close] === doubleQuote ? text.slice(at + 1, close) : '';
  if (!isAttributeNumber(digits)) return odd;
  growth += writtenLength(digits) - digits.length;
  return close + 1;
}

function pastBinary(text: string, at: number): number {
  const end = pastString(at);
  return end !== odd && !hadEscape(at) && isBase64(text.slice(at + 1, end - 1)) ? end : odd;
}

function pastMember(text: string, at: number, kind: number): number {
  if (kind === tagS) return pastString(at);
  return kind === tagN ? pastNumberText(text, at) : pastBinary(text, at);
}

function pastSet(text: string, at: number, kind: number): number {
  if (units[at] !== openBracket) return odd;
  if (units[at + 1] === closeBracket) return at + 2;
  let next = at;
  do next = pastMember(text, next + 1, kind);
  while (next !== odd && units[next] === comma);
  return next !== odd && units[next] === closeBracket ? next + 1 : odd;
}

function pastList(text: string, at: number, depth: number, count: number): number {
  if (units[at] !== openBracket) return odd;
  if (units[at + 1] === closeBracket) return at + 2;
  let next = at;
  do next = pastAttribute(text, next + 1, depth, count);
  while (next !== odd && units[next] === comma);
  return next !== odd && units[next] === closeBracket ? next + 1 : odd;
}

/** Past the braces of a map. `count`: so many names lie around it. */
function pastMap(text: string, at: number, depth: number, count: number): number {
  if (units[at] !== openBrace) return odd;
  if (units[at + 1] === closeBrace) return at + 2;
  let next = at;
  let names = count;
  do {
    next = pastName(next + 1, count, names);
    if (next === odd || units[next] !== colon) return odd;
    names += 1;
    next = pastAttribute(text, next + 1, depth, names);
  } while (next !== odd && units[next] === comma);
  return next !== odd && units[next] === closeBrace ? next + 1 : odd;
}

/** Past a string; with an escape plain JSON may write it otherwise. */
function pastCutString(at: number): number {
  const end = pastString(at);
  if (hadEscape(at)) spoilCuts();
  return end;
}

/** Whether every policy writes the number just as it is: short enough for a double, and without needless zero, sign or exponent. */
export function isPlainNumber(from: number, to: number): boolean {
  if (to - from > maxPlainNumber || !isDigit(units[from])) return false;
  if (units[from] === zero) return to === from + 1;
  const end = pastDigits(from);
  return end === to || (units[end] === point && pastDigits(end + 1) === to && units[to - 1] !== zero);
}

/** Past the attribute whose tag is a letter and whose value is at `from`. */
function pastLetterTyped(text: string, from: number, tag: number | undefined, depth: number, count: number): number {
  switch (tag) {
    case tagS:
      return pastCutString(from);
    case tagM:
      return pastMap(text, from, depth + 1, count);
    case tagL:
      return pastList(text, from, depth + 1, count);
    case tagB:
      return pastBinary(text, from);
    default:
      return odd;
  }
}

/** Past the number of the attribute at `at`, and past its brace. */
function pastNumberTyped(text: string, at: number): number {
  const from = at + toValue;
  const end = pastNumberText(text, from);
  if (end === odd || units[end] !== closeBrace) return odd;
  if (isPlainNumber(from + 1, end - 1)) {
    noteCut(at, from + 1);
    noteCut(end - 1, end + 1);
  } else {
    spoilCuts();
  }
  return end + 1;
}

/** Past the attribute whose tag is a word. */
function pastWordTyped(text: string, at: number): number {
  const kind = units[at + 2];
  if (units[at + 3] === tagS) {
    spoilCuts();
    const isSet = units[at + 4] === doubleQuote && units[at + 5] === colon && (kind === tagS || kind === tagN || kind === tagB);
    const end = isSet ? pastSet(text, at + toSet, kind) : odd;
    return end !== odd && units[end] === closeBrace ? end + 1 : odd;
  }
  const isNull = standsAt(at + 1, wordNull);
  const end = isNull || standsAt(at + 1, wordBool) ? pastBoolean(at + toWord) : odd;
  if (end === odd || units[end] !== closeBrace) return odd;
  if (isNull) {
    noteNull(at, end + 1);
  } else {
    noteCut(at, at + toWord);
    noteCut(end, end + 1);
  }
  return end + 1;
}

/** Past the attribute `{"S":"…"}` at `at`. */
function pastAttribute(text: string, at: number, depth: number, count: number): number {
  if (depth > maxDepth || units[at] !== openBrace || units[at + 1] !== doubleQuote) return odd;
  if (units[at + 3] !== doubleQuote || units[at + 4] !== colon) return pastWordTyped(text, at);
  const tag = units[at + 2];
  if (tag === tagN) return pastNumberTyped(text, at);
  noteCut(at, at + toValue);
  const end = pastLetterTyped(text, at + toValue, tag, depth, count);
  if (end === odd || units[end] !== closeBrace) return odd;
  noteCut(end, end + 1);
  return end + 1;
}

/**
 * Past the item at `at` of the loaded text; `odd` where a parsed one might be refused, or might have its names in another order. What
 * makes it plain JSON is noted as cuts.
 */
export function pastItem(text: string, at: number): number {
  beginCuts();
  growth = 0;
  return pastMap(text, at, 1, 0);
}
