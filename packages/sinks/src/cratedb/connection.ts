// Statements on their way to CrateDB: with time limits, with patience for a node that is only just starting, and with an end.
// It knows no table.
import type { Timers } from '../ports.ts';
import { SinkError } from '../types.ts';
import { asSinkError, isNotReady } from './errors.ts';
import { type Answer, bulkBody, type CrateHttp, createHttp, type HttpOptions, type RowResult, statementBody } from './http.ts';

/** Longer than the minute that the server itself waits for copies of a shard. */
const statementTimeoutMs = 90_000;
/** Creating tables, scans over whole ones. */
const longTimeoutMs = 600_000;
/** A table that is there is unknown while a node starts. */
const patienceMs = 60_000;
const pauseMs = 500;

export interface Connection {
  readonly schema: string;
  /** One statement that belongs to no row; `args` are JSON texts. Throws `SinkError`. */
  ask(statement: string, signal: AbortSignal, args?: readonly string[], limit?: 'statement' | 'long'): Promise<Answer>;
  /** One statement for many rows, each a JSON array of its arguments. Throws what the server answered, for `sortError`. */
  bulk(statement: string, rows: readonly string[], signal: AbortSignal): Promise<readonly RowResult[]>;
  status: CrateHttp['status'];
  close(): void;
}

function closedError(): SinkError {
  return new SinkError('SINK_CLOSED', 'CrateDB: the sink was closed; nothing was written.', { retryable: false });
}

/** Resolves after a while, or as soon as the signal aborts. */
async function pause(timers: Timers, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = timers.after(pauseMs, resolve);
  const wake = (): void => resolve();
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  signal.removeEventListener('abort', wake);
  cancel();
}

/** Connects with the first statement. */
export function createConnection(options: HttpOptions): Connection {
  const http = createHttp(options);
  const { timers } = options;
  let closed = false;

  async function post(body: string, timeoutMs: number, signal: AbortSignal): Promise<Answer> {
    for (let waitedMs = 0; ; waitedMs += pauseMs) {
      if (closed) throw closedError();
      try {
        return await http.post(body, timeoutMs, signal);
      } catch (error) {
        if (closed) throw closedError();
        if (!isNotReady(error) || waitedMs >= patienceMs) throw error;
      }
      await pause(timers, signal);
    }
  }

  return {
    schema: http.schema,
    async ask(statement, signal, args = [], limit = 'statement') {
      try {
        return await post(statementBody(statement, args), limit === 'long' ? longTimeoutMs : statementTimeoutMs, signal);
      } catch (error) {
        throw asSinkError(error);
      }
    },
    async bulk(statement, rows, signal) {
      if (rows.length === 0) return [];
      const { results } = await post(bulkBody(statement, rows), statementTimeoutMs, signal);
      if (results.length === rows.length) return results;
      throw new SinkError(
        'SINK_UNEXPECTED',
        `CrateDB: ${rows.length} rows were sent and ${results.length} answered. The write is retried. Look into the server’s log.`,
        {
          retryable: true,
        },
      );
    },
    status: () => http.status(),
    close() {
      closed = true;
      http.close();
    },
  };
}
