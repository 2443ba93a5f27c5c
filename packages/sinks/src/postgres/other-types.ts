// What stands unchanged in columns of types that PostgreSQL writes in its own way: calendar and clock, intervals, money, and those of
// its catalogs. They round, cut and wrap in silence, so they get only what is known to stay. Pure; it binds no value.
import type { Value } from '@shardfold/changes';
import { digitsOfNumber, fitsInteger, fitsMoment, fractionLength, type MomentType } from '../columns/exact.ts';

const secondDigits = '6';
const timestamp = /^timestamp(?:\((\d)\))? with(out)? time zone$/;

/** As the server itself writes them, years before the first and after 9999 too. */
function fitsCalendar(text: string, kept: MomentType): boolean {
  return /^-?infinity$/.test(text) || fitsMoment(text.replace(/^\d{5,6}-/, '9999-').replace(/ BC$/, ''), kept);
}

function fitsTimestamp(type: string, text: string): boolean {
  const [, fractionDigits = secondDigits, without] = timestamp.exec(type) ?? [];
  return fitsCalendar(text, { time: true, fractionDigits: Number(fractionDigits), offset: without === undefined });
}

const timeType = /^time(?:\((\d)\))? with(out)? time zone$/;
const time = /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.(\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** Without its zone a time with one would get the session's. */
function fitsTime(type: string, text: string): boolean {
  const [, fractionDigits = secondDigits, without] = timeType.exec(type) ?? [];
  const found = time.exec(text);
  if (found === null) return false;
  const [, fraction = '', zone] = found;
  return (zone === undefined) === (without !== undefined) && fractionLength(fraction) <= Number(fractionDigits);
}

const intervalType = /^interval(?:\((\d)\))?$/;
/** As the server writes intervals, and in whole units. */
const interval = /^(?=.)(?:[+-]?\d+ (?:year|mon|month|week|day|hour|minute|second)s?(?: (?=.)|$))*(?:[+-]?\d+:[0-5]\d(?::[0-5]\d(?:\.(\d+))?)?)?$/;
/** As ISO 8601 has them: only seconds have a fraction. */
const isoInterval = /^P(?=.)(?:-?\d+Y)?(?:-?\d+M)?(?:-?\d+W)?(?:-?\d+D)?(?:T(?=.)(?:-?\d+H)?(?:-?\d+M)?(?:-?\d+(?:\.(\d+))?S)?)?$/;

/** Of an interval of some fields only, the server cuts the others off. */
function fitsInterval(type: string, text: string): boolean {
  const kept = intervalType.exec(type);
  const found = interval.exec(text) ?? isoInterval.exec(text);
  return kept !== null && found !== null && fractionLength(found[1] ?? '') <= Number(kept[1] ?? secondDigits);
}

const whole = /^(?:0|-?[1-9]\d*)$/;
const nameBytes = 63;

const ranges = /^(date|tstz|ts)(?:multi)?range$/;

/** Its bounds, whatever stands between them. */
function fitsRange(type: string, text: string): boolean {
  const kept = { time: !type.startsWith('date'), fractionDigits: Number(secondDigits), offset: type.startsWith('tstz') };
  const bounds = text.split(/[[\](){},"]+/).map((bound) => bound.trim());
  return bounds.every((bound) => bound === '' || bound.toLowerCase() === 'empty' || fitsCalendar(bound, kept));
}

interface Rule {
  readonly types: RegExp;
  /** It takes numbers too, by their digits. */
  readonly numbers?: true;
  fits(type: string, text: string): boolean;
}

const rules: readonly Rule[] = [
  { types: /^date$/, fits: (_, text) => fitsCalendar(text, { time: false, fractionDigits: 0, offset: false }) },
  { types: /^timestamp\b/, fits: fitsTimestamp },
  { types: /^time\b/, fits: fitsTime },
  { types: /^interval\b/, fits: fitsInterval },
  // How many digits it keeps behind the point is the server's locale.
  { types: /^money$/, numbers: true, fits: (_, text) => whole.test(text) },
  { types: /^(oid|xid|cid)$/, numbers: true, fits: (_, text) => whole.test(text) && fitsInteger(text, 32n, true) },
  { types: ranges, fits: fitsRange },
  // They take anything for a text.
  { types: /^(xml|tsvector)$/, fits: () => true },
  { types: /^name$/, fits: (_, text) => Buffer.byteLength(text) <= nameBytes },
  { types: /^"char"$/, fits: (_, text) => text.length === 1 && Buffer.byteLength(text) === 1 },
];

/** Whether a column of one of these types keeps the value; undefined for other types. */
export function holdsOther(type: string, value: Value): boolean | undefined {
  const rule = rules.find(({ types }) => types.test(type) && !type.endsWith(']'));
  if (rule === undefined) return undefined;
  if (value === null) return true;
  const text = rule.numbers === true ? (digitsOfNumber(value) ?? value) : value;
  return typeof text === 'string' && rule.fits(type, text);
}
