// A program that one of the scripts in ../tools finds or installs, and a way to run it. Where it cannot be had, the reason is the
// answer. It knows no program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { assertNotRequired, isRequired } from '../../servers/required.ts';

export type Tool = { readonly command: readonly string[] } | { readonly skipped: string };

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of a first use, which may download. */
export const installTimeoutMs = 300_000;

const cache = fileURLToPath(new URL('../../../.tools/servers', import.meta.url));
/** A download takes seconds: longer than this only where the run insists on the tool. */
const installSeconds = 45;
/** The script's code for: something that has to be downloaded or installed is not to be had now. */
const unavailable = 69;

export async function run(command: readonly string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}): Promise<Ran> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null]>]);
  return { code, stdout, stderr };
}

/** `name`: a script of ../tools, without its ending. Throws when it was had and does not work. */
export async function findTool(name: string): Promise<Tool> {
  if (process.platform !== 'linux') return skip(name, `${name} is brought on Linux only`);
  await mkdir(cache, { recursive: true });
  const script = fileURLToPath(new URL(`../tools/${name}.sh`, import.meta.url));
  const { code, stdout, stderr } = await run(['bash', script, cache], {
    env: { ...process.env, INSTALL_SECONDS: isRequired(name) ? '' : String(installSeconds) },
  });
  if (code === unavailable) return skip(name, stderr.trimEnd().split('\n').at(-1) ?? '');
  if (code !== 0) throw new Error(`${name}.sh ended with ${code}; remove ${cache}/bin to install it anew.\n${stderr}`);
  const words = stdout.split('\n').filter((line) => line.startsWith('ready '));
  return { command: words.map((line) => line.slice('ready '.length)) };
}

function skip(name: string, reason: string): Tool {
  assertNotRequired(name, reason);
  return { skipped: reason };
}
