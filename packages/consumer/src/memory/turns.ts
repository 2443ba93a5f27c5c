// One large piece of work a turn of the event loop: answers that arrive together are not parsed together, and timers and probes come
// in between. It knows no work.
import type { Timers } from '@shardfold/lease';

/** Each call resolves in a turn of its own, first come, first served. */
export function createTurns({ after }: Timers): () => Promise<void> {
  const waiting: (() => void)[] = [];
  let isSet = false;

  function set(): void {
    isSet = waiting.length > 0;
    if (isSet) after(0, next);
  }

  function next(): void {
    waiting.shift()?.();
    set();
  }

  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (!isSet) set();
    });
}
