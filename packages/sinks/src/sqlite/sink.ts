// The SQLite sink: its dialect and its connections under the SQL engine. It holds no SQL.
import type { Clock } from '../ports.ts';
import { createSqlSink } from '../sql/sink.ts';
import type { Sink } from '../types.ts';
import { createConnections } from './connections.ts';
import { sqliteDialect } from './dialect.ts';

export interface SqliteSinkOptions {
  /** `sqlite:./orders.db`, `file:///var/lib/orders.db`, a path, or `:memory:`. The file is created where there is none. */
  readonly url: string;
  readonly machine: { readonly clock: Clock };
  /** Whether the sink may create its dead letter table; targets say it themselves. */
  readonly createTables: boolean;
  /** False: nobody asks it for dead letters, and opening it neither makes nor checks their place. Default: true. */
  readonly keepsLetters?: boolean;
}

/** Tables in a SQLite file, by Node's own driver (Node >= 22.13) in a thread of its own. Opens with `open`; every method throws `SinkError`. */
export function createSqliteSink({ url, machine, createTables, keepsLetters = true }: SqliteSinkOptions): Sink {
  const connections = createConnections(url);
  return createSqlSink({ dialect: sqliteDialect(connections), connections, clock: machine.clock, createTables, keepsLetters });
}
