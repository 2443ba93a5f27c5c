// Puts marked text in the places of the numbers of a JSON text that a double may round, so that the parser leaves their digits
// alone. It parses nothing.
import { nextLongRun, type Place, startOf } from './long-numbers.ts';

const exponents = /[\d.][eE][-+\d]\d*/g;
/** An exponent, or a part of some text: a record without one is known to have no number with one. */
const exponent = /[\d.][eE][-+\d]\d*(?:[\s,}\]]|$)/;
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const beforeValue = /[:,[\s]/;
const afterValue = /\s*(?:[,}\]]|$)/y;
/** Opens a text that stands for a number. A control character of no use: a text that has it itself cannot be marked. */
const mark = '\u009e';
const markCode = 0x9e;
const escapedMark = '\\u009';

export interface MarkedText {
  readonly text: string;
  /** How many marks it has. */
  readonly marks: number;
}

function* longRuns(text: string): Generator<Place> {
  for (let run = nextLongRun(text, 0); run !== undefined; run = nextLongRun(text, run.end)) yield run;
}

function* powers(text: string): Generator<Place> {
  for (const { index, 0: tail } of text.matchAll(exponents)) yield { start: startOf(text, index), end: index + tail.length };
}

/** Whether a value stands there, and nothing beside it belongs to it: what is no JSON must stay none. */
function isValue(text: string, { start, end }: Place): boolean {
  if (start > 0 && !beforeValue.test(text.charAt(start - 1))) return false;
  afterValue.lastIndex = end;
  return afterValue.test(text) && jsonNumber.test(text.slice(start, end));
}

function withMarksAt({ text, marks }: MarkedText, places: Iterable<Place>): MarkedText {
  let marked = '';
  let copied = 0;
  let count = marks;
  for (const place of places) {
    if (!isValue(text, place)) continue;
    marked += `${text.slice(copied, place.start)}"${mark}${text.slice(place.start, place.end)}"`;
    copied = place.end;
    count += 1;
  }
  return { text: marked + text.slice(copied), marks: count };
}

function isUnmarked(text: string): boolean {
  return !text.includes(mark) && !text.includes(escapedMark);
}

/**
 * The text with a mark and an index, from 0 on, in place of each of these numbers, which begin and end at one place each. Undefined where
 * a string of the text may look marked itself.
 */
export function withMarksInPlace(text: string, places: readonly number[]): string | undefined {
  if (!isUnmarked(text)) return undefined;
  let marked = '';
  let copied = 0;
  for (let at = 0; at < places.length; at += 2) {
    marked += `${text.slice(copied, places[at])}"${mark}${at / 2}"`;
    copied = places[at + 1] ?? text.length;
  }
  return marked + text.slice(copied);
}

/**
 * The text with every number that a double may round as a marked string. Where a number was only part of a string, the text is no JSON
 * any more: the quotation mark before the mark closes that string, and the mark stands outside. Undefined where a string of the text
 * may look marked itself.
 */
export function withNumberMarks(text: string): MarkedText | undefined {
  if (!isUnmarked(text)) return undefined;
  const plain: MarkedText = { text, marks: 0 };
  const marked = exponent.test(text) ? withMarksAt(plain, powers(text)) : plain;
  return withMarksAt(marked, longRuns(marked.text));
}

/** What stands behind a mark, digits or an index; undefined for a string that is just a string. */
export function textOfMark(text: string): string | undefined {
  return text.charCodeAt(0) === markCode ? text.slice(mark.length) : undefined;
}
