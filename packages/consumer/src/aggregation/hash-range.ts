// Whether a key belongs to a shard. Hashes are 128 bits, written as 32 hexadecimal digits, so that texts compare as the numbers do.
// It knows no record.
import { hash } from 'node:crypto';
import type { ShardRef } from '../types.ts';

/** Both ends included. */
export interface HashRange {
  readonly start: string;
  readonly end: string;
}

const digits = 32;
const lowest = '0'.repeat(digits);
const highest = 'f'.repeat(digits);

/** Undefined when it is no number of 128 bits. */
export function fromDecimal(text: string): string | undefined {
  if (!/^[0-9]{1,39}$/.test(text)) return undefined;
  const hexadecimal = BigInt(text).toString(16).padStart(digits, '0');
  return hexadecimal.length === digits ? hexadecimal : undefined;
}

/** Undefined when every key belongs to the shard, as far as is known: nothing has to be hashed. */
export function hashRangeOf({ hashRange }: ShardRef): HashRange | undefined {
  const start = fromDecimal(hashRange?.start ?? '');
  const end = fromDecimal(hashRange?.end ?? '');
  if (start === undefined || end === undefined || (start === lowest && end === highest)) return undefined;
  return { start, end };
}

const isOutside = (key: string, { start, end }: HashRange): boolean => key < start || key > end;

/** A key that is no hash belongs to no other shard either. */
export function isHashKeyOutside(explicitHashKey: string, range: HashRange): boolean {
  const key = fromDecimal(explicitHashKey);
  return key !== undefined && isOutside(key, range);
}

export function isPartitionKeyOutside(partitionKey: string, range: HashRange): boolean {
  return isOutside(hash('md5', partitionKey, 'hex'), range);
}
