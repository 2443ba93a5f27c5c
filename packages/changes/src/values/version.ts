// The version of a row: how two compare, and what a stream offers where the format has no order of its own.
import type { RawRecord, Version } from '../types.ts';

const subSequenceDigits = 6;
const indexDigits = 3;
/** 56 digits of a Kinesis sequence number leave nine of the 65 that a target stores. */
const maxSequenceDigits = 56;
const decimal = /^\d+$/;

function withoutLeadingZeros(digits: string): string {
  let from = 0;
  while (from < digits.length - 1 && digits.charCodeAt(from) === 48) from += 1;
  return from === 0 ? digits : digits.slice(from);
}

/** Negative when `a` is older, 0 for a replay, positive when `a` is newer. */
export function compareVersions(a: Version, b: Version): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  const left = withoutLeadingZeros(a.seq);
  const right = withoutLeadingZeros(b.seq);
  if (left.length !== right.length) return left.length < right.length ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * `Version.seq` from the record's place in the stream: sequence number, sub-sequence (6 digits), index in the payload (3).
 * Undefined when one of them does not fit, for then the order would be wrong.
 */
export function streamOrder(record: Pick<RawRecord, 'sequence' | 'subSequence'>, index: number): string | undefined {
  const { sequence, subSequence } = record;
  if (sequence.length > maxSequenceDigits || !decimal.test(sequence)) return undefined;
  const sub = String(subSequence);
  const place = String(index);
  if (!decimal.test(sub) || sub.length > subSequenceDigits || !decimal.test(place) || place.length > indexDigits) return undefined;
  return withoutLeadingZeros(sequence + sub.padStart(subSequenceDigits, '0') + place.padStart(indexDigits, '0'));
}
