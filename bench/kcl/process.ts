// A worker of either system as a process that is gone with this one, and what it is reading, by the lines it prints. It knows
// no scenario and neither system.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What a worker is told. */
export interface WorkerPlace {
  readonly application: string;
  readonly stream: string;
  readonly worker: string;
  readonly kinesisUrl: string;
  readonly dynamoUrl: string;
}

/** What it prints, one JSON object a line. `read`: records of the shard were processed. `gone`: it reads the shard no longer. */
export interface WorkerLine {
  readonly kind: 'read' | 'released' | 'gone';
  readonly shard: string;
  /** The machine's wall clock, which all processes of it share. */
  readonly atMs: number;
}

export interface WorkerProcess {
  readonly startedMs: number;
  /** The shards that it reads, with the time of the first record since it has them. */
  readonly reading: ReadonlyMap<string, number>;
  readonly releasedMs: ReadonlyMap<string, number>;
  /** Throws, with what it complained of, if it ended without being told to. */
  assertAlive(): void;
  /** Does not wait for the end. Answers with the time. */
  signal(name: 'SIGTERM' | 'SIGKILL'): number;
  /** Resolves when it is gone. */
  end(): Promise<void>;
}

const maxTailChars = 4_000;

export function startProcess(name: string, command: string, args: readonly string[]): WorkerProcess {
  const startedMs = Date.now();
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const reading = new Map<string, number>();
  const releasedMs = new Map<string, number>();
  let tail = '';
  let ended: number | string | undefined;
  let told = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-maxTailChars);
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    const { kind, shard, atMs } = JSON.parse(text) as WorkerLine;
    if (kind === 'released') releasedMs.set(shard, atMs);
    else if (kind === 'gone') reading.delete(shard);
    else if (!reading.has(shard)) reading.set(shard, atMs);
  });
  const closed = once(child, 'close').then(([code, signal]) => {
    ended = code ?? signal;
  });
  const signal = (sent: 'SIGTERM' | 'SIGKILL') => {
    told = true;
    const atMs = Date.now();
    child.kill(sent);
    return atMs;
  };
  return {
    startedMs,
    reading,
    releasedMs,
    assertAlive() {
      if (ended !== undefined && !told) throw new Error(`${name} ended by itself (${ended}). The run is over; see what it said:\n${tail}`);
    },
    signal,
    async end() {
      signal('SIGKILL');
      await closed;
    },
  };
}
