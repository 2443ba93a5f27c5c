// Draws from one seed: numbers, choices, times. It knows nothing of what is drawn.
import { numbersFrom } from '../../packages/lease/src/testing/virtual-machine.ts';

export interface Chance {
  /** In [0, 1). */
  number(): number;
  /** True with this probability. */
  hits(probability: number): boolean;
  between(low: number, high: number): number;
  /** Both ends included. */
  whole(low: number, high: number): number;
  pick<T>(from: readonly T[]): T | undefined;
  /** A wait of this length on average, as between independent accidents. */
  wait(meanMs: number): number;
  /** Another sequence of draws, so that more of one kind do not shift those of another. */
  fork(): Chance;
}

export function chanceFrom(seed: number): Chance {
  const number = numbersFrom(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b));
  return {
    number,
    hits: (probability) => probability > 0 && number() < probability,
    between: (low, high) => low + (high - low) * number(),
    whole: (low, high) => low + Math.floor(number() * (high - low + 1)),
    pick: (from) => from[Math.floor(number() * from.length)],
    wait: (meanMs) => -Math.log(1 - number()) * meanMs,
    fork: () => chanceFrom(Math.floor(number() * 2 ** 32)),
  };
}
