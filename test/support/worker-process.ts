// Runs `shardfold run` as a process of its own, as a user would, and listens to what it says. It knows nothing of the code
// inside.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

export interface LogLine {
  readonly level: string;
  /** Of the list in `docs/reference/logs.md`. */
  readonly event: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface WorkerProcess {
  readonly name: string;
  readonly lines: readonly LogLine[];
  /** What it said on stderr besides log lines. */
  readonly plain: readonly string[];
  /** Resolves with the page's address once the worker listens. */
  url(): Promise<string>;
  metrics(): Promise<ReadonlyMap<string, number>>;
  status(): Promise<{
    readonly shards: readonly { readonly shard: string; readonly owner: string | null; readonly held: boolean }[];
    readonly [field: string]: unknown;
  }>;
  signal(name: NodeJS.Signals): void;
  /** Exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
}

const main = fileURLToPath(new URL('../../packages/worker/dist/main.js', import.meta.url));

/** Prometheus text as a map from `name{labels}` to its value. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ');
    if (line !== '' && !line.startsWith('#') && at > 0) found.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return found;
}

/** The sum of every series of `name` whose labels contain all of `labels` (`outcome="applied"`). */
export function sumOf(metrics: ReadonlyMap<string, number>, name: string, ...labels: readonly string[]): number {
  let sum = 0;
  for (const [series, value] of metrics)
    if ((series === name || series.startsWith(`${name}{`)) && labels.every((label) => series.includes(label))) sum += value;
  return sum;
}

function listen(child: ChildProcess): { readonly lines: LogLine[]; readonly rest: string[] } {
  const lines: LogLine[] = [];
  const rest: string[] = [];
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      try {
        lines.push(JSON.parse(line) as LogLine);
      } catch {
        rest.push(line);
      }
    });
  }
  return { lines, rest };
}

/** Starts a worker with this configuration (YAML). `args` come after `run -c FILE`. */
export function startWorker(name: string, yaml: string, args: readonly string[] = []): WorkerProcess {
  const folder = mkdtempSync(join(tmpdir(), 'shardfold-worker-'));
  const file = join(folder, 'shardfold.yaml');
  writeFileSync(file, yaml);
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
  const child = spawn(process.execPath, [main, 'run', '-c', file, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const { lines, rest } = listen(child);
  const exited = once(child, 'close').then(([code, signal]) => {
    rmSync(folder, { recursive: true, force: true });
    return (code ?? signal) as number | string;
  });
  let ended: number | string | undefined;
  void exited.then((how) => {
    ended = how;
  });
  const url = () =>
    until(`${name} to listen`, () => {
      if (ended !== undefined) throw new Error(`${name} ended with ${ended}: ${rest.join('\n')} ${JSON.stringify(lines.slice(-5))}`);
      return lines.map(({ url: said }) => said).find((said) => typeof said === 'string');
    });
  const get = async (path: string) => (await fetch(`${await url()}${path}`, { headers: { connection: 'close' } })).text();
  return {
    name,
    lines,
    plain: rest,
    url,
    metrics: async () => parseMetrics(await get('/metrics')),
    status: async () => JSON.parse(await get('/status')),
    signal: (signal) => child.kill(signal),
    exited,
  };
}
