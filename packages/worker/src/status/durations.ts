// How long the statements of the last minute took. Pure: the time is told. It knows not what took so long.

const rememberedMs = 60_000;
const rememberedMax = 512;

export interface Durations {
  add(durationMs: number, nowMs: number): void;
  /** Of the last minute's, at most 512; undefined: there were none. */
  view(nowMs: number): { readonly count: number; readonly p50Ms: number; readonly p99Ms: number } | undefined;
}

export function createDurations(): Durations {
  const taken: { readonly durationMs: number; readonly atMs: number }[] = [];
  return {
    add(durationMs, atMs) {
      taken.push({ durationMs, atMs });
      if (taken.length > rememberedMax) taken.shift();
    },
    view(nowMs) {
      const sorted = taken
        .filter(({ atMs }) => nowMs - atMs <= rememberedMs)
        .map(({ durationMs }) => durationMs)
        .sort((a, b) => a - b);
      const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1];
      const [p50Ms, p99Ms] = [rank(0.5), rank(0.99)];
      return p50Ms === undefined || p99Ms === undefined ? undefined : { count: sorted.length, p50Ms, p99Ms };
    },
  };
}
