// What tests give in place of a machine, where real time does.
import type { Timers } from '../../src/index.ts';

export const never = new AbortController().signal;

export const clock = { wallMs: () => Date.now() };

export const timers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export const machine = { clock, timers };
