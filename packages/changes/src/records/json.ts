// From a record to its text or its parsed JSON, or to the reason why there is none. It knows no format.
import type { DecodeError, RawRecord } from '../types.ts';
import { maxWrittenDigits } from '../values/numbers.ts';

/** A Kinesis record carries at most 10 MiB. */
const maxTextLength = 10 * 1024 * 1024;
const quotedLength = 60;

export type Undecodable = { readonly kind: 'undecodable'; readonly error: DecodeError };
export type TextRead = { readonly kind: 'text'; readonly text: string } | Undecodable;
export type JsonRead = { readonly kind: 'json'; readonly value: unknown; readonly text: string } | Undecodable;

export function undecodable(code: DecodeError['code'], message: string): Undecodable {
  return { kind: 'undecodable', error: { code, message } };
}

/** Text from a record as a message shows it: quoted, control characters escaped, never long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > quotedLength ? `${text.slice(0, quotedLength)}…` : text);
}

/** Goes on after what has the numbers. */
export const tooManyDigits = `has numbers that take more than ${maxWrittenDigits} characters when they are written out without exponents`;

export function tooLongNumbers(): Undecodable {
  return undecodable('TOO_LARGE', `The record ${tooManyDigits}; it is not decoded. Check what wrote it: a short number must not become a huge row.`);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Buffers and lenient decoders put U+FFFD where bytes are broken; only the bytes tell whether it was sent as such. */
function isBroken(record: RawRecord, text: string): boolean {
  if (!text.includes('\ufffd')) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(record.bytes());
    return false;
  } catch {
    return true;
  }
}

/** The whole record as text, or the reason why it is not looked into: too long, empty, or not UTF-8. */
export function readText(record: RawRecord): TextRead {
  const text = record.text();
  if (text.length > maxTextLength) {
    return undecodable(
      'TOO_LARGE',
      `The record has ${text.length} characters, more than the ${maxTextLength} a Kinesis record can carry; it is not decoded. Check what wrote it.`,
    );
  }
  if (text.trim() === '') return undecodable('EMPTY', 'The record is empty; nothing is decoded from it. Check what wrote it.');
  if (isBroken(record, text)) {
    return undecodable('NOT_JSON', 'The record is not UTF-8, and guessing would change data; it is not decoded. Check what wrote it.');
  }
  return { kind: 'text', text };
}

/** Parses the whole record once. */
export function readJson(record: RawRecord): JsonRead {
  const read = readText(record);
  if (read.kind === 'undecodable') return read;
  try {
    return { kind: 'json', value: JSON.parse(read.text), text: read.text };
  } catch {
    return undecodable(
      'NOT_JSON',
      `The record (${read.text.length} characters) is no JSON, or only a part of it; it is not decoded. Check that the format is the one the stream carries.`,
    );
  }
}

/**
 * Parses once more, with every number that is no property of one of these names as its text: for a writer that put numbers where
 * the format has text, so that not a digit is lost.
 */
export function readNumbersAsText(record: RawRecord, except: readonly string[]): JsonRead {
  const asText = (name: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && !except.includes(name) ? (context?.source ?? value) : value;
  const text = record.text();
  try {
    return { kind: 'json', value: JSON.parse(text, asText), text };
  } catch {
    return undecodable('TOO_DEEP', 'The record is nested too deeply to be read; it is not decoded. Check what wrote it.');
  }
}
