// Who gets which connection: at most so many, handed on in the order of asking. It knows no statement.
import { SinkError } from '../types.ts';
import type { Client } from './client.ts';

/** As many as ask at once are writes in flight; the flow holds far fewer. */
const maxWaiting = 10_000;

export interface Pool {
  /** Throws what `open` threw, or SINK_CLOSED. A signal that aborts leaves the connection to whoever comes next. */
  acquire(): Promise<Client>;
  /** `usable`: false throws the connection away. */
  release(client: Client, usable: boolean): void;
  status(): { readonly open: number; readonly idle: number; readonly waiting: number; readonly max: number };
  /** Waits for connections that are in use; those that are being opened are given up. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(client: Client): void;
  reject(error: unknown): void;
}

function closed(): SinkError {
  return new SinkError('SINK_CLOSED', 'MySQL: the sink was closed; nothing was written.', { retryable: false });
}

export function createPool(open: (closing: AbortSignal) => Promise<Client>, max: number): Pool {
  const idle: Client[] = [];
  const waiting: Waiting[] = [];
  /** Those that are being opened, in use or idle. */
  let count = 0;
  let isClosed = false;
  const closing = new AbortController();
  let onEmpty: (() => void) | undefined;

  function gone(): void {
    count -= 1;
    if (count === 0) onEmpty?.();
    // The place is free for whoever waits.
    const next = waiting.shift();
    if (next !== undefined) opened().then(next.resolve, next.reject);
  }

  async function opened(): Promise<Client> {
    count += 1;
    try {
      return await open(closing.signal);
    } catch (error) {
      gone();
      throw error;
    }
  }

  function end(client: Client): void {
    client.end().then(gone, gone);
  }

  return {
    async acquire() {
      if (isClosed) throw closed();
      for (let client = idle.pop(); client !== undefined; client = idle.pop()) {
        if (!client.isDead()) return client;
        client.destroy();
        gone();
      }
      if (count < max) return opened();
      if (waiting.length >= maxWaiting) {
        throw new SinkError('SINK_BUSY', `MySQL: ${maxWaiting} writes wait for a connection. The write is retried. Raise poolMax.`, { retryable: true });
      }
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
    },
    release(client, usable) {
      if (!usable || client.isDead()) {
        client.destroy();
        gone();
        return;
      }
      const next = waiting.shift();
      if (next !== undefined) next.resolve(client);
      else if (isClosed) end(client);
      else idle.push(client);
    },
    status: () => ({ open: count, idle: idle.length, waiting: waiting.length, max }),
    async close() {
      isClosed = true;
      closing.abort();
      for (const { reject } of waiting.splice(0)) reject(closed());
      for (const client of idle.splice(0)) end(client);
      if (count > 0) {
        await new Promise<void>((resolve) => {
          onEmpty = resolve;
        });
      }
    },
  };
}
