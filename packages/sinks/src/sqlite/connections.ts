// The way to a SQLite file: everything goes to the one thread that has it. Waits for other programs by asking again. It knows no
// table.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Send, SqlConnections, Statement } from '../sql/connections.ts';
import { SinkError } from '../types.ts';
import { isBusy } from './errors.ts';
import { locationOf } from './location.ts';
import { closedError, createThread, endedError, type Thread } from './thread/client.ts';
import type { HotOutcome, HotPart, HotPlan, OperationName, Operations } from './thread/protocol.ts';
import { ownBytes } from './values.ts';

/** A quarter of a second each: another program may hold the file for a minute. */
const maxBusyTries = 240;

/** At least one part. */
export type Cut = (isCut: boolean) => Iterator<HotPart, void>;

export interface SqliteConnections extends SqlConnections {
  /** One transaction of many rows, which `cut` gives at each try: in parts when the thread would wait for them, else in one. Throws what it throws. */
  hot(plan: HotPlan, cut: Cut, signal: AbortSignal): Promise<HotOutcome | 'columns-changed'>;
}

const always = new AbortController().signal;

/** SQLite's own message would not say what is missing. */
async function checkDirectory(path: string): Promise<void> {
  if (path === ':memory:') return;
  const found = await stat(dirname(path)).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new SinkError(
    'SINK_DENIED',
    `SQLite: there is no directory ${dirname(path)} for the file. Writing waits until that is mended. Create it, or correct the url.`,
    {
      retryable: false,
    },
  );
}

/** Another program's transaction is waited for. */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isBusy(error) || attempt === maxBusyTries) throw error;
    }
  }
}

/** A thread that ended between two questions took the transaction along: nothing of it was written, and nobody may go on in another. */
function found<T>(answer: T | 'session-lost'): T {
  if (answer === 'session-lost') throw endedError();
  return answer;
}

function crossing(statement: Statement): Statement {
  const { text, values } = statement;
  return values === undefined ? statement : { text, values: values.map((value) => (value instanceof Uint8Array ? ownBytes(value) : value)) };
}

async function checkNode(): Promise<void> {
  try {
    await import('node:sqlite');
  } catch (cause) {
    throw new SinkError(
      'SINK_DENIED',
      'SQLite: this Node has no SQLite of its own. Writing waits until that is mended. Run the program with Node 22.13 or newer.',
      {
        retryable: false,
        cause,
      },
    );
  }
}

/** Nothing is opened before the first statement. */
export function createConnections(url: string): SqliteConnections {
  let opening: Promise<Thread> | undefined;
  let isClosed = false;
  let inFlight = 0;
  let lastSession = 0;

  async function open(): Promise<Thread> {
    const path = locationOf(url);
    await checkNode();
    await checkDirectory(path);
    return createThread(path);
  }

  async function thread(): Promise<Thread> {
    if (isClosed) throw closedError();
    opening ??= open();
    const attempt = opening;
    try {
      return await attempt;
    } catch (error) {
      if (opening === attempt) opening = undefined;
      throw error;
    }
  }

  async function ask<Name extends OperationName>(name: Name, asks: Operations[Name]['asks'], signal: AbortSignal): Promise<Operations[Name]['answers']> {
    const asked = await thread();
    inFlight += 1;
    try {
      return await asked.ask(name, asks, signal);
    } finally {
      inFlight -= 1;
    }
  }

  async function hot(plan: HotPlan, cut: Cut, signal: AbortSignal): Promise<HotOutcome | 'columns-changed'> {
    const asked = await thread();
    const parts = cut(inFlight === 0);
    inFlight += 1;
    try {
      return await asked.hot(plan, parts, signal);
    } finally {
      inFlight -= 1;
    }
  }

  async function inSession<T>(body: (send: Send) => Promise<T>, signal: AbortSignal): Promise<T> {
    lastSession += 1;
    const session = lastSession;
    let begun = false;
    const send: Send = async (asked) => {
      const statements = asked.map(crossing);
      if (begun) return found(await ask('send', { session, begins: false, statements }, signal));
      // The transaction's beginning is what waits for others.
      const answers = await patiently(() => ask('send', { session, begins: true, statements }, signal));
      begun = true;
      return found(answers);
    };
    try {
      const result = await body(send);
      if (begun) found(await patiently(() => ask('end', { session, how: 'COMMIT' }, signal)));
      return result;
    } catch (error) {
      // The first fault is the one to tell; a thread that is gone has rolled back.
      await ask('end', { session, how: 'ROLLBACK' }, always).catch(() => undefined);
      throw error;
    }
  }

  return {
    run: (statement, signal) => patiently(() => ask('run', crossing(statement), signal)),
    transaction: (statements, signal) => patiently(() => ask('transaction', statements.map(crossing), signal)),
    session: inSession,
    hot: (plan, cut, signal) => patiently(() => hot(plan, cut, signal)),
    status: () => ({ open: opening === undefined ? 0 : 1, idle: opening === undefined || inFlight > 0 ? 0 : 1, waiting: Math.max(0, inFlight - 1), max: 1 }),
    async close() {
      isClosed = true;
      const opened = await opening?.catch(() => undefined);
      await opened?.close();
    },
  };
}
