// The sink for MySQL and MariaDB: finds out which of the two answers, then puts its dialect and the connections under the SQL
// engine. It holds no SQL but that one question.
import type { NameRules } from '../columns/names.ts';
import type { Clock, Timers } from '../ports.ts';
import type { SqlConnections } from '../sql/connections.ts';
import { asSinkError } from '../sql/errors.ts';
import { createSqlSink } from '../sql/sink.ts';
import { type Sink, SinkError } from '../types.ts';
import { createConnections } from './connections.ts';
import { mysqlDialect, mysqlKind, mysqlStatementsPerTable } from './dialect.ts';
import { sortMysqlError } from './errors.ts';
import { type Flavor, flavorOf } from './flavor.ts';
import { mysqlNamesOf } from './names.ts';

/** Two writes in flight for each of two tables; more gain nothing on one server. */
const defaultPoolMax = 4;

export interface MysqlSinkOptions {
  /**
   * `mysql://user:password@host:port/database`. For TLS `?ssl-mode=verify-identity&ssl-ca=FILE`: `required` encrypts, `verify-ca`
   * checks the certificate, `verify-identity` its name too; `ssl-cert` and `ssl-key` name the client's own. `?socket=FILE` for a Unix socket.
   */
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

const product = 'MySQL';

async function askServer(connections: SqlConnections, signal: AbortSignal): Promise<{ readonly flavor: Flavor; readonly names: NameRules }> {
  try {
    const text = 'SELECT VERSION() AS version, @@global.lower_case_table_names AS table_case, database() AS own';
    const { rows } = await connections.run({ text }, signal);
    const version = String(rows[0]?.version);
    const flavor = flavorOf(version);
    if (flavor !== undefined) return { flavor, names: mysqlNamesOf(Number(rows[0]?.table_case) !== 0, String(rows[0]?.own ?? '')) };
    throw new SinkError('SINK_DENIED', `MySQL: the server is ${version}. Nothing is written. Use MySQL 8.0.20, MariaDB 10.6 or newer.`, { retryable: false });
  } catch (error) {
    throw asSinkError({ product, sortError: (thrown) => sortMysqlError(thrown, product) }, error);
  }
}

/** Tables in MySQL or MariaDB. Loads the driver and connects with the first use; every method throws `SinkError`. */
export function createMysqlSink({ url, application, machine, poolMax = defaultPoolMax, createTables, keepsLetters = true }: MysqlSinkOptions): Sink {
  const connections = createConnections({ url, application, poolMax, timers: machine.timers });
  let found: Sink | undefined;
  async function sink(signal: AbortSignal): Promise<Sink> {
    if (found !== undefined) return found;
    const { flavor, names } = await askServer(connections, signal);
    found ??= createSqlSink({ dialect: mysqlDialect(flavor, names), connections, clock: machine.clock, createTables, keepsLetters });
    return found;
  }
  return {
    kind: mysqlKind,
    statementsPerTable: mysqlStatementsPerTable,
    open: async (signal) => (await sink(signal)).open(signal),
    table: async (target, signal) => (await sink(signal)).table(target, signal),
    deadLetters: () => ({
      put: async (letters, signal) => (await sink(signal)).deadLetters().put(letters, signal),
      count: async (signal) => (await sink(signal)).deadLetters().count(signal),
      page: async (options, signal) => (await sink(signal)).deadLetters().page(options, signal),
      find: async (id, signal) => (await sink(signal)).deadLetters().find(id, signal),
      discard: async (ids, signal) => (await sink(signal)).deadLetters().discard(ids, signal),
    }),
    describe: async (signal) => (await sink(signal)).describe(signal),
    createDenial: async (signal) => (await sink(signal)).createDenial?.(signal),
    close: () => connections.close(),
  };
}
