// Sequence numbers and iterators of a stream that never ends: 56 digits whose places tell shard, page and place in the page. It
// knows no record.
import { recordsPerPage } from './record.ts';

/** Where the digits that differ between two answers lie in a sequence number. */
export const shardDigits = { at: 4, width: 6 };
export const pageDigits = { at: 38, width: 12 };

const digits = (number: number, width: number) => String(number).padStart(width, '0');

/** `index`: how many records of the shard come before. */
export function sequenceOf(shard: number, index: number): string {
  const page = Math.floor(index / recordsPerPage);
  return `4965${digits(shard, shardDigits.width)}${'0'.repeat(28)}${digits(page, pageDigits.width)}${digits(index % recordsPerPage, 6)}`;
}

/** Undefined for what `sequenceOf` did not make. */
export function indexOf(sequence: string): number | undefined {
  if (!/^4965\d{52}$/.test(sequence)) return undefined;
  return Number(sequence.slice(pageDigits.at, pageDigits.at + pageDigits.width)) * recordsPerPage + Number(sequence.slice(-6));
}

export function iteratorOf(shard: number, index: number): string {
  return `replay-${shard}-${index}`;
}

export function parseIterator(iterator: string): { readonly shard: number; readonly index: number } | undefined {
  const [, shard, index] = /^replay-(\d+)-(\d+)$/.exec(iterator) ?? [];
  return index === undefined ? undefined : { shard: Number(shard), index: Number(index) };
}
