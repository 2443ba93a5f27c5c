// Runs one worker of the demo as a process: this program again, with `run`. It touches the process table and the environment so
// that the demo need not.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface DemoWorker {
  readonly name: string;
  readonly url: string;
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  /** Asks it to drain; safe to call twice. */
  end(): void;
}

const main = fileURLToPath(new URL('../main.js', import.meta.url));

/** Resolves once the worker serves its page. A process group of its own: the demo, not the terminal, tells it to stop. */
export async function startDemoWorker({ name, file }: { readonly name: string; readonly file: string }): Promise<DemoWorker> {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'demo', AWS_SECRET_ACCESS_KEY: 'demo', SHARDFOLD_LOG__LEVEL: 'info', SHARDFOLD_LOG__FORMAT: 'json' };
  // The young generation of a busy process otherwise grows to some 100 MB that it gains nothing by.
  const child = spawn(process.execPath, ['--max-semi-space-size=4', main, 'run', '-c', file], { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const listening = Promise.withResolvers<string>();
  createInterface({ input: child.stderr }).on('line', (line) => {
    const said = read(line);
    if (typeof said.url === 'string') listening.resolve(said.url);
    if (said.level === 'warn' || said.level === 'error') process.stderr.write(`${name}: ${String(said.msg ?? line)}\n`);
  });
  exited.then(
    (code) => listening.reject(new Error(`${name} ended with ${code} before it served its page. The demo ends; see what it said above.`)),
    listening.reject,
  );
  process.once('exit', () => child.kill('SIGKILL'));
  return { name, url: await listening.promise, exited, end: () => void child.kill('SIGTERM') };
}

function read(line: string): { readonly [field: string]: unknown } {
  try {
    return JSON.parse(line) as { readonly [field: string]: unknown };
  } catch {
    return { level: 'error', msg: line };
  }
}
