// At most so many batches of a shard at once. It knows no batch.

export interface InFlight {
  /** Waits for a free place; false when the signal came first. */
  slot(signal: AbortSignal): Promise<boolean>;
  /** Takes the place until the work settles. The work must not reject. */
  run(work: Promise<void>): void;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

export function createInFlight(max: number): InFlight {
  const running = new Set<Promise<void>>();

  return {
    async slot(signal) {
      if (running.size >= max && !signal.aborted) {
        let aborted: (() => void) | undefined;
        const stopped = new Promise<void>((resolve) => {
          aborted = resolve;
          signal.addEventListener('abort', resolve as () => void, { once: true });
        });
        await Promise.race([stopped, ...running]);
        if (aborted !== undefined) signal.removeEventListener('abort', aborted);
      }
      return !signal.aborted;
    },
    run(work) {
      const tracked = work.finally(() => running.delete(tracked));
      running.add(tracked);
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
