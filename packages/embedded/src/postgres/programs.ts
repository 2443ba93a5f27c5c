// Runs `initdb` and `postgres` as child processes of the keeper. It decides nothing about accounts, folders or ports.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { EmbeddedError } from '../errors.ts';
import type { Account } from './account.ts';

const maxTailChars = 4_000;
const readyLine = 'database system is ready to accept connections';

export interface Program {
  readonly process: ChildProcess;
  /** The end of what it wrote. */
  tail(): string;
}

/** Starts a program; its messages are kept, and come in English. */
export function runProgram(path: string, args: readonly string[], options: { readonly account: Account | undefined; readonly folder: string }): Program {
  const child = spawn(path, args, { cwd: options.folder, stdio: ['ignore', 'pipe', 'pipe'], env: { LC_ALL: 'C', TZ: 'UTC' }, ...options.account });
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-maxTailChars);
    });
  }
  return { process: child, tail: () => tail };
}

/** Resolves when the program ends well; the signal kills it. */
export async function completed(program: Program, name: string, stop: AbortSignal): Promise<void> {
  const kill = () => program.process.kill('SIGKILL');
  stop.addEventListener('abort', kill);
  const [code] = await once(program.process, 'close').finally(() => stop.removeEventListener('abort', kill));
  stop.throwIfAborted();
  if (code !== 0) throw new EmbeddedError(`${name} ended with code ${code}: ${program.tail().trim()}`);
}

/** Resolves with true when the server says that it is ready, with false when it ended instead. */
export function readyOrEnded(program: Program): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const { process: child } = program;
    child.stderr?.on('data', () => {
      if (program.tail().includes(readyLine)) resolve(true);
    });
    child.once('close', () => resolve(false));
    child.once('error', reject);
  });
}

/** Ends a server whose data nobody wants any more. */
export async function endServer(program: Program): Promise<void> {
  const { process: child } = program;
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGQUIT');
  await closed;
}
