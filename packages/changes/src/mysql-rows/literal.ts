// One value of a text, as JSON or Python's repr writes it, whichever the writer used. It reads from left to right once and
// evaluates nothing; it knows no change and no record.

import { type Value, ValueSet } from '../types.ts';
import * as characters from '../values/characters.ts';
import { isNumberText } from '../values/numbers.ts';
import { readDate, readDatetime, readDecimal, readTimedelta, weighedNumber } from './calls.ts';
import { accept, type Cursor, expect, fail, failSyntax, maxDepth, peek } from './cursor.ts';
import { readBytes, readString } from './strings.ts';

const {
  capitalD,
  capitalE,
  capitalN,
  closeBrace,
  closeBracket,
  closeCall,
  colon,
  comma,
  doubleQuote,
  minus,
  nine,
  openBrace,
  openBracket,
  openCall,
  point,
  singleQuote,
  smallA,
  smallB,
  smallD,
  smallE,
  smallZ,
  underscore,
  zero,
} = characters;

/** So many digits are always a safe integer. */
const alwaysSafe = 15;
const numberToken = /-?[\d.]+(?:[eE][+-]?\d+)?/y;
const maxWordLength = 40;

/** Words that are a value. */
const words: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['None', null],
  ['null', null],
  ['True', true],
  ['true', true],
  ['False', false],
  ['false', false],
  ['nan', Number.NaN],
  ['NaN', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** Words that open a call; the cursor is on the bracket. */
const calls: ReadonlyMap<string, (cursor: Cursor) => Value> = new Map<string, (cursor: Cursor) => Value>([
  ['Decimal', readDecimal],
  ['datetime.date', readDate],
  ['datetime.datetime', readDatetime],
  ['datetime.timedelta', readTimedelta],
  ['set', readEmptySet],
]);

/** A set with members has braces. */
function readEmptySet(cursor: Cursor): Value {
  expect(cursor, openCall);
  expect(cursor, closeCall);
  return new ValueSet([]);
}

/** Letters, points and underscores: 0x20 makes a letter small. */
function isOfWord(code: number): boolean {
  return ((code | 0x20) >= smallA && (code | 0x20) <= smallZ) || code === point || code === underscore;
}

function readWord(cursor: Cursor): Value {
  const { text, at } = cursor;
  let to = text.charCodeAt(at) === minus ? at + 1 : at;
  while (isOfWord(text.charCodeAt(to))) to += 1;
  const found = text.slice(at, to);
  const value = words.get(found);
  if (value !== undefined) {
    cursor.at = to;
    return value;
  }
  const call = calls.get(found);
  if (call !== undefined) {
    cursor.at = to;
    return call(cursor);
  }
  if (found === '' || found === '-') return failSyntax(cursor);
  return fail(cursor, `has ${JSON.stringify(found.slice(0, maxWordLength))}, a word that is not known here`);
}

const none = 'None';
const datetimeCall = 'datetime.datetime(';
const decimalCall = 'Decimal(';

/** The words that rows are full of are looked for where they stand; any other is cut out first. */
function readCommonWord(cursor: Cursor, first: number): Value {
  const { text, at } = cursor;
  if (first === smallD && text.startsWith(datetimeCall, at)) {
    cursor.at += datetimeCall.length - 1;
    return readDatetime(cursor);
  }
  if (first === capitalD && text.startsWith(decimalCall, at)) {
    cursor.at += decimalCall.length - 1;
    return readDecimal(cursor);
  }
  if (first === capitalN && text.startsWith(none, at) && !isOfWord(text.charCodeAt(at + none.length))) {
    cursor.at += none.length;
    return null;
  }
  return readWord(cursor);
}

function readNumber(cursor: Cursor, first: number): Value {
  const { text, at } = cursor;
  let to = first === minus ? at + 1 : at;
  const from = to;
  let whole = 0;
  let code = text.charCodeAt(to);
  while (code >= zero && code <= nine && to - from < alwaysSafe) {
    whole = whole * 10 + code - zero;
    to += 1;
    code = text.charCodeAt(to);
  }
  // Not a digit, a point or an exponent: it was a short whole number.
  if (to > from && !((code >= zero && code <= nine) || code === point || code === smallE || code === capitalE)) {
    cursor.at = to;
    return first === minus && whole !== 0 ? -whole : whole;
  }
  numberToken.lastIndex = at;
  const digits = numberToken.exec(text)?.[0];
  if (digits === undefined) return readWord(cursor);
  if (!isNumberText(digits)) fail(cursor, 'has a number that is none, is too long or has an exponent beyond ±1000');
  cursor.at += digits.length;
  return weighedNumber(cursor, digits);
}

/** Members up to the closing bracket; a comma may follow the last, as in `(1,)`. */
function readMembers(cursor: Cursor, close: number, members: Value[]): Value[] {
  while (!accept(cursor, close)) {
    if (members.length > 0) {
      expect(cursor, comma);
      if (accept(cursor, close)) return members;
    }
    members.push(readValue(cursor));
  }
  return members;
}

/** JSON columns come with their names as bytes. */
function nameOf(cursor: Cursor, key: Value): string {
  if (typeof key === 'string') return key;
  if (!(key instanceof Uint8Array)) return fail(cursor, 'has a dict with a key that is no text');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(key);
  } catch {
    return fail(cursor, 'has a dict with a key of bytes that are not UTF-8');
  }
}

/** Sets a field of an object that is read; `__proto__` is a name like any other. */
export function setField(fields: { [name: string]: Value }, name: string, value: Value): void {
  if (name === '__proto__') Object.defineProperty(fields, name, { value, configurable: true, enumerable: true, writable: true });
  else fields[name] = value;
}

/** The name that stood at each place of the texts before: records of a table have the same, and a name that is known costs half. */
const knownNames: string[] = [];
const maxKnownNames = 128;
/** In a text they look the same in all quotes. */
const plainName = /^\w{1,64}$/;

function readKey(cursor: Cursor): Value {
  const first = peek(cursor);
  if (first !== singleQuote && first !== doubleQuote) return readValue(cursor);
  const place = cursor.names % maxKnownNames;
  cursor.names += 1;
  const { text, at } = cursor;
  const known = knownNames[place];
  if (known !== undefined && text.charCodeAt(at + 1 + known.length) === first && text.startsWith(known, at + 1)) {
    cursor.at = at + known.length + 2;
    return known;
  }
  const name = readString(cursor, first);
  if (place <= knownNames.length && plainName.test(name)) knownNames[place] = name;
  return name;
}

function readBraces(cursor: Cursor): Value {
  // With a prototype, for V8 makes objects without one several times slower; images get their own.
  const fields: { [name: string]: Value } = {};
  if (accept(cursor, closeBrace)) return fields;
  let key = readKey(cursor);
  if (peek(cursor) !== colon) return new ValueSet(readMembers(cursor, closeBrace, [key]));
  for (;;) {
    const name = nameOf(cursor, key);
    expect(cursor, colon);
    setField(fields, name, readValue(cursor));
    if (accept(cursor, closeBrace)) return fields;
    expect(cursor, comma);
    if (accept(cursor, closeBrace)) return fields;
    key = readKey(cursor);
  }
}

function readContainer(cursor: Cursor, first: number): Value {
  cursor.at += 1;
  cursor.depth += 1;
  if (cursor.depth > maxDepth) fail(cursor, `is nested more than ${maxDepth} deep`, 'TOO_DEEP');
  const value = first === openBrace ? readBraces(cursor) : readMembers(cursor, first === openBracket ? closeBracket : closeCall, []);
  cursor.depth -= 1;
  return value;
}

/** Reads the next value; the cursor is behind it then. Throws `LiteralFault` where there is none. */
export function readValue(cursor: Cursor): Value {
  const first = peek(cursor);
  if (first === singleQuote || first === doubleQuote) return readString(cursor, first);
  if (first === minus || (first >= zero && first <= nine)) return readNumber(cursor, first);
  if (first === openBrace || first === openBracket || first === openCall) return readContainer(cursor, first);
  if (first === smallB) {
    const quote = cursor.text.charCodeAt(cursor.at + 1);
    if (quote === singleQuote || quote === doubleQuote) {
      cursor.at += 1;
      return readBytes(cursor, quote);
    }
  }
  return readCommonWord(cursor, first);
}
