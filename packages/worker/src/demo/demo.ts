// The demo: an embedded stack, a feed that behaves like real life, two workers that share the shards, and a line a second about
// them. It runs the workers as a user would, as processes of their own, and knows them only by what they serve.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '@shardfold/consumer';
import { type DemoWorker, startDemoWorker } from '../adapters/demo-worker.ts';
import { addTotals, noTotals, readTotals, type Totals } from './totals.ts';

/** A server of its own, or a file. */
export type DemoSink = 'postgres' | 'sqlite';

/** `text` is what people read; all else is for machines. */
export interface DemoLine {
  readonly event: 'starting' | 'page' | 'database' | 'rate' | 'draining' | 'drained';
  readonly text: string;
  readonly [field: string]: unknown;
}

export interface DemoOptions {
  readonly machine: Machine;
  /** Undefined: until the stop. */
  readonly forMs: number | undefined;
  readonly page: boolean;
  readonly sink: DemoSink;
  /** Records a second. */
  readonly ratePerSecond: number;
  readonly stop: AbortSignal;
  print(line: DemoLine): void;
}

const stream = 'demo-cdc';
const shards = 4;
const feed = { seed: 1, keys: 2_000, duplicateRatio: 0.05, disorderRatio: 0.05 };
const workers = ['worker-1', 'worker-2'];
const lineMs = 1_000;

function configuration(parts: { readonly kinesis: string; readonly dynamo: string; readonly sink: DemoSink; readonly url: string }): string {
  return [
    'version: 1',
    'application: demo',
    'aws: { region: us-east-1 }',
    `source: { endpoint: "${parts.kinesis}", streams: [${stream}], start: trim-horizon, pollInterval: 200ms, limits: none }`,
    `lease: { endpoint: "${parts.dynamo}" }`,
    'checkpoint: { interval: 1s }',
    `sinks: { main: { kind: ${parts.sink}, url: "${parts.url}" } }`,
    'http: { host: 127.0.0.1, port: 0 }',
    'log: { level: warn, format: pretty }',
    '',
  ].join('\n');
}

/** Loads the embedded stack, which is no part of an ordinary installation. */
async function embedded() {
  try {
    return await import('@shardfold/embedded');
  } catch (cause) {
    throw new Error(
      'The demo needs the package @shardfold/embedded, which is not installed. Nothing was started. Run `npm install @shardfold/embedded` beside shardfold, or `npm start` in a checkout.',
      { cause },
    );
  }
}

function rateLine(seconds: number, now: Totals, before: Totals): DemoLine {
  const rows = now.applied - before.applied;
  const folded = now.superseded - before.superseded;
  const text = `${String(seconds).padStart(4)} s  ${String(rows).padStart(6)} rows/s  ${String(folded).padStart(5)} superseded/s  lag ${(now.behindMs / 1000).toFixed(1)} s  ${now.applied} rows so far`;
  return { event: 'rate', text, seconds, rowsPerSecond: rows, supersededPerSecond: folded, lagMs: now.behindMs, rows: now.applied };
}

async function report(options: DemoOptions, running: readonly DemoWorker[], done: AbortSignal): Promise<void> {
  let before = noTotals;
  for (let seconds = 1; !done.aborted; seconds += 1) {
    await options.machine.timers.sleep(lineMs, done).catch(() => undefined);
    if (done.aborted) return;
    const now = (await Promise.all(running.map((worker) => readTotals(worker.url, done)))).reduce(addTotals, noTotals);
    options.print(rateLine(seconds, now, before));
    before = now;
  }
}

/** With the address of the database. */
async function startServers(sink: DemoSink, folder: string) {
  const { newDatabase, startSource, startStack } = await embedded();
  if (sink === 'sqlite') return { ...(await startSource()), url: `sqlite:${join(folder, 'demo.db')}` };
  const stack = await startStack();
  return { ...stack, url: await newDatabase(stack.postgres.url) };
}

/** Resolves with the exit code. Whatever was started is ended, also when something fails on the way. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { machine, print } = options;
  const { createFeed, createStream, runFeed } = await embedded();
  const folder = mkdtempSync(join(tmpdir(), 'shardfold-demo-'));
  const running: DemoWorker[] = [];
  const done = new AbortController();
  const servers = ['a Kinesis', 'a DynamoDB', ...(options.sink === 'postgres' ? ['a PostgreSQL'] : [])];
  print({ event: 'starting', text: `Starting ${servers.slice(0, -1).join(', ')} and ${servers.at(-1)} of our own …` });
  const stack = await startServers(options.sink, folder);
  try {
    await createStream({ url: stack.kinesis.url, name: stream, shards });
    for (const name of workers) {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, configuration({ kinesis: stack.kinesis.url, dynamo: stack.dynamo.url, sink: options.sink, url: stack.url }));
      running.push(await startDemoWorker({ name, file }));
    }
    const page = `${running[0]?.url ?? ''}/`;
    if (options.page) print({ event: 'page', text: `Status page   ${page}`, url: page });
    print({ event: 'database', text: `Database      ${stack.url}`, url: stack.url });
    const ending = options.forMs === undefined ? options.stop : AbortSignal.any([options.stop, afterMs(machine, options.forMs, done.signal)]);
    const fed = runFeed({ url: stack.kinesis.url, stream, feed: createFeed(feed), ratePerSecond: options.ratePerSecond, machine, signal: ending });
    await Promise.race([Promise.all([fed, report(options, running, ending)]), brokenWorker(running, ending)]);
    print({ event: 'draining', text: 'Draining …' });
    return await drain(running, print);
  } finally {
    done.abort();
    for (const worker of running) worker.end();
    await Promise.allSettled(running.map(({ exited }) => exited));
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rejects when a worker ends before anybody asked it to; never resolves. */
async function brokenWorker(running: readonly DemoWorker[], ending: AbortSignal): Promise<never> {
  const first = await Promise.race(running.map(async ({ name, exited }) => ({ name, code: await exited })));
  if (ending.aborted) return new Promise(() => undefined);
  throw new Error(`${first.name} ended with ${first.code} on its own. The demo ends; see what it said above.`);
}

async function drain(running: readonly DemoWorker[], print: DemoOptions['print']): Promise<number> {
  for (const worker of running) worker.end();
  const codes = await Promise.all(running.map(({ exited }) => exited));
  const drained = codes.every((code) => code === 0);
  const text = drained ? 'Drained: every position is saved.' : `Not every worker drained (exit codes ${codes.join(', ')}).`;
  print({ event: 'drained', text, exitCodes: codes });
  return drained ? 0 : 1;
}

function afterMs(machine: Machine, delayMs: number, cancelled: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const cancel = machine.timers.after(delayMs, () => controller.abort());
  cancelled.addEventListener('abort', cancel, { once: true });
  return controller.signal;
}
