// Time that passes only when a test says so, shared by as many machines as the test has workers; each can be frozen, as a
// paused or crashed process is. It knows nothing of leases.
import type { Machine } from '../time.ts';

export interface VirtualMachine extends Machine {
  /** Its timers stop firing, its clock runs on. A machine that never thaws has crashed. */
  freeze(): void;
  /** Everything that fell due fires at once, in order. */
  thaw(): void;
}

export interface VirtualTime {
  nowMs(): number;
  /** `seed` decides the machine's random numbers and ids. */
  machine(seed: number): VirtualMachine;
  /** Lets time pass, timer by timer, with everything that follows from each. */
  advance(forMs: number): Promise<void>;
}

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly frozen: () => boolean;
}

/** The generator mulberry32: small, and the same everywhere. */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * `turn` resolves after a turn of the real event loop, when every promise that could go on has: in a test,
 * `() => new Promise((resolve) => setImmediate(resolve))`.
 */
export function createVirtualTime(turn: () => Promise<void>): VirtualTime {
  const timers = new Set<Timer>();
  let nowMs = 0;
  let order = 0;

  function nextTimer(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs > untilMs || timer.frozen()) continue;
      if (next === undefined || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order)) next = timer;
    }
    return next;
  }

  function machine(seed: number): VirtualMachine {
    const number = numbersFrom(seed);
    let isFrozen = false;
    const after = (delayMs: number, run: () => void): (() => void) => {
      const timer: Timer = { dueMs: nowMs + Math.max(0, delayMs), order: order++, run, frozen: () => isFrozen };
      timers.add(timer);
      return () => void timers.delete(timer);
    };
    const sleep = (delayMs: number, signal?: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const aborted = (): void => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = after(delayMs, () => {
          signal?.removeEventListener('abort', aborted);
          resolve();
        });
        signal?.addEventListener('abort', aborted, { once: true });
      });
    const id = (): string => Array.from({ length: 32 }, () => Math.floor(number() * 16).toString(16)).join('');
    return {
      clock: { monotonicMs: () => nowMs, wallMs: () => nowMs },
      timers: { after, sleep },
      random: { number, id },
      freeze() {
        isFrozen = true;
      },
      thaw() {
        isFrozen = false;
      },
    };
  }

  async function advance(forMs: number): Promise<void> {
    const untilMs = nowMs + forMs;
    await turn();
    for (let timer = nextTimer(untilMs); timer !== undefined; timer = nextTimer(untilMs)) {
      timers.delete(timer);
      nowMs = Math.max(nowMs, timer.dueMs);
      timer.run();
      await turn();
    }
    nowMs = untilMs;
  }

  return { nowMs: () => nowMs, machine, advance };
}
