// Does something with the environment again and again until it works: backoff with jitter, said through events. It decides
// nothing about rows.
import type { Machine } from '@shardfold/consumer';
import type { Ask, FlowEvent } from '../observe/events.ts';

const baseMs = 100;
const maxMs = 15_000;

/** Thrown by what is insisted on when nobody waits for it any more. It says nothing about the environment. */
export class Forsaken extends Error {}

export interface Patience {
  /** Runs until it resolves; rejects with the signal's reason, or with `Forsaken`. `table`: the only one that it concerns. */
  insist<T>(run: (signal: AbortSignal) => Promise<T>, signal: AbortSignal, table?: string): Promise<T>;
}

/** `sink`: a name in the configuration, or empty for the place of the dead letters. */
export function createPatience(parts: { readonly sink: string; readonly machine: Machine; onEvent(event: FlowEvent): void }): Patience {
  const { sink, machine, onEvent } = parts;
  let asks = 0;

  async function untilItWorks<T>(asked: Ask, run: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    let firstFailureMs: number | undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        signal.throwIfAborted();
        onEvent({ kind: 'ask-begun', ...asked });
        const result = await run(signal);
        if (firstFailureMs !== undefined) onEvent({ kind: 'sink-recovered', ...asked });
        return result;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof Forsaken) throw error;
        const nowMs = machine.clock.monotonicMs();
        firstFailureMs ??= nowMs;
        onEvent({ kind: 'sink-waiting', ...asked, error, sinceMs: nowMs - firstFailureMs, attempt });
        const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 16));
        await machine.timers.sleep(ceilingMs * (0.5 + machine.random.number() / 2), signal);
      }
    }
  }

  return {
    async insist(run, signal, table) {
      asks += 1;
      const asked = { sink, ask: asks, ...(table === undefined ? {} : { table }) };
      try {
        return await untilItWorks(asked, run, signal);
      } finally {
        onEvent({ kind: 'ask-over', ...asked });
      }
    },
  };
}
