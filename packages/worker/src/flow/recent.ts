// Remembers at most so many things, and forgets the one that was not asked for the longest. It knows none of them.

export interface Recent<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
}

/** @param mayForget what it refuses stays, so there may be more than `max` @param forgotten hears of each that goes */
export function createRecent<Key, Value>(
  max: number,
  { mayForget = () => true, forgotten = () => undefined }: { mayForget?(value: Value): boolean; forgotten?(value: Value): void } = {},
): Recent<Key, Value> {
  const known = new Map<Key, Value>();

  function forgetOne(): void {
    for (const [key, value] of known) {
      if (!mayForget(value)) continue;
      known.delete(key);
      forgotten(value);
      return;
    }
  }

  return {
    get(key) {
      const value = known.get(key);
      // While there is room nobody goes, and nobody's turn matters.
      if (value === undefined || known.size * 2 < max) return value;
      known.delete(key);
      known.set(key, value);
      return value;
    },
    set(key, value) {
      if (known.size >= max) forgetOne();
      known.set(key, value);
    },
  };
}
