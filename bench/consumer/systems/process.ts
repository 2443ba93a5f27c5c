// A process that is gone with this one, asked by lines on its standard input, and what the kernel counts of it and its children.
// It knows no system.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Memory } from './system.ts';

export interface Child {
  /** Also the number of its process group. */
  readonly pid: number;
  /** Wall clock. */
  readonly startedMs: number;
  /** The next line it prints. One at a time. Rejects, with what it complained of, when the process has ended. */
  nextLine(): Promise<string>;
  /** Writes a line, and resolves with the next one it prints. */
  ask(line: string): Promise<string>;
  /** Throws what `nextLine` rejects with. */
  assertAlive(): void;
  /** To all processes of its group. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  readonly gone: Promise<void>;
}

const maxTailChars = 4_000;
/** Of the kernel's interface; the same everywhere. */
const tickMs = 10;

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** `name` is for what is said when it ends by itself. */
export function startChild(name: string, { command, args, env, cwd }: Launch): Child {
  const startedMs = Date.now();
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true', ...env },
    detached: true,
    ...(cwd === undefined ? {} : { cwd }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started. Nothing is left running; is setpriv (util-linux) installed?`);
  let tail = '';
  let ended: string | undefined;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-maxTailChars);
  });
  // What is written to a process that has just ended is answered by its end.
  child.stdin.on('error', () => undefined);
  let waiting: PromiseWithResolvers<string> | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => waiting?.resolve(line));
  const gone = once(child, 'close').then(([code, signal]) => {
    ended = String(code ?? signal);
    waiting?.reject(failure());
  });
  const failure = () => new Error(`${name} ended by itself (${ended}). The bench is over; see what it said:\n${tail}`);
  function assertAlive(): void {
    if (ended !== undefined) throw failure();
  }
  async function nextLine(): Promise<string> {
    assertAlive();
    waiting = Promise.withResolvers<string>();
    return waiting.promise;
  }
  return {
    pid,
    startedMs,
    nextLine,
    ask(line) {
      const answer = nextLine();
      child.stdin.write(`${line}\n`);
      return answer;
    },
    assertAlive,
    signal(name) {
      // Its number may be another's by now.
      if (ended !== undefined) return;
      try {
        process.kill(-pid, name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
    gone,
  };
}

/** The processes of a group. */
function membersOf(group: number): readonly { readonly pid: string; readonly cpuMs: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      // The name before this may hold anything; the first field after it is the state.
      const fields = read(`/proc/${pid}/stat`)
        .replace(/^.*\) /s, '')
        .split(' ');
      return Number(fields[2]) === group ? [{ pid, cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs }] : [];
    });
}

export function cpuMsOf(group: number): number {
  return membersOf(group).reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

export function residentBytesOf(group: number): Memory {
  const sum = (name: string) =>
    membersOf(group).reduce(
      (bytes, { pid }) => bytes + Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024,
      0,
    );
  return { now: sum('VmRSS'), peak: sum('VmHWM') };
}

/** Empty when the process has just ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
