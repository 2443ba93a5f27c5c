// Python objects that repr writes as a call: Decimal, date, datetime, timedelta. Dates and times become text. It knows no
// container and no other call.

import { tooManyDigits } from '../records/json.ts';
import type { ExactNumber } from '../types.ts';
import * as characters from '../values/characters.ts';
import { isNumberText, maxWrittenDigits, numberValue, writtenLength } from '../values/numbers.ts';
import { timeText } from '../values/time-text.ts';
import { accept, type Cursor, expect, fail, failSyntax, peek } from './cursor.ts';
import { readString } from './strings.ts';

const { closeCall, comma, doubleQuote, equals, minus, nine, openCall, point, singleQuote, smallA, smallZ, space, zero } = characters;

const name = /[a-z]+/y;
/** So many digits are always a safe integer. */
const maxDigits = 15;
const durationPlaces = ['days', 'seconds', 'microseconds'];
const datePlaces = ['year', 'month', 'day'];
const datetimePlaces = [...datePlaces, 'hour', 'minute', 'second', 'microsecond', 'fold'];
const offsetUtc = 'datetime.timezone.utc';
const offsetOther = 'datetime.timezone(datetime.timedelta';

const daySeconds = 86_400;
const secondMicros = 1_000_000;
const maxYear = 9999;

/** Specials that a Decimal may be and a number of MySQL may not. */
const infinities: ReadonlyMap<string, number> = new Map([
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);
/** Signed, signalling, with digits to tell one from another. */
const notANumber = /^-?s?NaN\d*$/;

function two(count: number): string {
  return count < 10 ? `0${count}` : String(count);
}

function fraction(micros: number): string {
  return micros === 0 ? '' : `.${String(micros).padStart(6, '0')}`;
}

function readInteger(cursor: Cursor): number {
  const { text } = cursor;
  const negative = peek(cursor) === minus;
  if (negative) cursor.at += 1;
  const from = cursor.at;
  let whole = 0;
  let code = text.charCodeAt(from);
  while (code >= zero && code <= nine && cursor.at - from < maxDigits) {
    whole = whole * 10 + code - zero;
    cursor.at += 1;
    code = text.charCodeAt(cursor.at);
  }
  if (cursor.at === from || code === point) fail(cursor, 'has a date or time with a part that is no whole number');
  return negative ? -whole : whole;
}

/** Reads `month=`, if that comes next. */
function readName(cursor: Cursor): string | undefined {
  const code = peek(cursor);
  if (code < smallA || code > smallZ) return undefined;
  name.lastIndex = cursor.at;
  const [found = ''] = name.exec(cursor.text) ?? [];
  cursor.at += found.length;
  expect(cursor, equals);
  return found;
}

interface Arguments {
  /** In the order of their places; undefined where one was left out. */
  readonly parts: readonly (number | undefined)[];
  readonly offset: string;
}

/** Reads `(2024, month=1, …)`; each argument once, by place or by name. */
function readArguments(cursor: Cursor, places: readonly string[], mayHaveOffset: boolean): Arguments {
  const parts: (number | undefined)[] = [];
  let offset: string | undefined;
  expect(cursor, openCall);
  for (let count = 0; !accept(cursor, closeCall); count += 1) {
    if (count > 0) expect(cursor, comma);
    const named = readName(cursor);
    if (named === 'tzinfo' && mayHaveOffset && offset === undefined) offset = readOffset(cursor);
    else {
      const place = named === undefined ? count : places.indexOf(named);
      if (place < 0 || place >= places.length || parts[place] !== undefined) fail(cursor, 'has a date or time with a part too many or one that is not known');
      parts[place] = readInteger(cursor);
    }
  }
  return { parts, offset: offset ?? '' };
}

/** `(2024, 1, 2, 3, 4)` as repr writes it: whole numbers by their places, without a sign. Undefined, and the cursor as it was, for all else. */
function readPlainPlaces(cursor: Cursor, max: number): readonly number[] | undefined {
  const { text } = cursor;
  const parts: number[] = [];
  let at = cursor.at;
  do {
    // Past the bracket, or the comma and a space.
    at += parts.length === 0 ? 1 : 2;
    const from = at;
    let whole = 0;
    for (let code = text.charCodeAt(at); code >= zero && code <= nine && at - from < maxDigits; code = text.charCodeAt(at)) {
      whole = whole * 10 + code - zero;
      at += 1;
    }
    if (at === from || parts.length === max) return undefined;
    parts.push(whole);
  } while (text.charCodeAt(at) === comma && text.charCodeAt(at + 1) === space);
  if (text.charCodeAt(at) !== closeCall) return undefined;
  cursor.at = at + 1;
  return parts;
}

/** Reads the arguments of a timedelta, in microseconds: Python writes `days=-1, seconds=86399` for one second less than nothing. */
function readDuration(cursor: Cursor): number {
  const { parts } = readArguments(cursor, durationPlaces, false);
  const [days = 0, seconds = 0, micros = 0] = parts;
  const total = (days * daySeconds + seconds) * secondMicros + micros;
  if (seconds < 0 || seconds >= daySeconds || micros < 0 || micros >= secondMicros) fail(cursor, 'has a timedelta that Python would not write');
  return Number.isSafeInteger(total) ? total : fail(cursor, 'has a timedelta longer than any TIME of MySQL');
}

/** `+00:00`, as ISO 8601 has it. */
function readOffset(cursor: Cursor): string {
  peek(cursor);
  if (cursor.text.startsWith(offsetUtc, cursor.at)) {
    cursor.at += offsetUtc.length;
    return '+00:00';
  }
  if (!cursor.text.startsWith(offsetOther, cursor.at)) fail(cursor, 'has a datetime in a time zone whose offset it does not tell');
  cursor.at += offsetOther.length;
  const offset = readDuration(cursor);
  if (Math.abs(offset) >= daySeconds * secondMicros) fail(cursor, 'has a time zone more than a day away');
  expect(cursor, closeCall);
  return `${offset < 0 ? '' : '+'}${timeText(offset, 6).replace(/:00$/, '')}`;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** `2024-01-02`, checked. */
function dateText(cursor: Cursor, [year = 0, month = 0, day = 0]: Arguments['parts']): string {
  if (year < 1 || year > maxYear || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) fail(cursor, 'has a date that is not in the calendar');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

/** Reads `(2024, 1, 2)`: the date as ISO 8601 has it. */
export function readDate(cursor: Cursor): string {
  return dateText(cursor, readArguments(cursor, datePlaces, false).parts);
}

/** Reads `(2024, 1, 2, 3, 4, 5, 6)`: ISO 8601 as Python's isoformat has it, with six digits of the second or none. */
export function readDatetime(cursor: Cursor): string {
  const plain = cursor.text.charCodeAt(cursor.at) === openCall ? readPlainPlaces(cursor, datetimePlaces.length) : undefined;
  const { parts, offset } = plain === undefined ? readArguments(cursor, datetimePlaces, true) : { parts: plain, offset: '' };
  const [, , , hour = 0, minute = 0, second = 0, micros = 0] = parts;
  const date = dateText(cursor, parts);
  const inClock = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 && micros >= 0 && micros < secondMicros;
  if (!inClock) fail(cursor, 'has a time that is on no clock');
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}${fraction(micros)}${offset}`;
}

/** Reads `(days=1, seconds=3)`: hours, minutes and seconds as MySQL's TIME has them, the hours beyond 23 too. */
export function readTimedelta(cursor: Cursor): string {
  return timeText(readDuration(cursor), 6);
}

/** The number of a text that is one. A short text with an exponent must not become a huge row. */
export function weighedNumber(cursor: Cursor, digits: string): number | bigint | ExactNumber {
  cursor.digits += writtenLength(digits);
  return cursor.digits > maxWrittenDigits ? fail(cursor, tooManyDigits, 'TOO_LARGE') : numberValue(digits);
}

/** Reads `('1.50')`: the number, every digit of it. */
export function readDecimal(cursor: Cursor): number | bigint | ExactNumber {
  expect(cursor, openCall);
  const quote = peek(cursor);
  if (quote !== singleQuote && quote !== doubleQuote) failSyntax(cursor);
  const digits = readString(cursor, quote);
  expect(cursor, closeCall);
  if (isNumberText(digits)) return weighedNumber(cursor, digits);
  if (notANumber.test(digits)) return Number.NaN;
  return infinities.get(digits) ?? fail(cursor, 'has a Decimal that is no number, or one with an exponent beyond ±1000');
}
