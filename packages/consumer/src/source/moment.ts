// What is read from a moment on, by the clock of whoever noted it. Pure.
import type { ReadFrom } from '../types.ts';

/** The clocks of workers and of the service differ by less; what arrived within it may come twice. */
export const clockMarginMs = 5_000;

/** @param wallMs since 1970: a start at the latest was then */
export function fromMoment(wallMs: number): Extract<ReadFrom, { kind: 'timestamp' }> {
  return { kind: 'timestamp', atMs: wallMs - clockMarginMs };
}
