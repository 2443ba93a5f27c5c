// Chance that can be repeated: the same seed gives the same numbers on every machine.

export interface SeededRandom {
  /** In [0, 1). */
  number(): number;
  /** A whole number in [0, below). */
  below(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
  /** Decimal digits, the first of them not 0. */
  digits(count: number): string;
  /** A version 4 UUID. */
  uuid(): string;
}

/** mulberry32: small, fast, and good enough for test data. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const number = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(number() * limit);
  const hex = (count: number) => Array.from({ length: count }, () => below(16).toString(16)).join('');
  return {
    number,
    below,
    chance: (probability) => number() < probability,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    digits: (count) => Array.from({ length: count }, (_, index) => (index === 0 ? 1 + below(9) : below(10))).join(''),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'.charAt(below(4))}${hex(3)}-${hex(12)}`,
  };
}
