// A text being read from left to right without parsing it: strings, numbers, and values that nobody asks for, without white space
// between them. What is odd is left to `JSON.parse`; nothing here says what is wrong. It knows no attribute and no change.
import * as characters from '../values/characters.ts';

const {
  backslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  doubleQuote,
  minus,
  nine,
  openBrace,
  openBracket,
  plus,
  point,
  smallE,
  smallF,
  smallN,
  smallT,
  smallU,
  zero,
} = characters;

/** In place of a position: the text is not as it was expected. No position behind something is 0. */
export const odd = 0;

/** What a record of Kinesis has at most, unless its stream allows more; a longer text is parsed. */
export const maxUnits = 1024 * 1024;
/** Of values that nobody asks for; `JSON.parse` takes more. */
const maxSkippedDepth = 16;

const firstPrintable = 0x20;

const bytes = Buffer.alloc((maxUnits + 1) * Uint16Array.BYTES_PER_ELEMENT);
/**
 * The UTF-16 units of the text that is being read, and a 0 behind them: an array is read twice as fast as a string. There is one for
 * all, used from `load` to the end of the same call: nothing waits in between.
 */
export const units = new Uint16Array(bytes.buffer, bytes.byteOffset, maxUnits + 1);

/** 1: the inside of a string does not go on: quotation mark, backslash, and control characters, which JSON does not have there. */
const stops = new Uint8Array(0x10000).fill(1, 0, firstPrintable);
stops[doubleQuote] = 1;
stops[backslash] = 1;

let lastEscape = 0;

/** Whether `load` has room for the text, and none of its bytes may have been broken. */
export function isLoadable(text: string): boolean {
  return text.length <= maxUnits && !text.includes('\ufffd') && text.isWellFormed();
}

/** Makes a loadable text, or a part of one, the one that is read. */
export function load(text: string): void {
  bytes.write(text, 'utf16le');
  units[text.length] = 0;
  lastEscape = 0;
}

export function isDigit(unit: number | undefined): boolean {
  return unit !== undefined && unit >= zero && unit <= nine;
}

function isHexDigit(unit: number | undefined): boolean {
  const small = (unit ?? 0) | 0x20;
  return isDigit(unit) || (small >= 0x61 && small <= 0x66);
}

/** Where the inside of a string that goes on at `at` stops. */
export function stopAfter(at: number): number {
  let end = at;
  while (stops[units[end] ?? 0] === 0) end += 1;
  return end;
}

/** Past the escape whose backslash is at `at`. */
function pastEscape(at: number): number {
  const letter = units[at + 1] ?? 0;
  if (letter !== smallU) return letter !== 0 && '"\\/bfnrt'.includes(String.fromCharCode(letter)) ? at + 2 : odd;
  for (let digit = at + 2; digit < at + 6; digit += 1) if (!isHexDigit(units[digit])) return odd;
  return at + 6;
}

/** Past the string whose quotation mark is at `at`. */
export function pastString(at: number): number {
  if (units[at] !== doubleQuote) return odd;
  let end = stopAfter(at + 1);
  while (units[end] === backslash) {
    lastEscape = end;
    const past = pastEscape(end);
    if (past === odd) return odd;
    end = stopAfter(past);
  }
  return units[end] === doubleQuote ? end + 1 : odd;
}

/** Whether the string that begins at `at`, the last that `pastString` went over, has an escape. */
export function hadEscape(at: number): boolean {
  return lastEscape > at;
}

/** Past digits, at least one. */
export function pastDigits(at: number): number {
  let end = at;
  while (isDigit(units[end])) end += 1;
  return end === at ? odd : end;
}

/** Past a number as JSON writes it. */
export function pastNumber(at: number): number {
  const from = units[at] === minus ? at + 1 : at;
  let end = pastDigits(from);
  if (end > from + 1 && units[from] === zero) return odd;
  if (end !== odd && units[end] === point) end = pastDigits(end + 1);
  if (end === odd || ((units[end] ?? 0) | 0x20) !== smallE) return end;
  const sign = units[end + 1];
  return pastDigits(sign === minus || sign === plus ? end + 2 : end + 1);
}

/** Whether this stands at `at`. */
export function standsAt(at: number, word: Uint16Array): boolean {
  for (let index = 0; index < word.length; index += 1) if (units[at + index] !== word[index]) return false;
  return true;
}

export function unitsOf(word: string): Uint16Array {
  return Uint16Array.from(word, (character) => character.charCodeAt(0));
}

const wordTrue = unitsOf('true');
const wordFalse = unitsOf('false');
const wordNull = unitsOf('null');

function pastWord(at: number, word: Uint16Array): number {
  return standsAt(at, word) ? at + word.length : odd;
}

export function pastBoolean(at: number): number {
  return units[at] === smallT ? pastWord(at, wordTrue) : pastWord(at, wordFalse);
}

export function pastNull(at: number): number {
  return pastWord(at, wordNull);
}

/** Past a list or an object, one part after the other. */
function pastParts(at: number, depth: number, close: number): number {
  if (depth > maxSkippedDepth) return odd;
  if (units[at + 1] === close) return at + 2;
  let next = at;
  do {
    next += 1;
    if (close === closeBrace) {
      next = pastString(next);
      if (next === odd || units[next] !== colon) return odd;
      next += 1;
    }
    next = pastValue(next, depth);
  } while (next !== odd && units[next] === comma);
  return next !== odd && units[next] === close ? next + 1 : odd;
}

/** Past any JSON value written without white space; `depth` is that of what it stands in. */
export function pastValue(at: number, depth: number): number {
  switch (units[at]) {
    case doubleQuote:
      return pastString(at);
    case openBrace:
      return pastParts(at, depth + 1, closeBrace);
    case openBracket:
      return pastParts(at, depth + 1, closeBracket);
    case smallT:
    case smallF:
      return pastBoolean(at);
    case smallN:
      return pastNull(at);
    default:
      return pastNumber(at);
  }
}
