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
  const word = () => below(4_294_967_296).toString(16).padStart(8, '0');
  return {
    number,
    below,
    chance: (probability) => number() < probability,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    digits(count) {
      let text = String(1 + below(9));
      while (text.length < count) text += String(below(10));
      return text;
    },
    uuid() {
      const hex = word() + word() + word() + word();
      const variant = '89ab'.charAt(below(4));
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
}
