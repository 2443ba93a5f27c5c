// How these servers are told how long a statement may take. It sends nothing.
import type { Patience } from '../sql/connections.ts';
import { serverTimeoutMs } from '../sql/patience.ts';

/**
 * An assignment for SET SESSION, in a comment that MariaDB alone reads. MySQL has none that ends a write; there a lock that is not
 * had in time does.
 */
export function serverLimit(patience: Patience): string {
  return `/*M!100100 , max_statement_time = ${serverTimeoutMs(patience) / 1_000} */`;
}
