// The connections to one origin: kept open, used again, not more than a number of them at once. A request on a connection that was idle
// too long for the server goes out once more. It knows no request.
import type { HttpAnswer } from './answer-reader.ts';
import { type Connection, type HttpLimits, type Origin, openConnection, type Question } from './connection.ts';

export interface Pool {
  /** Throws as a connection does; the signal closes the connection that the request is on, and rejects with what `aborted` makes. */
  ask(question: Question, signal: AbortSignal | undefined): Promise<HttpAnswer>;
  /** Ends all requests. */
  destroy(): void;
}

export const socketsMax = 256;
/** Requests that wait for a connection; a program that has more of them does not read, it piles up. */
const waitingMax = 4_096;

interface Lent {
  readonly connection: Connection;
  readonly isReused: boolean;
}

export function aborted(signal: AbortSignal): Error {
  return Object.assign(new Error('Request aborted', { cause: signal.reason }), { name: 'AbortError' });
}

export function createPool(origin: Origin, limits: HttpLimits): Pool {
  const open = new Set<Connection>();
  /** The one that was used last is asked first: the others may grow old and go. */
  const idle: Connection[] = [];
  const waiting: (() => void)[] = [];
  let session: Buffer | undefined;
  let isDestroyed = false;

  function fresh(): Connection {
    const connection = openConnection(
      origin,
      limits,
      {
        onClosed() {
          open.delete(connection);
          const at = idle.indexOf(connection);
          if (at >= 0) idle.splice(at, 1);
          waiting.shift()?.();
        },
        onSession(given) {
          session = given;
        },
      },
      session,
    );
    open.add(connection);
    return connection;
  }

  /** A turn of its own for whoever finds all connections busy, or the signal. */
  function turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (waiting.length >= waitingMax) {
        reject(new Error(`More than ${waitingMax} requests wait for one of ${socketsMax} connections to ${origin.host}. This one is not sent.`));
        return;
      }
      const stop = () => {
        waiting.splice(waiting.indexOf(go), 1);
        resolve();
      };
      const go = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      signal?.addEventListener('abort', stop, { once: true });
      waiting.push(go);
    });
  }

  async function lend(signal: AbortSignal | undefined): Promise<Lent> {
    for (;;) {
      if (signal?.aborted) throw aborted(signal);
      if (isDestroyed) throw new Error('The client was closed. This request is not sent.');
      const connection = idle.pop();
      if (connection !== undefined) return { connection, isReused: true };
      if (open.size < socketsMax) return { connection: fresh(), isReused: false };
      await turn(signal);
    }
  }

  async function askOn(connection: Connection, question: Question, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    const stop = () => signal !== undefined && connection.close(aborted(signal));
    signal?.addEventListener('abort', stop, { once: true });
    // It may have come while a connection was looked for.
    if (signal?.aborted) stop();
    try {
      const answer = await connection.ask(question);
      if (answer.isReusable && open.has(connection)) {
        idle.push(connection);
        waiting.shift()?.();
      }
      return answer;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  return {
    async ask(question, signal) {
      const { connection, isReused } = await lend(signal);
      try {
        return await askOn(connection, question, signal);
      } catch (error) {
        if (!isReused || !connection.isUnanswered()) throw error;
      }
      // All that is asked here is a question, and may be asked twice. The others that were idle are older than the one that broke.
      for (const old of idle.splice(0)) old.close();
      const again = await lend(signal);
      return askOn(again.connection, question, signal);
    },
    destroy() {
      isDestroyed = true;
      for (const connection of [...open]) connection.close(new Error('The client was closed while this request was under way.'));
      for (const go of waiting.splice(0)) go();
    },
  };
}
