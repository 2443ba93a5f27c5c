// The parent's side of an embedded server: a process of its own in a group of its own, so that a Ctrl-C of the terminal does not
// reach it, tied to this process by a channel whose end is its end, however this process dies. It knows no server's inside.
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedError } from '../errors.ts';
import { childEnvironment, later } from '../system.ts';
import type { Embedded } from '../types.ts';
import type { ServerOrder, ServerReport } from './protocol.ts';

const startTimeoutMs = 60_000;
/** After that a server that was asked to stop is killed. */
const stopTimeoutMs = 15_000;
/** How much of what the server wrote to standard error an error message repeats. */
const maxTailChars = 2_000;

const entry = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url));

/** Starts a server in a child process. Throws `EmbeddedError` when it does not come up; then nothing is left running. */
export async function startServer(order: ServerOrder): Promise<Embedded> {
  const child = fork(entry, [JSON.stringify(order)], {
    execArgv: [],
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: childEnvironment(),
  });
  let tail = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-maxTailChars);
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const report = await firstReport(child);
  if (report.kind === 'ready') {
    let stopping: Promise<void> | undefined;
    return {
      url: report.url,
      stop() {
        stopping ??= end(child, exited);
        return stopping;
      },
    };
  }
  await end(child, exited);
  throw new EmbeddedError(`The embedded ${order.server} did not start: ${report.message}${tail === '' ? '' : `\n${tail.trimEnd()}`}`);
}

function firstReport(child: ChildProcess): Promise<ServerReport> {
  return new Promise((resolve) => {
    const cancel = later(startTimeoutMs, () =>
      settle({ kind: 'failed', message: `it was not ready after ${startTimeoutMs / 1000} s. It has been ended; try again when the machine is less busy.` }),
    );
    const settle = (report: ServerReport) => {
      cancel();
      resolve(report);
    };
    child.once('message', (message) => settle(message as ServerReport));
    child.once('error', (error) => settle({ kind: 'failed', message: error.message }));
    child.once('exit', (code, signal) => settle({ kind: 'failed', message: `its process ended with ${signal ?? `code ${code}`} before it was ready.` }));
  });
}

/** Closing the channel is the request to stop; the child removes its data and exits. */
async function end(child: ChildProcess, exited: Promise<void>): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  // Its group: a PostgreSQL server is a child of that child.
  const cancel = later(stopTimeoutMs, () => process.kill(-pid, 'SIGKILL'));
  if (child.connected) child.disconnect();
  await exited;
  cancel();
  // Node keeps back 'close' of a child whose channel we closed ourselves, and the pipe with it.
  child.stderr?.destroy();
}
