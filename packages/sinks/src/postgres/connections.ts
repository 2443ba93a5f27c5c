// Connections to PostgreSQL: who gets one, how long a statement may take, and which ones are thrown away. It knows no table.
import { Pool, type PoolClient, type QueryResult } from 'pg';
import type { Timers } from '../ports.ts';
import { SinkError } from '../types.ts';
import { asSinkError, sortPostgresError } from './errors.ts';

const connectTimeoutMs = 10_000;
/** Longer than any lock a healthy server holds; a silent peer is given up after it. */
const statementTimeoutMs = 60_000;
/** DDL, truncation and sweeping walk whole tables. */
const longTimeoutMs = 3_600_000;
const keepAliveDelayMs = 10_000;

/** One statement; named ones are prepared once per connection. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
}

export type Rows = readonly Readonly<Record<string, unknown>>[];

export interface Answer {
  readonly rows: Rows;
  readonly affected: number;
}

export interface Connections {
  /** One statement on its own. Throws `SinkError`. */
  run(statement: Statement, signal: AbortSignal): Promise<Answer>;
  /** All or nothing, READ COMMITTED, in one round trip. Throws what the server or the driver threw. */
  transaction(statements: readonly Statement[], signal: AbortSignal, limit?: 'statement' | 'long'): Promise<readonly Answer[]>;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly application: string;
  readonly poolMax: number;
  readonly timers: Timers;
}

function answer(result: QueryResult): Answer {
  return { rows: result.rows, affected: result.rowCount ?? 0 };
}

function send(client: PoolClient, { text, values, name }: Statement): Promise<QueryResult> {
  return client.query({ text, ...(values === undefined ? {} : { values: [...values] }), ...(name === undefined ? {} : { name }) });
}

/** Sends everything before it waits for anything; what fails first is thrown. */
async function inOneRoundTrip(client: PoolClient, statements: readonly Statement[]): Promise<QueryResult[]> {
  const settled = await Promise.allSettled(statements.map((statement) => send(client, statement)));
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

function ignore(): void {}

/** A pool that survives broken connections. Nothing is connected before the first statement. */
export function createConnections({ url, application, poolMax, timers }: ConnectionOptions): Connections {
  const pool = new Pool({
    connectionString: url,
    application_name: `shardfold ${application}`,
    max: poolMax,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    pipeline: true,
  });
  // An idle connection that breaks is replaced by the pool; the next statement tells if the server is gone.
  pool.on('error', ignore);

  async function withClient<T>(timeoutMs: number, signal: AbortSignal, use: (client: PoolClient) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const client = await pool.connect();
    let ended: SinkError | undefined;
    let usable = true;
    const end = (reason: SinkError): void => {
      ended = reason;
      client.connection.stream.destroy();
    };
    const onAbort = (): void => end(new SinkError('SINK_CLOSED', 'PostgreSQL: the write was broken off because the program stops.', { retryable: false }));
    const cancel = timers.after(timeoutMs, () =>
      end(
        new SinkError(
          'SINK_UNREACHABLE',
          `PostgreSQL did not answer within ${timeoutMs} ms. The write is retried on a new connection. Check the server and the network.`,
          {
            retryable: true,
          },
        ),
      ),
    );
    // The statement in flight hears of a broken socket itself; without a listener the process would end.
    client.on('error', ignore);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await use(client);
    } catch (error) {
      usable = sortPostgresError(error).kind === 'row' && client.getTransactionStatus() === 'I';
      throw ended ?? error;
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
      client.removeListener('error', ignore);
      // After anything but a row's fault the session is not trusted: it may be broken, or have forgotten what it prepared.
      client.release(!usable || ended !== undefined);
    }
  }

  return {
    async run(statement, signal) {
      try {
        return answer(await withClient(longTimeoutMs, signal, (client) => send(client, statement)));
      } catch (error) {
        throw asSinkError(error);
      }
    },
    async transaction(statements, signal, limit = 'statement') {
      const all: Statement[] = [{ text: 'BEGIN ISOLATION LEVEL READ COMMITTED' }, ...statements, { text: 'COMMIT' }];
      const results = await withClient(limit === 'long' ? longTimeoutMs : statementTimeoutMs, signal, (client) => inOneRoundTrip(client, all));
      return results.slice(1, -1).map(answer);
    },
    close: () => pool.end(),
  };
}
