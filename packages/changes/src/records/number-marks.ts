// Finds the numbers of a JSON text that a double may round, and puts marked text in their places, so that the parser leaves
// their digits alone. It parses nothing.

/** A double holds every number of fifteen digits; with the point they are sixteen signs. */
const roundedLength = 16;
const exponents = /[\d.][eE][-+\d]\d*/g;
/** An exponent, or a part of some text: a record without one is known to have no number with one. */
const exponent = /[\d.][eE][-+\d]\d*(?:[\s,}\]]|$)/;
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
const beforeValue = /[:,[\s]/;
const afterValue = /\s*(?:[,}\]]|$)/y;
const backslash = 0x5c;
/** Opens a text that stands for a number. A control character of no use: a text that has it itself cannot be marked. */
const mark = '\u009e';
const markCode = 0x9e;
const escapedMark = '\\u009';

interface Place {
  readonly start: number;
  readonly end: number;
}

function isDigitOrPoint(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46;
}

/** Where the number begins that has a digit at this place. */
function startOf(text: string, digit: number): number {
  let start = digit;
  while (isDigitOrPoint(text.charCodeAt(start - 1))) start -= 1;
  return text.charAt(start - 1) === '-' ? start - 1 : start;
}

/** The next run of digits that is long. It covers one of each sixteen places, so no others are looked at. */
function nextLongRun(text: string, from: number): Place | undefined {
  for (let at = from + roundedLength - 1; at < text.length; at += roundedLength) {
    if (!isDigitOrPoint(text.charCodeAt(at))) continue;
    const start = startOf(text, at);
    let end = at + 1;
    while (isDigitOrPoint(text.charCodeAt(end))) end += 1;
    if (end - start >= roundedLength) return { start, end };
  }
  return undefined;
}

function* longRuns(text: string): Generator<Place> {
  for (let run = nextLongRun(text, 0); run !== undefined; run = nextLongRun(text, run.end)) yield run;
}

function* powers(text: string): Generator<Place> {
  for (const { index, 0: tail } of text.matchAll(exponents)) yield { start: startOf(text, index), end: index + tail.length };
}

/** Whether a value stands there, and nothing beside it belongs to it: what is no JSON must stay none. */
function isValue(text: string, { start, end }: Place): boolean {
  afterValue.lastIndex = end;
  return jsonNumber.test(text.slice(start, end)) && (start === 0 || beforeValue.test(text.charAt(start - 1))) && afterValue.test(text);
}

function isEscaped(text: string, quote: number): boolean {
  let from = quote;
  while (text.charCodeAt(from - 1) === backslash) from -= 1;
  return (quote - from) % 2 === 1;
}

function withMarksAt(text: string, places: Iterable<Place>): string {
  let marked = '';
  let copied = 0;
  let inString = false;
  let quote = text.indexOf('"');
  for (const place of places) {
    while (quote !== -1 && quote < place.start) {
      if (!inString || !isEscaped(text, quote)) inString = !inString;
      quote = text.indexOf('"', quote + 1);
    }
    if (inString || !isValue(text, place)) continue;
    marked += `${text.slice(copied, place.start)}"${mark}${text.slice(place.start, place.end)}"`;
    copied = place.end;
  }
  return marked + text.slice(copied);
}

/**
 * The text with every number that a double may round as a marked string; the same text where there is none. Undefined where a
 * string of the text may look marked itself.
 */
export function withNumberMarks(text: string): string | undefined {
  const hasPower = exponent.test(text);
  if (!hasPower && nextLongRun(text, 0) === undefined) return text;
  if (text.includes(mark) || text.includes(escapedMark)) return undefined;
  const marked = hasPower ? withMarksAt(text, powers(text)) : text;
  return withMarksAt(marked, longRuns(marked));
}

/** The digits behind a mark; undefined for a string that is just a string. */
export function markedNumber(text: string): string | undefined {
  return text.charCodeAt(0) === markCode ? text.slice(mark.length) : undefined;
}
