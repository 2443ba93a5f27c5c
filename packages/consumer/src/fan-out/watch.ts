// Sees that a subscription moves: the service sends, and what it sends is taken. It opens and closes nothing itself.
import type { Machine } from '@shardfold/lease';

export interface SilenceLimits {
  /** Nothing came for so long: the service sends at least an empty event every few seconds. */
  readonly stallMs: number;
  /** Nothing was taken for so long. */
  readonly heldMs: number;
}

export interface Watch {
  /** Something came. */
  heard(): void;
  /** From now on nothing is taken: there is no room for it, or nobody asks. */
  hold(): void;
  /** Something is taken again. */
  resume(): void;
  stop(): void;
}

/** `over` is called once, at the first limit that is passed. */
export function startWatch({ clock, timers }: Machine, limits: SilenceLimits, over: (why: 'stalled' | 'held') => void): Watch {
  let why: 'stalled' | 'held' = 'stalled';
  let sinceMs = clock.monotonicMs();
  let cancel = (): void => undefined;
  let running = true;

  /** One timer at a time, which looks when it fires: arming one with every piece of data would cost more than it is worth. */
  function arm(afterMs: number): void {
    cancel = timers.after(afterMs, () => {
      const leftMs = sinceMs + (why === 'held' ? limits.heldMs : limits.stallMs) - clock.monotonicMs();
      if (leftMs > 0) return arm(leftMs);
      running = false;
      over(why);
    });
  }

  function turn(to: 'stalled' | 'held'): void {
    if (!running) return;
    why = to;
    sinceMs = clock.monotonicMs();
    cancel();
    arm(to === 'held' ? limits.heldMs : limits.stallMs);
  }

  arm(limits.stallMs);
  return {
    heard() {
      if (why === 'stalled') sinceMs = clock.monotonicMs();
    },
    hold: () => turn('held'),
    resume: () => turn('stalled'),
    stop() {
      running = false;
      cancel();
    },
  };
}
