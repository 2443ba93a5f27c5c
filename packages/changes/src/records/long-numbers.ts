// Finds the numbers of a JSON text that a parser may round, and says afterwards which of them a double of the parsed tree is. The
// text is looked at before it is parsed, so that it is parsed once. It parses nothing.

import { ExactNumber } from '../types.ts';
import * as characters from '../values/characters.ts';
import { normalNumber, numberValue } from '../values/numbers.ts';

const { capitalE, closeBrace, closeBracket, colon, comma, doubleQuote, minus, nine, openBrace, openBracket, point, smallE, space, zero } = characters;

/** A double holds every number of fifteen digits; with the point they are sixteen signs. */
const roundedLength = 16;
/** What such a number's double is printed with at most: fifteen digits and a point, or a safe integer of sixteen digits. */
const longestShort = 16;
/** More of them are not looked for one by one. */
const maxKept = 64;
/** Longer ones may be all the same double, which is Infinity. */
const maxKeptLength = 300;
/** An exponent, or a part of some text: most texts have none, and then no other is looked for. */
const anyPower = /\d[eE][-+\d]/;
/** Exponents whose numbers are too large for a safe integer or too small for a double, or a part of some text. */
const power = /\d[eE](?:\+?\d|-\d\d\d)\d*(?:[\s,}\]]|$)/;
/** Of a fraction that a double holds, or a part of some text. */
const smallPower = /\d[eE]-\d/;

type Exact = number | bigint | ExactNumber;

export interface Place {
  readonly start: number;
  readonly end: number;
}

/** A number that is not what the tree has for it. */
interface LongNumber {
  /** What the tree has. */
  readonly double: number;
  readonly value: Exact;
  /** Where in the text it begins. */
  readonly start: number;
  /** Only where several that differ share a double: the name that it has in its object. */
  name: string | undefined;
}

/** Those of a text, in its order. */
export interface LongNumbers {
  readonly all: LongNumber[];
  /** Behind the one that was asked for last. */
  next: number;
}

function isDigitOrPoint(code: number): boolean {
  return (code >= zero && code <= nine) || code === point;
}

/** Where the number begins that has a digit at this place. */
export function startOf(text: string, digit: number): number {
  let start = digit;
  while (isDigitOrPoint(text.charCodeAt(start - 1))) start -= 1;
  return text.charCodeAt(start - 1) === minus ? start - 1 : start;
}

/** The next run of digits that is long, its sign included. It covers one of each sixteen places, so no others are looked at. */
export function nextLongRun(text: string, from: number): Place | undefined {
  for (let at = from + roundedLength - 1; at < text.length; at += roundedLength) {
    if (!isDigitOrPoint(text.charCodeAt(at))) continue;
    const start = startOf(text, at);
    let end = at + 1;
    while (isDigitOrPoint(text.charCodeAt(end))) end += 1;
    if (end - start >= roundedLength) return { start, end };
  }
  return undefined;
}

function isSpace(code: number): boolean {
  return code === space || (code >= 0x09 && code <= 0x0d);
}

/** What stands before a value: nothing (which is not a number), or one of these. */
function opensValue(code: number): boolean {
  return code === colon || code === comma || code === openBracket || isSpace(code) || Number.isNaN(code);
}

function closesValue(code: number): boolean {
  return code === comma || code === closeBrace || code === closeBracket || isSpace(code) || Number.isNaN(code);
}

/**
 * What a run of digits is to its text. `printed`: a fraction as a program prints a double. `unclear`: which number a double is, nobody
 * could tell.
 */
type Found = 'nothing' | 'safe' | 'printed' | 'kept' | 'unclear';

/** One look over the text. */
interface Look {
  readonly text: string;
  readonly all: LongNumber[];
  readonly keepsPrinted: boolean;
  /** Whether one of them is a fraction that no double holds. */
  hasExact: boolean;
}

/** The name of the field whose value begins at `start`; undefined for what is no field, or has an escape in its name. */
function nameBefore(text: string, start: number): string | undefined {
  let at = start - 1;
  while (isSpace(text.charCodeAt(at))) at -= 1;
  if (text.charCodeAt(at) !== colon) return undefined;
  do at -= 1;
  while (isSpace(text.charCodeAt(at)));
  const open = text.charCodeAt(at) === doubleQuote ? text.lastIndexOf('"', at - 1) : -1;
  const before = text.charCodeAt(open - 1);
  const name = text.slice(open + 1, at);
  // Behind one of these a string begins, or the text is no JSON.
  const opens = before === openBrace || before === comma || isSpace(before);
  return open > 0 && opens && !name.includes('\\') ? name : undefined;
}

function isSame(value: Exact, other: Exact): boolean {
  return value === other || (value instanceof ExactNumber && other instanceof ExactNumber && value.digits === other.digits);
}

/** Names all that have this double. False where the names do not tell them apart. */
function nameThose({ text, all }: Look, double: number): boolean {
  for (const each of all) {
    if (each.double !== double) continue;
    const name = each.name ?? nameBefore(text, each.start);
    if (name === undefined) return false;
    for (const other of all) if (other.double === double && other.name === name && !isSame(other.value, each.value)) return false;
    each.name = name;
  }
  return true;
}

function keep(look: Look, start: number, double: number, value: Exact): Found {
  const { all } = look;
  if (all.length === maxKept) return 'unclear';
  let isTold = true;
  for (const other of all) if (other.double === double) isTold = other.name === undefined && isSame(other.value, value);
  all.push({ double, value, start, name: undefined });
  return isTold || nameThose(look, double) ? 'kept' : 'unclear';
}

/** Whether a number that is too short to be kept may have this double. One with an exponent has not: `collected` looks for those. */
function isOfShortNumber(printed: string): boolean {
  return (printed.startsWith('-') ? printed.length - 1 : printed.length) <= longestShort;
}

/** The fraction's exact value; its double prints as `printed`. */
function fractionValue(digits: string, double: number, printed: string): Exact {
  const normal = normalNumber(digits);
  if (!normal.includes('.') || printed.includes('e')) return numberValue(normal);
  return normal === printed ? double : new ExactNumber(normal);
}

function keepFraction(look: Look, start: number, digits: string): Found {
  const double = Number(digits);
  const printed = String(double);
  if (printed === digits) return look.keepsPrinted ? keep(look, start, double, double) : 'printed';
  const value = fractionValue(digits, double, printed);
  look.hasExact ||= value instanceof ExactNumber;
  return typeof value !== 'number' && isOfShortNumber(printed) ? 'unclear' : keep(look, start, double, value);
}

/** Whether digits and points, which may follow a sign, are a number of JSON; `decimalPoint`: where the first point is, or -1. */
function isJsonNumber(digits: string, decimalPoint: number): boolean {
  const first = digits.charCodeAt(0) === minus ? 1 : 0;
  const hasZero = digits.charCodeAt(first) === zero;
  if (decimalPoint === -1) return !hasZero;
  if (decimalPoint === first || decimalPoint === digits.length - 1 || digits.includes('.', decimalPoint + 1)) return false;
  return !hasZero || decimalPoint === first + 1;
}

function foundAt(look: Look, { start, end }: Place): Found {
  const { text } = look;
  // Inside of a string it may look like a number, too: it is kept, and no number of the tree is it.
  if (!opensValue(text.charCodeAt(start - 1))) return 'nothing';
  const after = text.charCodeAt(end);
  if (after === smallE || after === capitalE) return 'unclear';
  if (!closesValue(after)) return 'nothing';
  const digits = text.slice(start, end);
  const decimalPoint = digits.indexOf('.');
  if (!isJsonNumber(digits, decimalPoint)) return 'nothing';
  if (digits.length > maxKeptLength) return 'unclear';
  if (decimalPoint !== -1) return keepFraction(look, start, digits);
  const value = BigInt(digits);
  const double = Number(value);
  return Number.isSafeInteger(double) ? 'safe' : keep(look, start, double, value);
}

function collected(text: string, firstRun: Place, hasPower: boolean, keepsPrinted: boolean): LongNumbers | 'unclear' | undefined {
  const all: LongNumber[] = [];
  const look: Look = { text, all, keepsPrinted, hasExact: false };
  let hasPrinted = false;
  for (let run: Place | undefined = firstRun; run !== undefined; run = nextLongRun(text, run.end)) {
    const found = foundAt(look, run);
    if (found === 'unclear') return found;
    hasPrinted ||= found === 'printed';
  }
  if (all.length === 0) return undefined;
  // A fraction that was kept may share its double with one that was not.
  if (look.hasExact && !keepsPrinted) {
    if (hasPower && smallPower.test(text)) return 'unclear';
    if (hasPrinted) return collected(text, firstRun, hasPower, true);
  }
  return { all, next: 0 };
}

/**
 * The numbers of the text that its parsed tree will not hold; undefined where there is none. `unclear`: a double would not tell
 * which number it is, so the digits have to be kept from the parser.
 */
export function longNumbers(text: string): LongNumbers | 'unclear' | undefined {
  const hasPower = anyPower.test(text);
  if (hasPower && power.test(text)) return 'unclear';
  const firstRun = nextLongRun(text, 0);
  return firstRun && collected(text, firstRun, hasPower, false);
}

function isIt(number: LongNumber | undefined, double: number, name: string | undefined): boolean {
  return number !== undefined && number.double === double && (number.name === undefined || number.name === name);
}

/** The number that a double of the tree is in the text. `name`: of the field whose value it is; undefined for a member of a list. */
export function exactNumber(double: number, name: string | undefined, numbers: LongNumbers | undefined): Exact {
  if (numbers === undefined) return double;
  const { all, next } = numbers;
  // They come in the order of the text, as a rule.
  const at = isIt(all[next], double, name) ? next : all.findIndex((each) => isIt(each, double, name));
  if (at === -1) return double;
  numbers.next = at + 1;
  return all[at]?.value ?? double;
}
