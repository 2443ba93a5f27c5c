// How often a member looks at the lease table, and how much of it it reads then. Pure; what it costs is in bench/README.md. It
// knows no plan.

/** Up to this size all of it is read every few seconds. */
export const smallTableBytes = 32 * 1024;

const minLookMs = 1000;
const maxLookMs = 5000;
/** In a larger fleet each reads a small table less often; together they read it as often. */
const wholePerWorkerMs = 250;
/** Between looks while no other live worker is in view: a newcomer shows as a request on our own rows. */
const aloneLookMs = 10_000;
/** Between the readings of a member's own part of a large table: so long a crash may stay unseen. */
const partMs = 10_000;
/** Between the readings of all of it. */
const minWholeMs = 60_000;
const maxWholeMs = 600_000;
/** Reading the whole table may take one unit for ten that the fleet's renewals write. */
const wholeShare = 0.1;
/** ... and as much while leases change hands and what is known grows old fast. */
const unsettledShare = 1;
/** ... and for a moment ten times as much: a stop of many is over soon. */
const hurryShare = 10;
/** Asking for the bell may take six units for ten that are written, which is an eighth of their price. */
const bellShare = 0.6;
/** What one unit of an eventually consistent read covers. */
const bytesPerReadUnit = 8 * 1024;

export interface Surroundings {
  readonly bytes: number;
  /** Leases that somebody renews or could. */
  readonly leases: number;
  /** Known workers, this one included. */
  readonly workers: number;
  /** Nothing is free, being taken or asked for. */
  readonly settled: boolean;
  readonly renewIntervalMs: number;
}

/** With `wholeMs` no longer than `lookMs` every look reads the whole table; else the looks between ask for the bell alone. */
export interface Cadence {
  /** Until the next look. */
  readonly lookMs: number;
  /** Between the readings of this member's part of the table. */
  readonly partMs: number;
  /** Between the readings of the whole table. */
  readonly wholeMs: number;
  /** Between them when there is a reason, such as a stop of many. */
  readonly hurryMs: number;
}

function within(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

export function cadence({ bytes, leases, workers, settled, renewIntervalMs }: Surroundings): Cadence {
  if (workers === 1 && settled) return { lookMs: aloneLookMs, partMs: aloneLookMs, wholeMs: aloneLookMs, hurryMs: minLookMs };
  const writtenPerMs = Math.max(1, leases) / renewIntervalMs;
  const bellUnits = workers / 2;
  const wholeUnits = (workers * Math.max(bytes, bytesPerReadUnit / 2)) / bytesPerReadUnit;
  const lookMs = within(minLookMs, bellUnits / (bellShare * writtenPerMs), maxLookMs);
  if (bytes <= smallTableBytes) {
    const always = within(minLookMs, workers * wholePerWorkerMs, maxLookMs);
    // Where the bell is heard often, the rest of the table may be read less so.
    const wholeMs = lookMs < always ? within(always, wholeUnits / (bellShare * writtenPerMs), partMs) : always;
    return { lookMs: Math.min(lookMs, wholeMs), partMs: wholeMs, wholeMs, hurryMs: minLookMs };
  }
  const share = settled ? wholeShare : unsettledShare;
  const hurryMs = within(minLookMs, wholeUnits / (hurryShare * writtenPerMs), partMs);
  return { lookMs, partMs, hurryMs, wholeMs: within(settled ? minWholeMs : partMs, wholeUnits / (share * writtenPerMs), settled ? maxWholeMs : minWholeMs) };
}
