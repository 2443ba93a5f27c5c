// How many dead letters lie in a place, as far as somebody wants to know. It reads none of them.
import type { DeadLetterStore } from '@shardfold/sinks';

/** Where counting costs nothing more are told; S3 is listed up to here. */
const countedMax = 1_000;

export interface Counted {
  readonly count: number;
  /** There are more. */
  readonly isMore: boolean;
}

export async function countOf(store: DeadLetterStore, signal: AbortSignal): Promise<Counted> {
  const count = await store.count(signal, countedMax + 1);
  return count === countedMax + 1 ? { count: countedMax, isMore: true } : { count, isMore: false };
}

export function sumOf(all: Iterable<Counted>): Counted {
  return [...all].reduce((sum, { count, isMore }) => ({ count: sum.count + count, isMore: sum.isMore || isMore }), { count: 0, isMore: false });
}
