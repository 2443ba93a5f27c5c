// AWS's limits of one shard: five calls and 2 MB a second, all readers together. Pure but for its own counts.

export interface ReadMeter {
  /** Why a call at this time is refused; undefined: it may be answered, and counts. */
  refuses(nowMs: number): string | undefined;
  /** The call was answered with so many bytes. */
  charge(bytes: number, nowMs: number): void;
}

const callMs = 200;
const bytesPerMs = (2 * 1024 * 1024) / 1000;
/** A second's worth of either may be used at once. */
const burstMs = 1_000;

export function createReadMeter(): ReadMeter {
  /** When all that was used is made up for. */
  let callsFreeMs = Number.NEGATIVE_INFINITY;
  let bytesFreeMs = Number.NEGATIVE_INFINITY;

  return {
    refuses(nowMs) {
      if (callsFreeMs + callMs > nowMs + burstMs) return 'more than 5 calls in a second';
      // What an answer holds is known only afterwards; what was too much is waited for before the next.
      if (bytesFreeMs > nowMs + burstMs) return 'more than 2 MB in a second';
      callsFreeMs = Math.max(callsFreeMs, nowMs) + callMs;
      return undefined;
    },
    charge(bytes, nowMs) {
      const neededMs = bytes / bytesPerMs;
      // After an answer of 10 MB nothing is given for 5 s, as AWS says: what may be used at once does not shorten that.
      bytesFreeMs = Math.max(bytesFreeMs, neededMs > burstMs ? nowMs + burstMs : nowMs) + neededMs;
    },
  };
}
