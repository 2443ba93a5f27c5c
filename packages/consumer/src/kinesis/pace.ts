// When to ask a shard next. Pure: a busy shard is read back to back within the service's limits, a quiet one slows down to
// the poll interval. It sends nothing and knows no clock.

/** The service's limits per shard. `none` is for emulators and the bench. */
export type ReadLimits = 'aws' | 'none';

export interface PaceState {
  /** Answers in a row that held no record. */
  readonly emptyAnswers: number;
  /** Failures in a row. */
  readonly failures: number;
}

export interface PaceOptions {
  readonly pollIntervalMs: number;
  readonly limits: ReadLimits;
}

export const freshPace: PaceState = { emptyAnswers: 0, failures: 0 };

/** AWS: 5 GetRecords and 2 MB a second and shard. */
const callIntervalMs = 200;
const bytesPerMs = 2_000_000 / 1_000;
const failureBaseMs = 200;
const failureMaxMs = 10_000;

/**
 * What to wait, counted from the moment the last request was sent.
 * @param answer what the last answer held
 */
export function paceAfterAnswer(
  state: PaceState,
  answer: { readonly records: number; readonly bytes: number; readonly behindLatestMs: number },
  options: PaceOptions,
): { readonly state: PaceState; readonly waitMs: number } {
  const floorMs = options.limits === 'none' ? 0 : Math.max(callIntervalMs, answer.bytes / bytesPerMs);
  if (answer.records > 0 || answer.behindLatestMs > 0) return { state: freshPace, waitMs: floorMs };
  const emptyAnswers = Math.min(state.emptyAnswers + 1, 16);
  const quietMs = Math.min(options.pollIntervalMs, callIntervalMs * 2 ** (emptyAnswers - 1));
  return { state: { emptyAnswers, failures: 0 }, waitMs: Math.max(floorMs, quietMs) };
}

/** What to wait after a failure: doubling, with full jitter above half. `random` is in [0, 1). */
export function paceAfterFailure(state: PaceState, random: number): { readonly state: PaceState; readonly waitMs: number } {
  const failures = Math.min(state.failures + 1, 16);
  const ceilingMs = Math.min(failureMaxMs, failureBaseMs * 2 ** (failures - 1));
  return { state: { emptyAnswers: state.emptyAnswers, failures }, waitMs: ceilingMs * (0.5 + random / 2) };
}
