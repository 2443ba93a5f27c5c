// Connections to PostgreSQL: who gets one, how long a statement may take, and which ones are thrown away. It knows no table.
import { Socket } from 'node:net';
import { Pool, type PoolClient, type QueryResult } from 'pg';
import type { Timers } from '../ports.ts';
import { type Clients, withClient } from '../sql/clients.ts';
import type { Answer, Patience, Send, SqlConnections, Statement } from '../sql/connections.ts';
import { serverTimeoutMs } from '../sql/patience.ts';
import { isBroken } from './errors.ts';
import { forgetOldest } from './prepared.ts';
import { createHider } from './secrets.ts';

const connectTimeoutMs = 10_000;
const keepAliveDelayMs = 10_000;
/** A server that does not listen any more hears no goodbye. */
const closeTimeoutMs = 2_000;

export interface ConnectionOptions {
  readonly url: string;
  readonly application: string;
  readonly poolMax: number;
  readonly timers: Timers;
}

const product = 'PostgreSQL';
const commit: Statement = { text: 'COMMIT' };
const rollback: Statement = { text: 'ROLLBACK' };

/** One message: the limit costs no round trip. */
function begin(patience: Patience): Statement {
  return { text: `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = ${serverTimeoutMs(patience)}` };
}

function answer(result: QueryResult): Answer {
  return { rows: result.rows, affected: result.rowCount ?? 0 };
}

/** Sends everything before it waits for anything; what fails first is thrown. */
async function inOneRoundTrip(client: PoolClient, statements: readonly Statement[]): Promise<Answer[]> {
  const forgotten = forgetOldest(client, statements);
  const settled = await Promise.allSettled(
    [...forgotten, ...statements].map(({ text, values, name }) =>
      client.query({ text, ...(values === undefined ? {} : { values: [...values] }), ...(name === undefined ? {} : { name }) }),
    ),
  );
  const answers = settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return answer(outcome.value);
  });
  return answers.slice(forgotten.length);
}

function ignore(): void {}

/** A transaction whose body sends as it goes; its beginning travels with the first statements. */
async function inSession<T>(client: PoolClient, patience: Patience, body: (send: Send) => Promise<T>): Promise<T> {
  let begun = false;
  const send: Send = async (statements) => {
    if (begun) return inOneRoundTrip(client, statements);
    begun = true;
    return (await inOneRoundTrip(client, [begin(patience), ...statements])).slice(1);
  };
  try {
    const result = await body(send);
    if (begun) await inOneRoundTrip(client, [commit]);
    return result;
  } catch (error) {
    // A connection that cannot even roll back is thrown away by its state; the first fault is the one to tell.
    if (begun) await inOneRoundTrip(client, [rollback]).catch(ignore);
    throw error;
  }
}

/** A pool that survives broken connections. Nothing is connected before the first statement. */
export function createConnections({ url, application, poolMax, timers }: ConnectionOptions): SqlConnections {
  const hider = createHider(url);
  const sockets = new Set<Socket>();
  const pool = new Pool({
    stream() {
      const socket = new Socket();
      sockets.add(socket);
      return socket.once('close', () => sockets.delete(socket));
    },
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
  const clients: Clients<PoolClient> = {
    product,
    timers,
    async acquire() {
      const client = await pool.connect();
      // The statement in flight hears of a broken socket itself; without a listener the process would end.
      return client.on('error', ignore);
    },
    cut: (client) => client.connection.stream.destroy(),
    isUsable: (client, error) => !isBroken(error) && client.getTransactionStatus() === 'I',
    release(client, usable) {
      client.removeListener('error', ignore);
      // After anything but a row's fault the session is not trusted: it may be broken, or have forgotten what it prepared.
      client.release(!usable);
    },
  };

  async function on<T>(patience: Patience, signal: AbortSignal, use: (client: PoolClient) => Promise<T>): Promise<T> {
    try {
      return await withClient(clients, patience, signal, use);
    } catch (error) {
      throw hider(error);
    }
  }

  async function transaction(statements: readonly Statement[], signal: AbortSignal, patience: Patience = 'statement'): Promise<readonly Answer[]> {
    return (await on(patience, signal, (client) => inOneRoundTrip(client, [begin(patience), ...statements, commit]))).slice(1, -1);
  }

  return {
    async run(statement, signal, patience) {
      const [result] = await transaction([statement], signal, patience);
      return result ?? { rows: [], affected: 0 };
    },
    transaction,
    session: (body, signal, patience = 'statement') => on(patience, signal, (client) => inSession(client, patience, body)),
    status: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount, max: poolMax }),
    async close() {
      const closed = [...sockets].map((socket) => new Promise<void>((resolve) => void socket.once('close', () => resolve())));
      const cancel = timers.after(closeTimeoutMs, () => {
        for (const socket of sockets) socket.destroy();
      });
      await Promise.all([pool.end(), ...closed]);
      cancel();
    },
  };
}
