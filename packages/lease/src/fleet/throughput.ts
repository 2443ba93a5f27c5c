// Smooths the bytes a reader reports into a rate that a row can carry. It knows no row and no clock.

export interface Throughput {
  readonly kbps: number | undefined;
  readonly bytes: number;
  readonly sinceMs: number;
}

/** The smoothed rate forgets two thirds of what was within this time. */
const memoryMs = 30_000;
const bytesPerKB = 1024;

export function startThroughput(nowMs: number): Throughput {
  return { kbps: undefined, bytes: 0, sinceMs: nowMs };
}

export function addBytes(before: Throughput, bytes: number): Throughput {
  return { ...before, bytes: before.bytes + bytes, kbps: before.kbps ?? 0 };
}

/** The rate at `nowMs`, weighted by how long was measured; undefined while nobody has ever reported. */
export function measure(before: Throughput, nowMs: number): Throughput {
  const elapsedMs = nowMs - before.sinceMs;
  if (before.kbps === undefined || elapsedMs <= 0) return before;
  const rate = before.bytes / bytesPerKB / (elapsedMs / 1000);
  const weight = 1 - Math.exp(-elapsedMs / memoryMs);
  return { kbps: Math.round((before.kbps + (rate - before.kbps) * weight) * 1e6) / 1e6, bytes: 0, sinceMs: nowMs };
}
