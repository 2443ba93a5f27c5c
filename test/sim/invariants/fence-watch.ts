// Invariant 8: a worker past its own fence writes nothing and reads on nowhere, and no two of ours hold one lease at the same
// true instant while their clocks run within the inequality. Pauses are excused where the specification excuses them.
import type { VirtualMachine } from '@shardfold/lease/testing';
import type { Actor, Fail } from './watch.ts';

/** One incarnation of a worker, as this invariant needs it. */
export interface Holder extends Actor {
  readonly incarnation: string;
  readonly machine: VirtualMachine;
  /** True time at which its clock last stood still; such a clock knows nothing of what it missed. */
  suspendedMs: number;
}

export interface FenceWatch {
  /** A write of this worker's that moves the counter landed: whoever looks has to wait a whole duration from now. */
  landed(holder: Holder, key: string): void;
  javaLanded(key: string): void;
  /** It has heard of its last write that landed. */
  heard(holder: Holder, key: string): void;
  /** It starts a write that only the holder may. */
  sending(holder: Holder, key: string, operation: string): void;
  /** Its reader goes on. */
  reading(holder: Holder, key: string): void;
  began(holder: Holder, key: string): void;
  left(holder: Holder, key: string): void;
  /** A crashed one holds nothing. */
  gone(holder: Holder): void;
}

interface Claim {
  readonly landedMs: number;
  /** By the worker's own clock. */
  readonly localMs: number;
}

/** Writes after which nothing is read. */
export const givesUp: ReadonlySet<string> = new Set(['transfer', 'release', 'finish']);

/** Clock readings are sums of fractions. */
const roundingMs = 0.001;

export function createFenceWatch(fenceMs: number, nowMs: () => number, fail: Fail): FenceWatch {
  const landed = new Map<Holder, Map<string, Claim>>();
  const heard = new Map<Holder, Map<string, Claim>>();
  const believers = new Map<string, Set<Holder>>();
  const javaTouched = new Map<string, number>();

  function note(claims: Map<Holder, Map<string, Claim>>, holder: Holder, key: string, claim: Claim): void {
    const known = claims.get(holder);
    if (known === undefined) claims.set(holder, new Map([[key, claim]]));
    else known.set(key, claim);
  }

  /** By its own clock, the last write it knows of is older than its fence. */
  function isFenced(holder: Holder, key: string): boolean {
    const claim = heard.get(holder)?.get(key);
    return claim === undefined || holder.machine.clock.monotonicMs() >= claim.localMs + fenceMs + roundingMs;
  }

  /** It cannot know better: it stands still, has just woken, its clock stood, or a Java worker took the row, which fences nobody. */
  function excused(holder: Holder, key: string): boolean {
    const sinceMs = landed.get(holder)?.get(key)?.landedMs ?? 0;
    const { machine } = holder;
    return machine.isFrozen() || machine.thawedMs() === nowMs() || holder.suspendedMs >= sinceMs || (javaTouched.get(key) ?? -1) >= sinceMs;
  }

  /** In the middle of a turn: what the rest of that turn does, a real process would not. */
  const isStruckDown = ({ machine }: Holder): boolean => machine.isFrozen();

  return {
    landed(holder, key) {
      note(landed, holder, key, { landedMs: nowMs(), localMs: holder.machine.clock.monotonicMs() });
    },
    javaLanded: (key) => void javaTouched.set(key, nowMs()),
    heard(holder, key) {
      const claim = landed.get(holder)?.get(key);
      if (claim !== undefined) note(heard, holder, key, claim);
    },
    sending(holder, key, operation) {
      if (isStruckDown(holder)) return;
      if (isFenced(holder, key)) fail(8, `${holder.label} starts to ${operation} ${key} past its own fence.`);
      if (givesUp.has(operation)) believers.get(key)?.delete(holder);
    },
    reading(holder, key) {
      if (isStruckDown(holder)) return;
      if (believers.get(key)?.has(holder) !== true) fail(8, `The reader of ${holder.label} goes on with ${key}, which it has lost or given back.`);
      if (isFenced(holder, key) && holder.machine.thawedMs() !== nowMs()) fail(8, `The reader of ${holder.label} goes on with ${key} past its own fence.`);
    },
    began(holder, key) {
      const others = believers.get(key) ?? new Set();
      believers.set(key, others.add(holder));
      for (const other of others) {
        if (other === holder || excused(other, key) || excused(holder, key)) continue;
        fail(8, `${holder.label} begins with ${key} while ${other.label} still holds it.`);
      }
    },
    left: (holder, key) => void believers.get(key)?.delete(holder),
    gone(holder) {
      for (const set of believers.values()) set.delete(holder);
      landed.delete(holder);
      heard.delete(holder);
    },
  };
}
