// Time that passes only when a test says so, shared by as many machines as the test has workers; each has a clock that may be
// wrong, and can be frozen, as a paused or crashed process is. It knows nothing of leases.
import type { Machine } from '../time.ts';
import { createEventHeap, type HeapEvent } from './event-heap.ts';

/** How a machine's clock differs from the true time. */
export interface VirtualClock {
  /** What its monotonic clock shows at the start. */
  readonly offsetMs?: number;
  /** Milliseconds it counts in one true millisecond: 1.001 runs fast. */
  readonly rate?: number;
  /** What its wall clock shows at the start. */
  readonly wallMs?: number;
}

export interface VirtualMachine extends Machine {
  /** Its timers stop firing and nothing reaches it; its clock runs on. A machine that never thaws has crashed. */
  freeze(): void;
  /** As `freeze`, but its clock stands still too: a virtual machine that was suspended. */
  suspend(): void;
  /** Everything that fell due fires at once, in order. */
  thaw(): void;
  isFrozen(): boolean;
  /** True time of the last thaw; 0 if there was none. */
  thawedMs(): number;
  /** Something reaches the machine from outside, after so much true time; while it is frozen, it waits. */
  deliver(afterMs: number, run: () => void): void;
  /** Sets the wall clock forward, or back. */
  jumpWall(byMs: number): void;
  /** Timers that are armed. */
  armed(): number;
}

export interface VirtualTime {
  nowMs(): number;
  /** `seed` decides the machine's random numbers and ids. */
  machine(seed: number, clock?: VirtualClock): VirtualMachine;
  /** Something happens outside of all machines. `still`: no promise goes on because of it, which saves a turn. */
  after(delayMs: number, run: () => void, still?: boolean): void;
  /** Lets time pass, event by event, with everything that follows from each. */
  advance(forMs: number): Promise<void>;
  /** How many events there have been. */
  events(): number;
}

interface VirtualEvent extends HeapEvent {
  readonly run: () => void;
  readonly on: Host | undefined;
  /** Armed by the machine itself, so that it moves with the machine's clock. */
  readonly timer: boolean;
  readonly still: boolean;
}

/** What the queue must know of a machine. */
interface Host {
  state: 'runs' | 'frozen' | 'suspended';
  sinceMs: number;
  /** Fell due, or stands still, while the machine does not run. */
  parked: VirtualEvent[];
  armed: number;
  thawedMs: number;
  /** True time during which its clock stood still. */
  stoodMs: number;
}

/** The generator mulberry32: small, and the same everywhere. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const idDigits = 32;

/** Sleeping, out of a timer. */
function sleepWith(after: (delayMs: number, run: () => void) => () => void): Machine['timers']['sleep'] {
  return (delayMs, signal) =>
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
}

/**
 * `turn` resolves after a turn of the real event loop, when every promise that could go on has: in a test,
 * `() => new Promise((resolve) => setImmediate(resolve))`.
 */
export function createVirtualTime(turn: () => Promise<void>): VirtualTime {
  const heap = createEventHeap<VirtualEvent>();
  let nowMs = 0;
  let order = 0;
  let events = 0;

  function add(afterMs: number, run: () => void, about: { readonly on?: Host; readonly timer?: boolean; readonly still?: boolean }): VirtualEvent {
    const { on, timer = false, still = false } = about;
    const event: VirtualEvent = { dueMs: nowMs + Math.max(0, afterMs), order: order++, state: 'apart', run, on, timer, still };
    heap.push(event);
    return event;
  }

  function stop(on: Host, state: 'frozen' | 'suspended'): void {
    if (on.state !== 'runs') return;
    on.state = state;
    on.sinceMs = nowMs;
    if (state === 'suspended') on.parked.push(...heap.extract((event) => event.on === on && event.timer));
  }

  function thaw(on: Host): void {
    if (on.state === 'runs') return;
    const stoodMs = on.state === 'suspended' ? nowMs - on.sinceMs : 0;
    const parked = on.parked;
    Object.assign(on, { state: 'runs', parked: [], thawedMs: nowMs, stoodMs: on.stoodMs + stoodMs });
    for (const event of parked) {
      if (event.timer) event.dueMs += stoodMs;
      if (event.state !== 'cancelled') heap.push(event);
    }
  }

  function machine(seed: number, { offsetMs = 0, rate = 1, wallMs = 0 }: VirtualClock = {}): VirtualMachine {
    const number = numbersFrom(seed);
    const on: Host = { state: 'runs', sinceMs: 0, parked: [], armed: 0, thawedMs: 0, stoodMs: 0 };
    const startedMs = nowMs;
    let jumpedMs = 0;
    const elapsedMs = (): number => ((on.state === 'suspended' ? on.sinceMs : nowMs) - startedMs - on.stoodMs) * rate;
    const after = (delayMs: number, run: () => void): (() => void) => {
      let armed = true;
      on.armed += 1;
      const disarm = (): void => {
        if (armed) on.armed -= 1;
        armed = false;
      };
      const fire = (): void => {
        disarm();
        run();
      };
      const event = add(delayMs / rate, fire, { on, timer: true });
      return () => {
        disarm();
        heap.cancel(event);
      };
    };
    return {
      clock: { monotonicMs: () => offsetMs + elapsedMs(), wallMs: () => wallMs + jumpedMs + elapsedMs() },
      timers: { after, sleep: sleepWith(after) },
      random: { number, id: () => Array.from({ length: idDigits }, () => Math.floor(number() * 16).toString(16)).join('') },
      freeze: () => stop(on, 'frozen'),
      suspend: () => stop(on, 'suspended'),
      thaw: () => thaw(on),
      isFrozen: () => on.state !== 'runs',
      thawedMs: () => on.thawedMs,
      deliver: (afterMs, run) => void add(afterMs, run, { on }),
      jumpWall(byMs) {
        jumpedMs += byMs;
      },
      armed: () => on.armed,
    };
  }

  async function advance(forMs: number): Promise<void> {
    const untilMs = nowMs + forMs;
    await turn();
    for (let event = heap.popDue(untilMs); event !== undefined; event = heap.popDue(untilMs)) {
      if (event.on !== undefined && event.on.state !== 'runs') {
        event.on.parked.push(event);
        continue;
      }
      nowMs = Math.max(nowMs, event.dueMs);
      events += 1;
      event.run();
      if (!event.still) await turn();
    }
    nowMs = untilMs;
  }

  return { nowMs: () => nowMs, machine, after: (delayMs, run, still = false) => void add(delayMs, run, { still }), advance, events: () => events };
}
