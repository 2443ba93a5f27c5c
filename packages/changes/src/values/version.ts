// The version of a row: how two compare, and what a stream offers where the format has no order of its own.

import type { RawRecord, Version } from '../types.ts';
import { zero } from './characters.ts';

const subSequences = 1_000_000;
const indexes = 1000;
const placeDigits = 9;
/** 56 digits of a Kinesis sequence number leave nine of the 65 that a target stores. */
const maxSequenceDigits = 56;
const decimal = /^\d+$/;
const firstPlace = '0'.repeat(placeDigits);

function withoutLeadingZeros(digits: string): string {
  let from = 0;
  while (from < digits.length - 1 && digits.charCodeAt(from) === zero) from += 1;
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

function isPlace(place: number, places: number): boolean {
  return Number.isInteger(place) && place >= 0 && place < places;
}

/**
 * `Version.seq` from the record's place in the stream: sequence number, sub-sequence (6 digits), index in the payload (3).
 * Undefined when one of them does not fit, for then the order would be wrong.
 */
export function streamOrder(record: Pick<RawRecord, 'sequence' | 'subSequence'>, index: number): string | undefined {
  const { sequence, subSequence } = record;
  if (sequence.length > maxSequenceDigits || !decimal.test(sequence)) return undefined;
  if (!isPlace(subSequence, subSequences) || !isPlace(index, indexes)) return undefined;
  const digits = withoutLeadingZeros(sequence);
  const place = subSequence * indexes + index;
  if (digits === '0') return String(place);
  return digits + (place === 0 ? firstPlace : String(place).padStart(placeDigits, '0'));
}

/** Later than any time that a change can have: the year 2255. */
export const snapshotOffsetMicros = 9e15;

/** `Version.time` of a row read by a snapshot at this time (µs): below every change, a newer snapshot above an older. */
export function snapshotTime(timeMicros: number): number {
  return timeMicros - snapshotOffsetMicros;
}
