// Ranges of hash keys for the shards of a stream: 128 bits, decimal where people see them. Only resharding counts with them, so
// that putting a record compares texts. It knows no shard.
import { hash } from 'node:crypto';
import { fromDecimal } from '../../aggregation/hash-range.ts';
import type { ShardRef } from '../../types.ts';

/** Decimal, both ends included. */
export type DecimalRange = NonNullable<ShardRef['hashRange']>;

const spaceSize = 2n ** 128n;

const inDecimal = (start: bigint, end: bigint): DecimalRange => ({ start: String(start), end: String(end) });

/** So many ranges, as equal as can be. */
export function evenRanges(count: number): readonly DecimalRange[] {
  const boundary = (index: number): bigint => (spaceSize * BigInt(index)) / BigInt(count);
  return Array.from({ length: count }, (_, index) => inDecimal(boundary(index), boundary(index + 1) - 1n));
}

/** Undefined: there is nothing on one of the sides. @param at where the second begins, decimal; absent: in the middle */
export function splitRange({ start, end }: DecimalRange, at?: string): readonly [DecimalRange, DecimalRange] | undefined {
  const [low, high] = [BigInt(start), BigInt(end)];
  const middle = at === undefined ? (low + high + 1n) / 2n : BigInt(at);
  return middle > low && middle <= high ? [inDecimal(low, middle - 1n), inDecimal(middle, high)] : undefined;
}

/** Undefined: the second does not begin where the first ends. */
export function mergedRange(left: DecimalRange, right: DecimalRange): DecimalRange | undefined {
  return BigInt(left.end) + 1n === BigInt(right.start) ? { start: left.start, end: right.end } : undefined;
}

/** 32 hexadecimal digits. Undefined: the explicit hash key is no number of 128 bits. */
export function hashKeyOf({ partitionKey, explicitHashKey }: { readonly partitionKey: string; readonly explicitHashKey?: string }): string | undefined {
  return explicitHashKey === undefined ? hash('md5', partitionKey, 'hex') : fromDecimal(explicitHashKey);
}
