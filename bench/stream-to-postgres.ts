// Records a second from a stream to PostgreSQL by one worker process, beside the database's own bulk upsert of as many rows in the
// same run. Prints a table; `--records N`, `--runs N`. It measures, it asserts nothing.
import { parseArgs } from 'node:util';
import { createFeed, createStream, newDatabase, runFeed, type SentRecord, startStack } from '@shardfold/embedded';
import { systemMachine } from '@shardfold/lease';
import { until } from '../test/support/until.ts';
import { startWorker, sumOf } from '../test/support/worker-process.ts';
import { bulkUpsert } from './bulk-upsert.ts';

interface Run {
  readonly streamPerSecond: number;
  readonly cpuMicrosPerRecord: number;
  readonly bulkPerSecond: number;
}

const { values } = parseArgs({ options: { records: { type: 'string', default: '60000' }, runs: { type: 'string', default: '3' } } });
const records = Number(values.records);
const runs = Number(values.runs);
const shards = 4;

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

async function measure(stack: Awaited<ReturnType<typeof startStack>>, run: number): Promise<Run> {
  const stream = `bench-${process.pid}-${run}`;
  const database = await newDatabase(stack.postgres.url);
  await createStream({ url: stack.kinesis.url, name: stream, shards });
  const sent: SentRecord[] = [];
  const feed = createFeed({ seed: run, tables: ['orders', 'customers'], keys: records / 4, duplicateRatio: 0, disorderRatio: 0 });
  await runFeed({
    url: stack.kinesis.url,
    stream,
    feed,
    ratePerSecond: Number.POSITIVE_INFINITY,
    records,
    machine: systemMachine,
    onSent: (batch) => void sent.push(...batch),
  });

  const worker = startWorker(
    `bench-${run}`,
    `
application: ${stream}
aws: { region: us-east-1 }
source: { endpoint: "${stack.kinesis.url}", streams: [${stream}], start: trim-horizon, pollInterval: 10ms, limits: none }
lease: { endpoint: "${stack.dynamo.url}" }
sinks: { main: { kind: postgres, url: "${database}" } }
http: { host: 127.0.0.1, port: 0 }
log: { format: json }
`,
  );
  try {
    await until('the first records', async () => sumOf(await worker.metrics(), 'shardfold_fetch_records_total') > 0);
    const startedMs = performance.now();
    const before = await worker.metrics();
    const done = await until('every change', async () => {
      const now = await worker.metrics();
      return sumOf(now, 'shardfold_changes_total') >= sent.length && now;
    });
    const seconds = (performance.now() - startedMs) / 1000;
    const count = sumOf(done, 'shardfold_changes_total') - sumOf(before, 'shardfold_changes_total');
    const cpuSeconds = sumOf(done, 'process_cpu_seconds_total') - sumOf(before, 'process_cpu_seconds_total');
    const bulkPerSecond = await bulkUpsert(
      await newDatabase(stack.postgres.url),
      sent.map(({ data, sequence }) => ({ text: data, sequence })),
    );
    return { streamPerSecond: count / seconds, cpuMicrosPerRecord: (cpuSeconds / count) * 1e6, bulkPerSecond };
  } finally {
    worker.signal('SIGTERM');
    await worker.exited;
  }
}

const stack = await startStack({ durable: true });
const all: Run[] = [];
try {
  for (let run = 0; run < runs; run += 1) {
    const measured = await measure(stack, run);
    all.push(measured);
    process.stdout.write(
      `run ${run + 1}: stream to PostgreSQL ${measured.streamPerSecond.toFixed(0)} records/s (${measured.cpuMicrosPerRecord.toFixed(1)} µs of worker CPU a record), bulk upsert ${measured.bulkPerSecond.toFixed(0)} rows/s\n`,
    );
  }
} finally {
  await stack.stop();
}
const streamPerSecond = median(all.map((run) => run.streamPerSecond));
const ratio = median(all.map((run) => run.streamPerSecond / run.bulkPerSecond));
process.stdout.write(
  `median of ${runs}: ${streamPerSecond.toFixed(0)} records/s, ${(ratio * 100).toFixed(0)} % of the bulk upsert beside it, ${median(all.map((run) => run.cpuMicrosPerRecord)).toFixed(1)} µs of worker CPU a record\n`,
);
