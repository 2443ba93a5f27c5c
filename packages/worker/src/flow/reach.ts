// Opens what has to be there before anything is read: waits for what is down, and ends with what refuses for good. It knows no sink by
// name or kind.
import type { Machine } from '@shardfold/consumer';
import { SinkError } from '@shardfold/sinks';
import type { FlowEvent } from '../observe/events.ts';
import type { Patience } from './patience.ts';

export interface Reachable {
  readonly patience: Patience;
  open(signal: AbortSignal): Promise<void>;
}

/** Resolves once it is open. Rejects with the signal's reason, or with the `SinkError` that no waiting mends. */
export async function reach({ open, patience }: Reachable, signal: AbortSignal): Promise<void> {
  let refused: SinkError | undefined;
  await patience.insist(async (attempt) => {
    try {
      await open(attempt);
    } catch (error) {
      if (!(error instanceof SinkError) || error.retryable) throw error;
      refused = error;
    }
  }, signal);
  if (refused !== undefined) throw refused;
}

/** The same opening. Each that fails is told as a write that failed: a sink that was never there would otherwise be missed by nobody. */
export function toldOpening(
  sink: string,
  open: Reachable['open'],
  { machine: { clock }, onEvent }: { readonly machine: Pick<Machine, 'clock'>; onEvent(event: FlowEvent): void },
): Reachable['open'] {
  return async (signal) => {
    const startedMs = clock.monotonicMs();
    try {
      await open(signal);
    } catch (error) {
      // A stop that was asked for is no failure.
      if (!signal.aborted) onEvent({ kind: 'sink-write', sink, outcome: 'failed', durationMs: clock.monotonicMs() - startedMs, rows: 0 });
      throw error;
    }
  };
}
