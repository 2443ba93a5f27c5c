// When to ask a shard next. Pure: a busy shard is read back to back within the service's limits, a quiet one slows down to the
// poll interval, and readers of other applications get their share. It sends nothing and knows no clock.

/** The service's limits per shard. `none` is for emulators and the bench. */
export type ReadLimits = 'aws' | 'none';

export interface PaceState {
  /** Answers in a row that held no record. */
  readonly emptyAnswers: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Of the shard's limits, what this reader takes: the limits are for all applications that poll the shard together. In (0, 1]. */
  readonly share: number;
}

export interface PaceOptions {
  readonly pollIntervalMs: number;
  readonly limits: ReadLimits;
}

export const freshPace: PaceState = { emptyAnswers: 0, failures: 0, share: 1 };

/** AWS: 5 calls and 2 MB a second and shard. A bucket that holds one call, and bytes that are paid back before the next. */
const callIntervalMs = 200;
const bytesPerMs = 2_000_000 / 1_000;
const failureBaseMs = 200;
const failureMaxMs = 10_000;
const rowMax = 16;
/** Throttled: half of what it was. Answered: a little more. So readers that know nothing of each other come to even shares. */
const shareAfterThrottling = 0.5;
const shareGrowth = 0.02;
const shareMin = 0.1;

/**
 * What to wait, counted from the moment the last request was sent.
 * @param answer what the last answer held
 */
export function paceAfterAnswer(
  state: PaceState,
  answer: { readonly records: number; readonly bytes: number; readonly behindLatestMs: number },
  options: PaceOptions,
): { readonly state: PaceState; readonly waitMs: number } {
  const floorMs = options.limits === 'none' ? 0 : Math.max(callIntervalMs, answer.bytes / bytesPerMs) / state.share;
  const share = Math.min(1, state.share + shareGrowth);
  if (answer.records > 0 || answer.behindLatestMs > 0) return { state: { ...freshPace, share }, waitMs: floorMs };
  const emptyAnswers = Math.min(state.emptyAnswers + 1, rowMax);
  const quietMs = Math.min(options.pollIntervalMs, callIntervalMs * 2 ** (emptyAnswers - 1));
  return { state: { emptyAnswers, failures: 0, share }, waitMs: Math.max(floorMs, quietMs) };
}

/**
 * What to wait after a failure: doubling, with full jitter above half. After throttling, the smaller share is the pause: who waits
 * longer with every refusal is starved by those who do not.
 * @param failure `random` in [0, 1); `throttled`: the service said that the shard's limits are used up
 */
export function paceAfterFailure(
  state: PaceState,
  failure: { readonly random: number; readonly throttled: boolean },
): { readonly state: PaceState; readonly waitMs: number } {
  const failures = Math.min(state.failures + 1, rowMax);
  if (failure.throttled) {
    const share = Math.max(shareMin, state.share * shareAfterThrottling);
    return { state: { ...state, failures, share }, waitMs: (callIntervalMs / share) * (0.5 + failure.random) };
  }
  const ceilingMs = Math.min(failureMaxMs, failureBaseMs * 2 ** (failures - 1));
  return { state: { ...state, failures }, waitMs: ceilingMs * (0.5 + failure.random / 2) };
}
