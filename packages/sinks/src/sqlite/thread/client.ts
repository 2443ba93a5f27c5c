// The other end of the thread: asks, and waits for the answer or for the signal. It knows no statement.
import { Worker } from 'node:worker_threads';
import { stopped } from '../../sql/errors.ts';
import { SinkError } from '../../types.ts';
import type { Following, HotOutcome, HotPart, HotPlan, OperationName, Operations, Reply, Start } from './protocol.ts';

export interface Thread {
  /** Throws what SQLite threw, and `SinkError` when the signal aborts or the thread ends. */
  ask<Name extends OperationName>(name: Name, asks: Operations[Name]['asks'], signal: AbortSignal): Promise<Operations[Name]['answers']>;
  /** The same for an order in parts, of which there is at least one. Throws what making them throws; then nothing is written. */
  hot(plan: HotPlan, parts: Iterator<HotPart, void>, signal: AbortSignal): Promise<HotOutcome | 'columns-changed'>;
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

export function endedError(cause?: unknown): SinkError {
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
  readonly posted: Int32Array;
  readonly waiting: Map<number, Waiting>;
  readonly gone: Promise<void>;
  isClosing: boolean;
}

function start(path: string): Running {
  // Flags of the main program, such as those of a script on its command line, are not for this file.
  const posted = new Int32Array(new SharedArrayBuffer(4));
  const workerData: Start = { path, posted };
  const worker = new Worker(entry, { workerData, name: 'shardfold-sqlite', execArgv: [] });
  const waiting = new Map<number, Waiting>();
  let cause: unknown;
  worker.on('message', (reply: Reply) => settle(waiting, reply));
  worker.on('error', (error) => {
    cause = error;
  });
  const { promise: gone, resolve: exited } = Promise.withResolvers<void>();
  const running: Running = { worker, posted, waiting, gone, isClosing: false };
  worker.once('exit', () => {
    for (const { reject } of waiting.values()) reject(running.isClosing ? closedError() : endedError(cause));
    waiting.clear();
    exited();
  });
  return running;
}

function ignore(): void {}

function postPart({ worker, posted }: Running, part: Following): void {
  worker.postMessage(part);
  Atomics.add(posted, 0, 1);
  Atomics.notify(posted, 0);
}

/** Throws what making them throws, and tells the thread. */
function postAll(to: Running, parts: Iterator<HotPart, void>): void {
  try {
    for (let next = parts.next(); next.done !== true; next = parts.next()) postPart(to, next.value);
  } catch (error) {
    postPart(to, 'given-up');
    throw error;
  }
}

/** Throws `SinkError` when the signal aborts first. */
async function answered(ask: () => Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) throw stopped('SQLite');
  let onAbort = ignore;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(stopped('SQLite'));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  aborted.catch(ignore);
  let answer: Promise<unknown> | undefined;
  try {
    answer = ask();
    return await Promise.race([answer, aborted]);
  } catch (error) {
    // Given up, not taken back: it may still be written, as before a lost answer.
    answer?.catch(ignore);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Starts with the first question. `path` is absolute, or `:memory:`. */
export function createThread(path: string): Thread {
  let running: Running | undefined;
  let lastId = 0;

  function begin(): Running {
    if (running !== undefined) return running;
    const begun = start(path);
    running = begun;
    void begun.gone.then(() => {
      if (running === begun) running = undefined;
    });
    return begun;
  }

  /** `rest`: what follows the question at once. */
  function post(name: OperationName, asks: unknown, rest: (to: Running) => void = ignore): Promise<unknown> {
    const begun = begin();
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      begun.waiting.set(id, { resolve, reject });
      begun.worker.postMessage({ id, name, asks });
      try {
        rest(begun);
      } catch (error) {
        // The answer to what was given up is of no use.
        begun.waiting.delete(id);
        reject(error);
      }
    });
  }

  return {
    ask: async (name, asks, signal) => (await answered(() => post(name, asks), signal)) as Operations[typeof name]['answers'],
    async hot(plan, parts, signal) {
      const asked = (): Promise<unknown> => {
        const first = parts.next();
        if (first.done === true) throw new Error('An order has no part.');
        return post('hot', { plan, first: first.value }, (to) => postAll(to, parts));
      };
      return (await answered(asked, signal)) as HotOutcome | 'columns-changed';
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
