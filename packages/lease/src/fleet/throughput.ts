// Smooths the bytes a reader reports into a rate that a row can carry. It knows no row and no clock.

export interface Throughput {
  /** Undefined: nobody has measured yet. */
  readonly kbps: number | undefined;
  /** Since `sinceMs`; undefined: this reader has reported nothing so far. */
  readonly bytes: number | undefined;
  readonly sinceMs: number;
}

/** The smoothed rate forgets two thirds of what was within this time. */
const memoryMs = 30_000;
const bytesPerKB = 1024;

/** `kbps`: what the holder before measured. Without it a lease that just moved would look light, and draw others after it. */
export function startThroughput(nowMs: number, kbps?: number): Throughput {
  return { kbps, bytes: undefined, sinceMs: nowMs };
}

export function addBytes(before: Throughput, bytes: number): Throughput {
  return { ...before, bytes: (before.bytes ?? 0) + bytes };
}

/** The rate at `nowMs`, weighted by how long was measured. While this reader has reported nothing, it stays as it was. */
export function measure(before: Throughput, nowMs: number): Throughput {
  const elapsedMs = nowMs - before.sinceMs;
  if (before.bytes === undefined || elapsedMs <= 0) return before;
  const rate = before.bytes / bytesPerKB / (elapsedMs / 1000);
  const known = before.kbps ?? rate;
  const weight = 1 - Math.exp(-elapsedMs / memoryMs);
  return { kbps: Math.round((known + (rate - known) * weight) * 1e6) / 1e6, bytes: 0, sinceMs: nowMs };
}
