// Runs a command of the built program as a user would: one that ends by itself, or one that goes on until it is told to stop. It makes no
// claims.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../packages/worker/dist/main.js', import.meta.url));

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Running {
  readonly child: ChildProcess & Required<Pick<ChildProcess, 'pid'>>;
  /** Its exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/** `yaml`: its configuration; undefined for a command that takes none. */
function start(yaml: string | undefined, args: readonly string[]): Running {
  const folder = mkdtempSync(join(tmpdir(), 'shardfold-command-'));
  const file = join(folder, 'shardfold.yaml');
  if (yaml !== undefined) writeFileSync(file, yaml);
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
  const child = spawn(process.execPath, [main, ...args, ...(yaml === undefined ? [] : ['-c', file])], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close').then(([code, signal]) => {
    rmSync(folder, { recursive: true, force: true });
    return (code ?? signal) as number | string;
  });
  return { child: child as Running['child'], ended };
}

/** Resolves when it has ended. `stdin`: what it reads, else nothing. */
export async function shardfold(yaml: string | undefined, args: readonly string[], stdin = ''): Promise<Ran> {
  const { child, ended } = start(yaml, args);
  const said = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  child.stdin?.on('error', () => undefined).end(stdin);
  return { code: Number(await ended), ...said };
}

export interface Followed {
  /** The next line that it prints. Rejects when it ends instead. */
  next(): Promise<string>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<number | string>;
}

export function follow(yaml: string, args: readonly string[]): Followed {
  const { child, ended } = start(yaml, args);
  child.stderr?.resume();
  if (child.stdout === null) throw new Error('It has no stdout.');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`It ended with ${await ended}.`);
      return value;
    },
    signal: (name) => void child.kill(name),
    ended,
  };
}
