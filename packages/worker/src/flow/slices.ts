// Goes through many things a little at a time: after a share of a turn of the event loop, probes, renewals and signals come first. It
// knows no thing.
import type { Machine } from '@shardfold/consumer';

/** What all of it may take of one turn; a single thing that takes longer is not cut. */
const shareMs = 10;

/** Runs each in order, and begins nothing before what came earlier is through. Resolves with false when it was given up on the way. */
export type Slices = <Each>(all: Iterable<Each>, run: (each: Each) => void, isGivenUp: () => boolean) => Promise<boolean>;

/** Those who wait for the next turn go on in the order in which they came, and the first uses it up: nobody overtakes. */
export function createSlices({ clock, timers }: Pick<Machine, 'clock' | 'timers'>): Slices {
  /** When the share of this turn is used up; undefined: nobody has begun with it. */
  let endsMs: number | undefined;
  let next = Promise.withResolvers<void>();

  function turn(): void {
    endsMs = undefined;
    next.resolve();
    next = Promise.withResolvers();
  }

  function isUsedUp(): boolean {
    const nowMs = clock.monotonicMs();
    if (endsMs === undefined) {
      endsMs = nowMs + shareMs;
      timers.after(0, turn);
    }
    return nowMs >= endsMs;
  }

  return async (all, run, isGivenUp) => {
    for (const each of all) {
      while (isUsedUp()) await next.promise;
      if (isGivenUp()) return false;
      run(each);
    }
    return !isGivenUp();
  };
}
