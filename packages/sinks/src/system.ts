// The machine's own clock and timers, for whoever has none of his own to give. The one place of this package that asks for them.
import type { Clock, Timers } from './ports.ts';

export const systemMachine: { readonly clock: Clock; readonly timers: Timers } = {
  clock: { wallMs: () => Date.now() },
  timers: {
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  },
};
