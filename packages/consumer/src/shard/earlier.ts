// Where to begin instead of a moment that the stream takes for the future: whoever noted it has a clock that is fast. Pure.
import { clockMarginMs, noLongerLatest, placeOf } from '../source/moment.ts';
import type { ReadFrom } from '../types.ts';

/** No clock is as fast: the stream refuses something else. */
const backMaxMs = 86_400_000;

export interface Earlier {
  readonly from: Extract<ReadFrom, { kind: 'timestamp' }>;
  /** How far it is back of the one before. */
  readonly backMs: number;
}

/**
 * Each is twice as far back as the one before. What arrived in between comes, and may have been read already: by how much the clock is
 * fast, nobody knows. Undefined: it is no moment, or is back far enough.
 * @param backMs of the one before; 0 at first  @param nowMs since 1970
 */
export function earlier(from: ReadFrom | undefined, backMs: number, nowMs: number): Earlier | undefined {
  if (from?.kind !== 'latest' && from?.kind !== 'timestamp') return undefined;
  const moment = noLongerLatest(placeOf(from, nowMs));
  const furtherMs = backMs === 0 ? clockMarginMs : 2 * backMs;
  if (moment.kind !== 'timestamp' || furtherMs > backMaxMs) return undefined;
  return { from: { kind: 'timestamp', atMs: moment.atMs - furtherMs }, backMs: furtherMs };
}
