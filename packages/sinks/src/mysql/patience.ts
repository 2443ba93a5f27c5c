// How long a statement may take, here and on the server. It sends nothing.
import type { Patience } from '../sql/connections.ts';

/** `statement`: longer than any lock that the server waits for. `long`: DDL, truncation and sweeping walk whole tables. */
export const timeoutsMs: Readonly<Record<Patience, number>> = { statement: 60_000, long: 3_600_000 };
/** The server gives a statement up before its client does: what nobody waits for any more would hold a session and its locks. */
const serverIsEarlierMs = 1_000;

/**
 * An assignment for SET SESSION, in a comment that MariaDB alone reads. MySQL has none that ends a write; there a lock that is not
 * had in time does.
 */
export function serverLimit(patience: Patience): string {
  return `/*M!100100 , max_statement_time = ${(timeoutsMs[patience] - serverIsEarlierMs) / 1_000} */`;
}
