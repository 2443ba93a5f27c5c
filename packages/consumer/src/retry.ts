// How long to wait before something that failed is tried again. Pure: doubling with jitter, for ever.

const baseMs = 200;
const maxMs = 30_000;

/** @param attempt 1 after the first failure  @param random in [0, 1) */
export function retryDelayMs(attempt: number, random: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 16)) * (0.5 + random / 2);
}
