// The PostgreSQL sink: its dialect and its connections under the SQL engine. It holds no SQL.
import type { Clock, Timers } from '../ports.ts';
import { createSqlSink } from '../sql/sink.ts';
import type { Sink } from '../types.ts';
import { createConnections } from './connections.ts';
import { postgresDialect } from './dialect.ts';

/** Two writes in flight for each of two tables; more gain nothing on one server and cost it a process each. */
const defaultPoolMax = 4;

export interface PostgresSinkOptions {
  /** `postgres://user:password@host:port/database`; `?sslmode=verify-full&sslrootcert=FILE` and the like for TLS. */
  readonly url: string;
  /** The fleet's name, shown by the server as `shardfold NAME`. */
  readonly application: string;
  readonly machine: { readonly clock: Clock; readonly timers: Timers };
  /** Connections at most. */
  readonly poolMax?: number;
  /** Whether the sink may create its dead letter table; targets say it themselves. */
  readonly createTables: boolean;
  /** False: nobody asks it for dead letters, and opening it neither makes nor checks their place. Default: true. */
  readonly keepsLetters?: boolean;
}

/** Tables in PostgreSQL. Connects with `open`; every method throws `SinkError`. */
export function createPostgresSink({ url, application, machine, poolMax = defaultPoolMax, createTables, keepsLetters = true }: PostgresSinkOptions): Sink {
  const connections = createConnections({ url, application, poolMax, timers: machine.timers });
  return createSqlSink({ dialect: postgresDialect, connections, clock: machine.clock, createTables, keepsLetters });
}
