// What the worker promises of its speed: start to ready, a look at 1,000 shards, CPU while 64 shards are quiet, memory in the demo.
// Prints a line for each with its limit, and exits with 1 when one is missed. Build first: workers run from `dist`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createStream, type EmbeddedStack, newDatabase, startStack } from '@shardfold/embedded';
import { until } from '../../test/support/until.ts';
import { parseMetrics, startWorker, sumOf, type WorkerProcess } from '../../test/support/worker-process.ts';
import { lookCosts } from './looks.ts';

interface Line {
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
  readonly unit: string;
}

const main = fileURLToPath(new URL('../../packages/worker/dist/main.js', import.meta.url));
const starts = 5;
const lookedAtShards = 1_000;
const looks = 51;
const quietShards = 64;
/** The first minute is the compiler's. */
const settleMs = 60_000;
const quietMs = 30_000;
const demoSeconds = 30;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function configuration(stack: EmbeddedStack, application: string, stream: string, port: number): Promise<string> {
  return `
application: ${application}
aws: { region: us-east-1 }
source: { endpoint: "${stack.kinesis.url}", streams: [${stream}], start: trim-horizon, pollInterval: 1s }
lease: { endpoint: "${stack.dynamo.url}" }
sinks: { main: { kind: postgres, url: "${await newDatabase(stack.postgres.url)}" } }
http: { host: 127.0.0.1, port: ${port} }
log: { format: json }
`;
}

async function end(worker: WorkerProcess): Promise<void> {
  worker.signal('SIGTERM');
  await worker.exited;
}

/** Asks again at once: a poll's pause would be measured too. */
async function answered(url: string): Promise<void> {
  for (;;) {
    const isOk = await fetch(url, { headers: { connection: 'close' } }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isOk) return;
    await sleep(5);
  }
}

async function startToReady(stack: EmbeddedStack): Promise<Line> {
  const taken: number[] = [];
  const stream = `bench-start-${process.pid}`;
  await createStream({ url: stack.kinesis.url, name: stream, shards: 4 });
  for (let run = 0; run < starts; run += 1) {
    const port = await freePort();
    const yaml = await configuration(stack, `${stream}-${run}`, stream, port);
    const startedMs = performance.now();
    const worker = startWorker(`start-${run}`, yaml);
    await answered(`http://127.0.0.1:${port}/readyz`);
    taken.push(performance.now() - startedMs);
    await end(worker);
  }
  return { what: `start to ready on a new lease table, worst of ${starts}`, measured: Math.max(...taken) / 1_000, limit: 1.5, unit: 's' };
}

async function metricsOfMany(): Promise<readonly Line[]> {
  const costs = await lookCosts(lookedAtShards, looks);
  return costs
    .filter(({ path }) => path === '/metrics')
    .map(({ path, medianMs }) => ({ what: `${path} with ${lookedAtShards} shards, median of ${looks}`, measured: medianMs, limit: 50, unit: 'ms' }));
}

async function quietCpu(stack: EmbeddedStack): Promise<Line> {
  const stream = `bench-quiet-${process.pid}`;
  await createStream({ url: stack.kinesis.url, name: stream, shards: quietShards });
  const worker = startWorker('quiet', await configuration(stack, stream, stream, 0));
  try {
    await until('every shard to be held', async () => sumOf(await worker.metrics(), 'shardfold_shards_owned') === quietShards);
    await sleep(settleMs);
    const cpuSeconds = async () => sumOf(await worker.metrics(), 'process_cpu_seconds_total');
    const before = await cpuSeconds();
    const startedMs = performance.now();
    await sleep(quietMs);
    const used = (await cpuSeconds()) - before;
    const share = (used / (performance.now() - startedMs)) * 1_000;
    return { what: `CPU with ${quietShards} quiet shards asked once a second`, measured: share * 100, limit: 5, unit: '% of a core' };
  } finally {
    await end(worker);
  }
}

/** As a user runs it; one of its two workers is looked at. */
async function demoMemory(): Promise<Line> {
  const demo = spawn(process.execPath, [main, 'demo', '--for', `${demoSeconds}s`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(demo, 'close');
  let url: string | undefined;
  createInterface({ input: demo.stdout }).on('line', (line) => {
    url ??= /^Status page\s+(\S+)\/$/.exec(line)?.[1];
  });
  let most = 0;
  const over = new AbortController();
  void exited.finally(() => over.abort());
  while (!over.signal.aborted) {
    await sleep(500, undefined, { signal: over.signal }).catch(() => undefined);
    const text =
      url === undefined
        ? ''
        : await fetch(`${url}/metrics`, { headers: { connection: 'close' } })
            .then((answer) => answer.text())
            .catch(() => '');
    most = Math.max(most, sumOf(parseMetrics(text), 'process_resident_memory_bytes'));
  }
  return { what: `highest RSS of a worker of the demo in ${demoSeconds} s`, measured: most / 1_000_000, limit: 150, unit: 'MB' };
}

async function onStack(): Promise<readonly Line[]> {
  const stack = await startStack();
  try {
    return [await startToReady(stack), await quietCpu(stack)];
  } finally {
    await stack.stop();
  }
}

const lines = [...(await onStack()), ...(await metricsOfMany()), await demoMemory()];
for (const { what, measured, limit, unit } of lines)
  console.log(`${measured > 0 && measured < limit ? 'pass' : 'FAIL'}  ${what}: ${measured.toFixed(2)} ${unit} (limit ${limit})`);
process.exitCode = lines.every(({ measured, limit }) => measured > 0 && measured < limit) ? 0 : 1;
