// Sequence numbers of streams in memory: 56 digits, as AWS's are today. They grow with every record of an account, and tell their
// time and shard. It counts nothing itself.

const head = '4959';
const countDigits = 29;
const secondDigits = 11;
const shardDigits = 12;
const secondsFrom = head.length + countDigits;
const shardFrom = secondsFrom + secondDigits;

/** @param count of records given so far, this one included */
export function sequenceText(count: number, arrivalMs: number, shardNumber: number): string {
  const seconds = String(Math.floor(arrivalMs / 1000)).padStart(secondDigits, '0');
  return head + String(count).padStart(countDigits, '0') + seconds + String(shardNumber).padStart(shardDigits, '0');
}

/** Greater than the number of any record before, smaller than that of any later one. */
export function openingSequence(count: number): string {
  return head + String(count).padStart(countDigits, '0') + '9'.repeat(secondDigits + shardDigits);
}

/** False for what no stream gave out for this shard. */
export function isSequenceOf(sequence: string, shard: { readonly number: number; readonly openedAt: string }, countGiven: number): boolean {
  const isOfShard = sequence.length === shard.openedAt.length && Number(sequence.slice(shardFrom)) === shard.number;
  return isOfShard && /^[0-9]+$/.test(sequence) && sequence > shard.openedAt && sequence <= openingSequence(countGiven);
}

/** Milliseconds since 1970, of whole seconds; undefined for a number that is none of these. */
export function timeOfSequence(sequence: string): number | undefined {
  const isOurs = sequence.length === shardFrom + shardDigits && sequence.startsWith(head);
  return isOurs ? Number(sequence.slice(secondsFrom, shardFrom)) * 1000 : undefined;
}
