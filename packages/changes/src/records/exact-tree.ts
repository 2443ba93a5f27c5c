// Parsed JSON whose numbers are exact: what a double would round comes as a bigint or an `ExactNumber`. It knows no format.
import type { RawRecord, Value } from '../types.ts';
import { isNumberText, numberValue } from '../values/numbers.ts';
import { type JsonRead, readJson, readText, undecodable } from './json.ts';
import { markedNumber, withNumberMarks } from './number-marks.ts';

/** Rows are nested less; what lies deeper is refused by whoever looks at it, so its numbers do not matter. */
const maxRestoredDepth = 200;

type Parts = { [name: string]: unknown };

/** Text that is no number here (an exponent beyond ±1000) gives NaN, which no JSON can say. */
function exactNumber(text: string): Value {
  return isNumberText(text) ? numberValue(text) : Number.NaN;
}

/** In place: what JSON.parse made belongs to nobody else, and its names are its own even if one is `__proto__`. */
function restore(parts: Parts, depth: number): void {
  for (const name in parts) {
    const value = parts[name];
    if (typeof value === 'string') {
      const digits = markedNumber(value);
      if (digits !== undefined) parts[name] = exactNumber(digits);
    } else if (typeof value === 'object' && value !== null && depth < maxRestoredDepth) restore(value as Parts, depth + 1);
  }
}

/** The parser asks for every value: several times the cost, but nothing in the text can look like a mark. */
function parsedSlowly(text: string): unknown {
  return JSON.parse(text, (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' ? exactNumber(context?.source ?? String(value)) : value,
  );
}

/** Parses any JSON text like `readExactTree`. Throws `SyntaxError`, or `RangeError` for what is nested too deeply. */
export function parsedExactly(text: string): unknown {
  const marked = withNumberMarks(text);
  if (marked === undefined) return parsedSlowly(text);
  if (marked === text) return JSON.parse(text);
  const whole: Parts = { tree: JSON.parse(marked) };
  restore(whole, 0);
  return whole.tree;
}

/**
 * Parses the whole record. A number that a double does not hold comes as a bigint or an `ExactNumber`, one that nothing here
 * holds as NaN.
 */
export function readExactTree(record: RawRecord): JsonRead {
  const read = readText(record);
  if (read.kind === 'undecodable') return read;
  try {
    return { kind: 'json', value: parsedExactly(read.text), text: read.text };
  } catch {
    const plain = readJson(record);
    if (plain.kind === 'undecodable') return plain;
    return undecodable('TOO_DEEP', 'The record is nested too deeply to be read; it is not decoded. Check what wrote it.');
  }
}
