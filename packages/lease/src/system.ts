// The one place of this package that touches the machine's clock, timers and randomness. It holds no policy.
import { randomBytes } from 'node:crypto';
import type { Machine } from './time.ts';

/** The machine as it is. */
export const systemMachine: Machine = {
  clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
  timers: {
    after(delayMs, run) {
      if (delayMs <= 0) {
        // A timer of no time at all would take a millisecond.
        const turn = setImmediate(run);
        return () => clearImmediate(turn);
      }
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    sleep(delayMs, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const aborted = () => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener('abort', aborted);
          resolve();
        }, delayMs);
        signal?.addEventListener('abort', aborted, { once: true });
      });
    },
  },
  random: { number: () => Math.random(), id: () => randomBytes(16).toString('hex') },
};
