// A writer to MongoDB that goes on one command at a time, when a test says so. It knows no protocol.
import type { Connection } from '../../src/mongodb/connection.ts';

export interface SteppedWriter {
  /** Sends the next command and waits for what came of it. Whoever is done stays done. */
  step(): Promise<void>;
  /** All the rest. Rejects with what the work rejected with. */
  finish(): Promise<void>;
}

/** Begins the work; nothing is sent before the first step. A writer that is stepped no more has died in mid-write. */
export function inSteps(connection: Connection, work: (connection: Connection) => Promise<unknown>): SteppedWriter {
  const waiting: (() => Promise<void>)[] = [];
  let done = false;
  let failure: unknown;
  let moved = Promise.withResolvers<void>();
  const notify = (): void => {
    moved.resolve();
    moved = Promise.withResolvers();
  };
  let sending = false;
  const gate = <T>(run: () => Promise<T>): Promise<T> => {
    // Part of the command that is on its way: a cursor hands on what it finds before it has found everything.
    if (sending) return run();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    waiting.push(async () => {
      sending = true;
      await run().then(resolve, reject);
      sending = false;
    });
    notify();
    return promise;
  };
  const gated: Connection = {
    ...connection,
    send: (use, signal, limit) => gate(() => connection.send(use, signal, limit)),
    ask: (use, signal, limit) => gate(() => connection.ask(use, signal, limit)),
  };
  work(gated).then(
    () => {
      done = true;
      notify();
    },
    (error: unknown) => {
      failure = error;
      done = true;
      notify();
    },
  );
  const rest = async (): Promise<void> => {
    while (!done && waiting.length === 0) await moved.promise;
  };
  const step = async (): Promise<void> => {
    await rest();
    await waiting.shift()?.();
    await rest();
  };
  return {
    step,
    async finish() {
      while (!done) await step();
      if (failure !== undefined) throw failure;
    },
  };
}

/** All ways in which two writers of so many steps can take turns: true is the second's. */
export function schedules(first: number, second: number): boolean[][] {
  if (first === 0 || second === 0) return [[...Array.from({ length: first }, () => false), ...Array.from({ length: second }, () => true)]];
  return [...schedules(first - 1, second).map((rest) => [false, ...rest]), ...schedules(first, second - 1).map((rest) => [true, ...rest])];
}
