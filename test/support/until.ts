// Waits for something to become true, and says what it last saw when it does not. It knows no test.
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 50;

/** Resolves with the first answer that is neither undefined nor false. A throwing check counts as "not yet". */
export async function until<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>, timeoutMs = 120_000): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      last = await check();
      if (last !== undefined && last !== false) return last as T;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadlineMs) throw new Error(`Waited ${timeoutMs} ms for ${what}; last seen: ${String(last)}`);
    await sleep(pollMs);
  }
}
