// How often a member looks at the lease table, and how: the whole table, or its bell alone. Pure; what it costs is in
// bench/README.md. It knows no plan.

/** Up to this size a scan costs so little that every look is one. */
export const smallTableBytes = 32 * 1024;

const minTickMs = 1000;
const maxTickMs = 5000;
/** Ticks of a larger fleet are further apart; together they are as many. */
const tickPerWorkerMs = 250;
/** Between looks while no other live worker is in view: a newcomer shows as a request on our own rows. */
const aloneTickMs = 10_000;
const minScanMs = 10_000;
/** A crash is noticed no later than this after the lease duration, whatever the scans cost. */
const maxScanMs = 60_000;
/** Scans may read one unit for ten that the fleet's renewals write. */
const scanShare = 0.1;
/** What one unit of an eventually consistent read covers. */
const bytesPerReadUnit = 8 * 1024;

export interface Surroundings {
  readonly bytes: number;
  /** Leases that somebody renews or could. */
  readonly leases: number;
  /** Known workers, this one included. */
  readonly workers: number;
  /** Nothing is being taken or asked for. */
  readonly settled: boolean;
  readonly renewIntervalMs: number;
}

export interface Cadence {
  /** Until the next look. */
  readonly tickMs: number;
  /** Between scans. Equal to `tickMs` when every look is a scan; else the looks between only ask for the bell. */
  readonly scanMs: number;
}

export function cadence({ bytes, leases, workers, settled, renewIntervalMs }: Surroundings): Cadence {
  if (workers === 1 && settled) return { tickMs: aloneTickMs, scanMs: aloneTickMs };
  const tickMs = Math.min(maxTickMs, Math.max(minTickMs, workers * tickPerWorkerMs));
  if (bytes <= smallTableBytes) return { tickMs, scanMs: tickMs };
  const unitsPerScan = (workers * bytes) / bytesPerReadUnit;
  const unitsPerMs = (scanShare * Math.max(1, leases)) / renewIntervalMs;
  return { tickMs, scanMs: Math.min(maxScanMs, Math.max(minScanMs, unitsPerScan / unitsPerMs)) };
}
