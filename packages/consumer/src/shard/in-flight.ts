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
        const stopped = Promise.withResolvers<void>();
        const onAbort = () => stopped.resolve();
        signal.addEventListener('abort', onAbort, { once: true });
        await Promise.race([stopped.promise, ...running]);
        signal.removeEventListener('abort', onAbort);
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
