// How long a statement may take, here and on the server. It sends nothing.
import type { Patience } from './connections.ts';

/** `statement`: longer than any lock a healthy server holds; a silent peer is given up after it. `long`: DDL, truncation and sweeping walk whole tables. */
export const timeoutsMs: Readonly<Record<Patience, number>> = { statement: 60_000, long: 3_600_000 };
/** The server gives a statement up before its client does: what nobody waits for any more would hold a session and its locks. */
const serverIsEarlierMs = 1_000;

/** For the server's own limit. */
export function serverTimeoutMs(patience: Patience): number {
  return timeoutsMs[patience] - serverIsEarlierMs;
}
