// Virtual time for this package's tests. It knows no test.
import { createVirtualTime, type VirtualTime } from '@shardfold/lease/testing';

/** Resolves after a turn of the event loop, when every promise that could go on has. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function virtualTime(): VirtualTime {
  return createVirtualTime(turn);
}
