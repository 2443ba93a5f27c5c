// What is read from a moment on, by the clock of whoever noted it: also the latest, which is one, once it is not asked for at once. Pure.
import type { ReadFrom } from '../types.ts';
import type { StartAt } from './service.ts';

/** The clocks of workers and of the service differ by less; what arrived within it may come twice. */
export const clockMarginMs = 5_000;

/** So long after its moment, the latest of now is another. */
const lateMs = 1_000;

/** Where a reader stands. `latest`: nothing has come yet, and everything from `sinceMs` on must, in milliseconds since 1970. */
export type Place = Exclude<StartAt, { kind: 'latest' }> | { readonly kind: 'latest'; readonly sinceMs: number };

/** @param wallMs since 1970: a start at the latest was then */
export function fromMoment(wallMs: number): Extract<ReadFrom, { kind: 'timestamp' }> {
  return { kind: 'timestamp', atMs: wallMs - clockMarginMs };
}

/** @param nowMs when it is opened */
export function placeOf(start: StartAt, nowMs: number): Place {
  return start.kind === 'latest' ? { kind: 'latest', sinceMs: start.sinceMs ?? nowMs } : start;
}

/** True: the latest of `nowMs` would pass over what has come since. */
export function isLate(place: Place, nowMs: number): boolean {
  return place.kind === 'latest' && nowMs - place.sinceMs > lateMs;
}

/** The place to ask for when the latest was asked for in vain, or cannot be any more. */
export function noLongerLatest(place: Place): Exclude<Place, { kind: 'latest' }> {
  return place.kind === 'latest' ? fromMoment(place.sinceMs) : place;
}
