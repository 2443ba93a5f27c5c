// Goes over the text of a JSON object without building it, so that it is parsed only if somebody asks for it. What it calls odd is not
// judged here: the parsed tree is. It knows no format.
import * as characters from '../values/characters.ts';
import { partWeight } from '../values/row-image.ts';
import * as reader from './units.ts';

// Constants of its own: see characters.ts.
const {
  carriageReturn,
  closeBrace,
  closeBracket,
  colon,
  comma,
  doubleQuote,
  minus,
  newline,
  nine,
  openBrace,
  openBracket,
  point,
  smallE,
  smallF,
  smallN,
  smallT,
  space,
  tab,
  zero,
} = characters;
const { load, maxUnits, odd, pastBoolean, pastNull, pastString, stopAfter, units } = reader;

/** An object that can be parsed, and of whose numbers none is out of bounds. */
export interface ScannedObject {
  readonly text: string;
  /** How many values are in it, however deep. */
  readonly parts: number;
  /** Where each number begins and ends that the parser may round, one after the other. */
  readonly longNumbers: readonly number[];
  /** Whether `JSON.stringify` writes all other numbers without an exponent. */
  readonly isPlain: boolean;
}

/** A double holds every number of fifteen digits; with the point they are sixteen signs. */
const roundedLength = 16;
/** Longer ones, and more of them, are left to the parser. */
const maxNumberLength = 300;
const maxLongNumbers = 64;
const noNumbers: readonly number[] = [];
/** The last zero of `0.0000001`, which is the first to be written with an exponent, stands so far behind the first. */
const toLastZero = 7;

// What was found so far. There is one of each, as of the units.
const places = new Int32Array(maxLongNumbers * 2);
let placed = 0;
let parts = 0;
let isPlain = true;

/** The unit at a place; what lies behind the text is no part of any JSON. */
function unitAt(at: number): number {
  return units[at] ?? 0;
}

/** Past white space. It is asked for where there may be some: as a rule there is none, and a call would cost more than the look. */
function pastSpace(at: number): number {
  let next = at;
  let unit = unitAt(next);
  while (unit === space || unit === newline || unit === carriageReturn || unit === tab) {
    next += 1;
    unit = unitAt(next);
  }
  return next;
}

/** Past a string, which seldom has an escape. */
function pastText(at: number): number {
  const end = stopAfter(at + 1);
  return unitAt(end) === doubleQuote ? end + 1 : pastString(at);
}

/** The end of a long number; odd where there is no room for it. */
function noted(at: number, end: number): number {
  if (placed === places.length || end - at > maxNumberLength) return odd;
  places[placed] = at;
  places[placed + 1] = end;
  placed += 2;
  return end;
}

/** Past a number without an exponent, which is noted where the parser may round it. */
function pastPlainNumber(at: number): number {
  let end = at;
  let unit = unitAt(end);
  if (unit === minus) {
    end += 1;
    unit = unitAt(end);
  }
  const from = end;
  while (unit >= zero && unit <= nine) {
    end += 1;
    unit = unitAt(end);
  }
  if (end === from || (end > from + 1 && unitAt(from) === zero)) return odd;
  if (unit === point) {
    const whole = end;
    do {
      end += 1;
      unit = unitAt(end);
    } while (unit >= zero && unit <= nine);
    if (end === whole + 1) return odd;
    if (unitAt(from) === zero && end > from + toLastZero && unitAt(from + toLastZero) === zero) isPlain = false;
  }
  if ((unit | 0x20) === smallE) return odd;
  return end - at >= roundedLength ? noted(at, end) : end;
}

/** Past what stands in a list or an object. `room`: so much deeper may it be nested. */
function pastMember(at: number, room: number): number {
  const unit = unitAt(at);
  if (unit === doubleQuote) return pastText(at);
  if (unit === openBrace) return pastParts(at, room - 1, closeBrace);
  if (unit === openBracket) return pastParts(at, room - 1, closeBracket);
  if (unit === smallN) return pastNull(at);
  return unit === smallT || unit === smallF ? pastBoolean(at) : pastPlainNumber(at);
}

/** Past a name and its colon. */
function pastName(at: number): number {
  let next = unitAt(at) === doubleQuote ? pastText(at) : odd;
  if (next === odd) return odd;
  if (unitAt(next) <= space) next = pastSpace(next);
  return unitAt(next) === colon ? next + 1 : odd;
}

/** Past a list or an object, from its bracket to `close`. */
function pastParts(at: number, room: number, close: number): number {
  if (room < 0) return odd;
  let next = pastSpace(at + 1);
  if (unitAt(next) === close) return next + 1;
  for (;;) {
    if (close === closeBrace) {
      next = pastName(next);
      if (next === odd) return odd;
      if (unitAt(next) <= space) next = pastSpace(next);
    }
    next = pastMember(next, room);
    if (next === odd) return odd;
    parts += 1;
    if (unitAt(next) <= space) next = pastSpace(next);
    if (unitAt(next) === close) return next + 1;
    if (unitAt(next) !== comma) return odd;
    next += 1;
    if (unitAt(next) <= space) next = pastSpace(next);
  }
}

/** About how much memory the text holds, and what is parsed from it. */
export function scannedBytes({ text, parts }: ScannedObject): number {
  return text.length + parts * partWeight;
}

function foundNumbers(): readonly number[] {
  const found: number[] = [];
  for (let index = 0; index < placed; index += 1) found.push(places[index] ?? 0);
  return found;
}

/**
 * Undefined: the text is no JSON object, its members are nested more than `maxDepth` deep, or it has a number that takes a closer
 * look: with an exponent, very long, or one of many long ones.
 */
export function scanObject(text: string, maxDepth: number): ScannedObject | undefined {
  if (text.length > maxUnits) return undefined;
  load(text);
  placed = 0;
  parts = 0;
  isPlain = true;
  const start = pastSpace(0);
  const end = unitAt(start) === openBrace ? pastParts(start, maxDepth, closeBrace) : odd;
  if (end === odd || pastSpace(end) !== text.length) return undefined;
  return { text, parts, longNumbers: placed === 0 ? noNumbers : foundNumbers(), isPlain };
}
