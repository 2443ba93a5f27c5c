// Parsed JSON of which every number can be told exactly: what a double rounds is a bigint or an `ExactNumber`. It knows no format.
import type { ScannedObject } from '../scan/object.ts';
import type { RawRecord, Value } from '../types.ts';
import { isNumberText, maxWrittenDigits, numberValue, writtenLength } from '../values/numbers.ts';
import { smallestPlain } from './exact-walk.ts';
import { readJson, readText, tooLongNumbers, type Undecodable, undecodable } from './json.ts';
import { type LongNumbers, longNumbers } from './long-numbers.ts';
import { textOfMark, withMarksInPlace, withNumberMarks } from './number-marks.ts';

/** Rows are nested less; what lies deeper is refused by whoever looks at it, so its numbers do not matter. */
const maxRestoredDepth = 200;

type Parts = { [name: string]: unknown };

/**
 * A parsed text. `numbers` has those that the tree does not hold, for `exactNumber`: whoever looks at the tree asks for each number
 * that it wants. Undefined where the tree has all as they are; one that nothing here holds is NaN then.
 */
export interface ExactTree<Tree = unknown> {
  readonly value: Tree;
  readonly numbers: LongNumbers | undefined;
}

export type ExactRead = ({ readonly kind: 'json' } & ExactTree) | Undecodable;

/** Thrown in the middle of a text, whoever reads it catches it. */
class NumbersTooLong extends RangeError {}

/** How many digits the numbers may still have. */
interface Room {
  digits: number;
}

/** Text that is no number here (an exponent beyond ±1000) gives NaN, which no JSON can say. */
function exactNumber(text: string, room: Room): Value {
  if (!isNumberText(text)) return Number.NaN;
  room.digits -= writtenLength(text);
  if (room.digits < 0) throw new NumbersTooLong();
  return numberValue(text);
}

/** What is still to be found. */
interface Marks {
  left: number;
  /** What stands for a mark, by the text behind it. */
  readonly numberOf: (marked: string) => Value;
}

/** What stands for itself comes back; a list or an object is changed in place: what JSON.parse made belongs to nobody else. */
function restored(value: unknown, marks: Marks, depth: number): unknown {
  if (typeof value === 'string') {
    const marked = textOfMark(value);
    if (marked === undefined) return value;
    marks.left -= 1;
    return marks.numberOf(marked);
  }
  if (typeof value === 'object' && value !== null && depth < maxRestoredDepth) restoreParts(value, marks, depth + 1);
  return value;
}

function restoreParts(parts: object, marks: Marks, depth: number): void {
  // By index: going over a list by its names takes several times as long.
  if (Array.isArray(parts)) {
    for (let at = 0; at < parts.length && marks.left > 0; at += 1) parts[at] = restored(parts[at], marks, depth);
    return;
  }
  // The names are the object's own even if one is `__proto__`.
  const fields = parts as Parts;
  for (const name in fields) {
    if (marks.left === 0) return;
    const value = fields[name];
    const exact = restored(value, marks, depth);
    if (exact !== value) fields[name] = exact;
  }
}

/** The parser asks for every value: several times the cost, but nothing in the text can look like a mark. */
function parsedSlowly(text: string): unknown {
  const room: Room = { digits: maxWrittenDigits };
  return JSON.parse(text, (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' ? exactNumber(context?.source ?? String(value), room) : value,
  );
}

function parsedMarked(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parses any JSON text; all numbers of the tree are exact. Throws `SyntaxError`, or `RangeError` for what is nested too deeply or has too many digits. */
export function parsedExactly(text: string): unknown {
  const marked = withNumberMarks(text);
  if (marked?.marks === 0) return JSON.parse(text);
  const tree = marked && parsedMarked(marked.text);
  if (marked === undefined || tree === undefined) return parsedSlowly(text);
  const room: Room = { digits: maxWrittenDigits };
  return restored(tree, { left: marked.marks, numberOf: (digits) => exactNumber(digits, room) }, 0);
}

/** A parsed object whose numbers are exact. */
export interface ExactObject {
  readonly fields: Parts;
  /** Whether `JSON.stringify` writes its numbers as plain JSON here. */
  readonly isPlain: boolean;
}

/** Parses what was gone over already, so nothing in it can be wrong. */
export function scannedTree({ text, longNumbers: places, isPlain }: ScannedObject): ExactObject {
  const numbers: Value[] = [];
  const marked: number[] = [];
  let arePlain = isPlain;
  for (let at = 0; at < places.length; at += 2) {
    const number = numberValue(text.slice(places[at], places[at + 1]));
    if (typeof number === 'number') {
      // The parser does not round it.
      arePlain &&= Math.abs(number) >= smallestPlain;
    } else {
      numbers.push(number);
      marked.push(places[at] ?? 0, places[at + 1] ?? 0);
    }
  }
  if (numbers.length === 0) return { fields: JSON.parse(text) as Parts, isPlain: arePlain };
  const withMarks = withMarksInPlace(text, marked);
  if (withMarks === undefined) return { fields: parsedExactly(text) as Parts, isPlain: false };
  const fields = JSON.parse(withMarks) as Parts;
  restoreParts(fields, { left: numbers.length, numberOf: (index) => numbers[Number(index)] ?? null }, 0);
  return { fields, isPlain: false };
}

/** Parses any JSON text, as a rule once. Throws as `parsedExactly` does. */
export function exactTree(text: string): ExactTree {
  const numbers = longNumbers(text);
  return numbers === 'unclear' ? { value: parsedExactly(text), numbers: undefined } : { value: JSON.parse(text), numbers };
}

/** Why a text that is JSON has no exact tree. */
export function withoutExactTree(thrown: unknown): Undecodable {
  if (thrown instanceof NumbersTooLong) return tooLongNumbers();
  return undecodable('TOO_DEEP', 'The record is nested too deeply to be read; it is not decoded. Check what wrote it.');
}

/** `exactTree` of a text whose plain tree is at hand. */
export function exactTreeOf(text: string, value: unknown): ExactRead {
  const numbers = longNumbers(text);
  if (numbers !== 'unclear') return { kind: 'json', value, numbers };
  try {
    return { kind: 'json', value: parsedExactly(text), numbers: undefined };
  } catch (thrown) {
    return withoutExactTree(thrown);
  }
}

/** Parses the whole record. */
export function readExactTree(record: RawRecord): ExactRead {
  const read = readText(record);
  if (read.kind === 'undecodable') return read;
  try {
    const { value, numbers } = exactTree(read.text);
    return { kind: 'json', value, numbers };
  } catch (thrown) {
    const plain = readJson(record);
    return plain.kind === 'undecodable' ? plain : withoutExactTree(thrown);
  }
}
