// The other end of the thread: asks, and waits for the answer or for the signal. It knows no statement.
import { Worker } from 'node:worker_threads';
import { stopped } from '../../sql/errors.ts';
import { SinkError } from '../../types.ts';
import type { OperationName, Operations, Reply } from './protocol.ts';

export interface Thread {
  /** Throws what SQLite threw, and `SinkError` when the signal aborts or the thread ends. */
  ask<Name extends OperationName>(name: Name, asks: Operations[Name]['asks'], signal: AbortSignal): Promise<Operations[Name]['answers']>;
  /** Waits for what was asked before, but for no session; whatever is not answered then rejects. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(answers: unknown): void;
  reject(error: unknown): void;
}

/** From sources the thread runs as they are. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);

export function closedError(): SinkError {
  return new SinkError('SINK_CLOSED', 'SQLite: the sink was closed; the write was broken off.', { retryable: false });
}

function ended(cause: unknown): SinkError {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new SinkError('SINK_UNEXPECTED', `SQLite: the thread that writes ended${reason}. The write is retried in a new one. If it goes on, report it.`, {
    retryable: true,
    cause,
  });
}

function settle(waiting: Map<number, Waiting>, reply: Reply): void {
  const asked = waiting.get(reply.id);
  waiting.delete(reply.id);
  if ('fault' in reply) asked?.reject(Object.assign(new Error(reply.fault.message), { errcode: reply.fault.errcode }));
  else asked?.resolve(reply.answers);
}

interface Running {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  readonly gone: Promise<void>;
  isClosing: boolean;
}

function start(path: string): Running {
  // Flags of the main program, such as those of a script on its command line, are not for this file.
  const worker = new Worker(entry, { workerData: path, name: 'shardfold-sqlite', execArgv: [] });
  const waiting = new Map<number, Waiting>();
  let cause: unknown;
  worker.on('message', (reply: Reply) => settle(waiting, reply));
  worker.on('error', (error) => {
    cause = error;
  });
  const { promise: gone, resolve: exited } = Promise.withResolvers<void>();
  const running: Running = { worker, waiting, gone, isClosing: false };
  worker.once('exit', () => {
    for (const { reject } of waiting.values()) reject(running.isClosing ? closedError() : ended(cause));
    waiting.clear();
    exited();
  });
  return running;
}

function ignore(): void {}

/** Starts with the first question. `path` is absolute, or `:memory:`. */
export function createThread(path: string): Thread {
  let running: Running | undefined;
  let lastId = 0;

  function post(name: OperationName, asks: unknown): Promise<unknown> {
    const begun = running ?? start(path);
    if (running === undefined) {
      running = begun;
      void begun.gone.then(() => {
        if (running === begun) running = undefined;
      });
    }
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      begun.waiting.set(id, { resolve, reject });
      begun.worker.postMessage({ id, name, asks });
    });
  }

  return {
    async ask(name, asks, signal) {
      if (signal.aborted) throw stopped('SQLite');
      const answer = post(name, asks);
      let onAbort = ignore;
      const aborted = new Promise<never>((_, reject) => {
        onAbort = () => reject(stopped('SQLite'));
        signal.addEventListener('abort', onAbort, { once: true });
      });
      try {
        return (await Promise.race([answer, aborted])) as Operations[typeof name]['answers'];
      } catch (error) {
        // Given up, not taken back: it may still be written, as before a lost answer.
        answer.catch(ignore);
        throw error;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    async close() {
      if (running === undefined) return;
      running.isClosing = true;
      const { gone } = running;
      post('close', null).catch(ignore);
      await gone;
    },
  };
}
