// SQL sinks that go one statement at a time, each when it is told to: for tests of what two writers do to each other. It knows no
// server; PostgreSQL's are made here too.
import pg from 'pg';
import type { Sink } from '../../src/index.ts';
import { postgresDialect } from '../../src/postgres/dialect.ts';
import type { Answer, SqlConnections, Statement } from '../../src/sql/connections.ts';
import type { SqlDialect } from '../../src/sql/dialect.ts';
import { createSqlSink } from '../../src/sql/sink.ts';
import { clock } from './machine.ts';

export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

export interface SteppedSink {
  readonly sink: Sink;
  /** Runs `act` one statement at a time. */
  start<T>(act: () => Promise<T>): Running<T>;
  end(): Promise<void>;
}

export interface Running<T> {
  /** Sends the next statement; resolves when it is done or waits for a lock. False when there is none any more. */
  step(): Promise<boolean>;
  /** Sends the rest; not to be called while the other holds a lock that this one waits for. */
  finish(): Promise<T>;
}

/** One connection to a server. */
export interface Steppable {
  readonly dialect: SqlDialect;
  /** Begins a transaction. */
  readonly begin: string;
  ask(statement: Statement): Promise<Answer>;
  /** Whether the statement in flight waits for a lock; `isOver` tells that it need not be asked any more. */
  waitsForLock(isOver: () => boolean): Promise<boolean>;
  end(): Promise<void>;
}

export function stepped({ dialect, begin, ask, waitsForLock, end }: Steppable): SteppedSink {
  let isStepped = false;
  let waiting: (() => void) | undefined;

  async function send(statement: Statement): Promise<Answer> {
    if (isStepped) {
      await new Promise<void>((resolve) => {
        waiting = resolve;
      });
    }
    return ask(statement);
  }

  async function sendAll(statements: readonly Statement[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const statement of statements) answers.push(await send(statement));
    return answers;
  }

  async function session<T>(body: (all: typeof sendAll) => Promise<T>): Promise<T> {
    await send({ text: begin });
    try {
      const result = await body(sendAll);
      await send({ text: 'COMMIT' });
      return result;
    } catch (error) {
      await send({ text: 'ROLLBACK' });
      throw error;
    }
  }

  const connections: SqlConnections = {
    run: send,
    transaction: (statements) => session((all) => all(statements)),
    session,
    status: () => undefined,
    close: async () => undefined,
  };

  return {
    sink: createSqlSink({ dialect, connections, clock, createTables: true }),
    start(act) {
      isStepped = true;
      let isDone = false;
      const result = act().finally(() => {
        isDone = true;
        isStepped = false;
      });
      result.catch(() => undefined);
      const isOver = (): boolean => isDone || waiting !== undefined;
      const settled = async (): Promise<void> => {
        while (!isOver() && !(await waitsForLock(isOver)));
      };
      async function step(): Promise<boolean> {
        await settled();
        const go = waiting;
        waiting = undefined;
        go?.();
        await settled();
        return !isDone;
      }
      return {
        step,
        async finish() {
          while (await step());
          return result;
        },
      };
    },
    end,
  };
}

/** `watcher` is asked whether a statement waits for a lock. */
export async function steppedSink(url: string, watcher: pg.Client): Promise<SteppedSink> {
  const client = await connect(url);
  const pid = Number((await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid);
  return stepped({
    dialect: postgresDialect,
    begin: 'BEGIN ISOLATION LEVEL READ COMMITTED',
    async ask({ text, values, name }) {
      const result = await client.query({ text, ...(values === undefined ? {} : { values: [...values] }), ...(name === undefined ? {} : { name }) });
      return { rows: result.rows, affected: result.rowCount ?? 0 };
    },
    waitsForLock: async () => (await watcher.query('SELECT cardinality(pg_blocking_pids($1)) > 0 AS blocked', [pid])).rows[0].blocked,
    end: () => client.end(),
  });
}
