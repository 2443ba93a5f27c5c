// What stands unchanged in columns of types that hold neither plain numbers nor texts: calendar and clock, members of a list, bytes of
// one length. Even in strict mode the servers round, cut, pad and guess there in silence, so they get only what is known to stay. Pure.
import type { Value } from '@shardfold/changes';
import { digitsOfNumber, fitsMoment, fractionLength } from '../columns/exact.ts';

/** With midnight at most; a zone it refuses. */
const date = /^\d{4}-\d\d-\d\d(?:[T ]00:00:00(?:\.0+)?)?$/;
/** Hours as far as the type goes. */
const time = /^-?(?:\d\d|[1-7]\d\d|8[0-2]\d|83[0-8]):[0-5]\d(?::[0-5]\d(?:\.(\d+))?)?$/;
/** A year of one or two digits, and 0 that is no text of four, are taken for others. */
const year = /^(?:0000|190[1-9]|19[1-9]\d|20\d\d|21[0-4]\d|215[0-5])$/;

function fitsTime(text: string, fractionDigits: number): boolean {
  const found = time.exec(text);
  return found !== null && fractionLength(found[1] ?? '') <= fractionDigits;
}

/** As the server lists them, without those whose spelling it escapes: a text is never taken for one of them. */
function membersOf(list: string): readonly string[] {
  return [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, member = '']) => member.replaceAll("''", "'"));
}

/** Several members stand in the order of the list, each once. */
function fitsSet(members: readonly string[], text: string): boolean {
  const places = text === '' ? [] : text.split(',').map((part) => members.indexOf(part));
  return places.every((place, index) => place > (places[index - 1] ?? -1));
}

function fitsText(name: string, inside: string, text: string): boolean {
  if (name === 'time') return fitsTime(text, Number(inside));
  if (name === 'year') return inside !== '2' && year.test(text);
  if (name === 'enum') return !text.includes('\\') && membersOf(inside).includes(text);
  if (name === 'set') return !text.includes('\\') && fitsSet(membersOf(inside), text);
  if (name === 'date') return date.test(text);
  return fitsMoment(text, { time: true, fractionDigits: Number(inside), offset: true });
}

const otherType = /^(date|datetime|timestamp|time|year|enum|set|binary)(?:\((.*)\))?$/s;

/** `type` as the server says it. Whether a column of one of these types keeps the value; undefined for other types. */
export function holdsOther(type: string, value: Value): boolean | undefined {
  const [, name, inside = ''] = otherType.exec(type) ?? [];
  if (name === undefined) return undefined;
  if (value === null) return true;
  if (name === 'binary') return value instanceof Uint8Array && value.length === Number(inside);
  const text = name === 'year' ? (digitsOfNumber(value) ?? value) : value;
  return typeof text === 'string' && fitsText(name, inside, text);
}
