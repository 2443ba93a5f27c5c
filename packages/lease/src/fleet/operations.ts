// Carries out one conditional write: says what came of it, and repeats it while nobody answers. It knows neither leases'
// meaning nor who asks.
import { LeaseError } from '../errors.ts';
import type { Machine } from '../time.ts';
import type { Identity, LeaseEvent, LeaseStore, LeaseTimes, Written } from '../types.ts';

/** What every act of a fleet member needs. */
export interface FleetTools {
  readonly store: LeaseStore;
  readonly identity: Identity;
  readonly machine: Machine;
  readonly times: LeaseTimes;
  /** What the rows of a stream say of it (`sfSource`), by `account:stream:epoch`; known once the member has joined. */
  readonly sources: ReadonlyMap<string | undefined, string>;
  readonly onEvent: (event: LeaseEvent) => void;
}

export function isRetryable(error: unknown): error is LeaseError {
  return error instanceof LeaseError && error.retryable;
}

export function isRowBroken(error: unknown): error is LeaseError {
  return error instanceof LeaseError && error.code === 'ROW_BROKEN';
}

const firstDelayMs = 100;

/** Doubles from 100 ms up to `maxDelayMs`, less up to half of it by chance. `attempt` counts from 0. */
export function retryDelayMs(attempt: number, maxDelayMs: number, random: number): number {
  return Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempt, 20)) * (1 - random / 2);
}

/** Sends a write once and reports its outcome. */
export async function sendOnce(tools: FleetTools, operation: string, key: string, send: () => Promise<Written>): Promise<Written> {
  try {
    const written = await send();
    tools.onEvent({ kind: 'lease-operation', operation, outcome: written.outcome, key });
    return written;
  } catch (error) {
    tools.onEvent({ kind: 'lease-operation', operation, outcome: 'failed', key });
    throw error;
  }
}

const maxWriteDelayMs = 1000;

/**
 * Sends the same write again while the answer stays out, until `deadlineMs` on the monotonic clock. Throws the last failure
 * then, a failure that is not retryable at once, and the signal's reason when it aborts.
 */
export async function sendUntilAnswered(
  tools: FleetTools,
  write: { readonly operation: string; readonly key: string; readonly deadlineMs: number; readonly signal: AbortSignal },
  send: () => Promise<Written>,
): Promise<Written> {
  const { clock, timers, random } = tools.machine;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await sendOnce(tools, write.operation, write.key, send);
    } catch (error) {
      write.signal.throwIfAborted();
      if (!isRetryable(error)) throw error;
      const leftMs = write.deadlineMs - clock.monotonicMs();
      await timers.sleep(Math.max(0, Math.min(leftMs, retryDelayMs(attempt, maxWriteDelayMs, random.number()))), write.signal);
      if (clock.monotonicMs() >= write.deadlineMs) throw error;
    }
  }
}

/** Undefined: the row cannot be read, which whoever reads the table says. */
export async function unlessBroken<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isRowBroken(error)) return undefined;
    throw error;
  }
}
