// At most so many batches of a shard above its watermark. It knows no batch.

export interface InFlight {
  /** Waits for a free place; false when the signal came first. */
  slot(signal: AbortSignal): Promise<boolean>;
  /**
   * Takes the place until this work and all that was begun before it have settled: what is done early still has to be remembered.
   * The work must not reject.
   */
  run(work: Promise<void>): void;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

export function createInFlight(max: number): InFlight {
  const line: { done: boolean; readonly settled: Promise<void> }[] = [];

  return {
    async slot(signal) {
      const first = line[0];
      if (first !== undefined && line.length >= max && !signal.aborted) {
        const stopped = Promise.withResolvers<void>();
        const onAbort = () => stopped.resolve();
        signal.addEventListener('abort', onAbort, { once: true });
        await Promise.race([stopped.promise, first.settled]);
        signal.removeEventListener('abort', onAbort);
      }
      return !signal.aborted;
    },
    run(work) {
      const place = {
        done: false,
        settled: work.finally(() => {
          place.done = true;
          while (line[0]?.done === true) line.shift();
        }),
      };
      line.push(place);
    },
    async idle() {
      while (line.length > 0) await Promise.all(line.map(({ settled }) => settled));
    },
  };
}
