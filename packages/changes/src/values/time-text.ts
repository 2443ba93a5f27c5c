// Counts of days and of fractions of a second as ISO text, and back. Without a zone, for most sources have none. It knows no
// clock and no format.
import { capitalT, colon, minus, nine, point, zero } from './characters.ts';

/** How many digits the fraction of a second has: milliseconds, microseconds or nanoseconds. */
export type FractionDigits = 3 | 6 | 9;

const unitsPerSecond: Readonly<Record<FractionDigits, number>> = { 3: 1e3, 6: 1e6, 9: 1e9 };
const secondsPerDay = 86_400;
const isoShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:?\d\d)$/;
/** An offset as mongoexport wrote it before 4.2, which `Date.parse` need not know. */
const bareOffset = /([+-]\d\d)(\d\d)$/;
const milliPlaces = 3;
const microPlaces = 6;
const plainLength = 27;
/** Later days are not in all months. */
const shortestMonth = 28;

function two(count: number): string {
  return count < 10 ? `0${count}` : String(count);
}

function yearText(year: number): string {
  return year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0');
}

/** `2024-07-11` from whole days since 1970-01-01, in the Gregorian calendar of all times; years after 9999 have more digits, those before 0 a minus. */
export function dateText(days: number): string {
  // Counted from 1 March of the year 0, so that a leap day is the last of its year and 400 years are always 146,097 days.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return `${yearText(yearOfEra + era * 400 + (month <= 2 ? 1 : 0))}-${two(month)}-${two(day)}`;
}

function clockText(units: number, digits: FractionDigits): string {
  const perSecond = unitsPerSecond[digits];
  const seconds = Math.floor(units / perSecond);
  const fraction = units - seconds * perSecond;
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(digits, '0')}`;
}

/** `13:37:03.000123` from units since midnight. A fraction of zero is left out. A MySQL time may be negative, or have more than 24 hours. */
export function timeText(units: number, digits: FractionDigits): string {
  return units < 0 ? `-${clockText(-units, digits)}` : clockText(units, digits);
}

/** `2024-07-11T23:17:42.000123` from units since 1970. A fraction of zero is left out. */
export function dateTimeText(units: number | bigint, digits: FractionDigits): string {
  const perDay = secondsPerDay * unitsPerSecond[digits];
  if (typeof units === 'number') {
    const days = Math.floor(units / perDay);
    return `${dateText(days)}T${clockText(units - days * perDay, digits)}`;
  }
  const rest = Number(units % BigInt(perDay));
  const days = Number(units / BigInt(perDay)) - (rest < 0 ? 1 : 0);
  return `${dateText(days)}T${clockText(rest < 0 ? rest + perDay : rest, digits)}`;
}

/** Milliseconds since 1970, without what is below them, and the digits of the second's fraction. */
function isoParts(text: string): { readonly millis: number; readonly fraction: string } | undefined {
  const found = isoShape.exec(text);
  const millis = found === null ? Number.NaN : Date.parse(text.replace(bareOffset, '$1:$2'));
  return Number.isNaN(millis) ? undefined : { millis, fraction: found?.[1] ?? '' };
}

/** Milliseconds since 1970 of `2024-07-11T23:17:42.5+02:00`; undefined for whatever is no such time, or has more than milliseconds. */
export function millisOfIsoText(text: string): number | undefined {
  const parts = isoParts(text);
  return parts === undefined || parts.fraction.length > milliPlaces ? undefined : parts.millis;
}

/** The whole number that these digits are; NaN where one is none. */
function digitsAt(text: string, from: number, to: number): number {
  let whole = 0;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code < zero || code > nine) return Number.NaN;
    whole = whole * 10 + code - zero;
  }
  return whole;
}

/** `2024-07-11T23:17:42.123456Z` as programs write it, in 1970 or later: in a third of the time. Undefined where it takes a closer look. */
function plainMicros(text: string): number | undefined {
  if (text.length !== plainLength || text.charCodeAt(10) !== capitalT || text.charCodeAt(19) !== point) return undefined;
  if (text.charCodeAt(4) !== minus || text.charCodeAt(7) !== minus || text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon) return undefined;
  const year = digitsAt(text, 0, 4);
  const month = digitsAt(text, 5, 7);
  const day = digitsAt(text, 8, 10);
  const hour = digitsAt(text, 11, 13);
  const minute = digitsAt(text, 14, 16);
  const second = digitsAt(text, 17, 19);
  const isDay = year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= shortestMonth;
  if (!isDay || !(hour < 24 && minute < 60 && second < 60)) return undefined;
  const micros = Date.UTC(year, month - 1, day, hour, minute, second) * 1000 + digitsAt(text, 20, 26);
  return Number.isNaN(micros) ? undefined : micros;
}

/** Microseconds since 1970 of `2024-07-11T23:17:42.123456Z`, more places cut off; undefined for whatever is no such time in UTC, or before 1970. */
export function microsOfIsoText(text: unknown): number | undefined {
  if (typeof text !== 'string' || !text.endsWith('Z')) return undefined;
  const plain = plainMicros(text);
  if (plain !== undefined) return plain;
  const parts = isoParts(text);
  if (parts === undefined) return undefined;
  const micros = Math.floor(parts.millis / 1000) * 1_000_000 + Number(parts.fraction.slice(0, microPlaces).padEnd(microPlaces, '0'));
  return Number.isSafeInteger(micros) && micros >= 0 ? micros : undefined;
}
