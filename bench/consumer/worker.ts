// One worker of ours whose processor counts: a process that prints what it has done as a line of JSON for each line on its standard
// input, and stops at SIGTERM. It knows no measurement. Its settings come as JSON in the last argument.
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { createConsumer, type Processor } from '@shardfold/consumer';
import type { Place, Sample } from './systems/system.ts';

/** `parse`: JSON.parse of every record. `hang`: a batch is never done, until the worker stops. */
export type Mode = 'count' | 'parse' | 'hang';

export interface WorkerSettings extends Place {
  readonly mode: Mode;
  readonly bufferBytes: number;
}

const { mode, application, stream, kinesisUrl, dynamoUrl, bufferBytes } = JSON.parse(process.argv.at(-1) ?? '') as WorkerSettings;
/** The loop's timer is due so often; what it is late is what is beyond. */
const resolutionMs = 5;
const nanosPerMs = 1e6;

const loop = monitorEventLoopDelay({ resolution: resolutionMs });
const shards = new Set<string>();
let records = 0;
let firstRecordMs: number | undefined;

const processor: Processor = {
  async process(batch, { shard, drain }) {
    if (batch.records.length === 0) return;
    firstRecordMs ??= Date.now();
    shards.add(shard.shardId);
    if (mode === 'hang' && !drain.aborted) await once(drain, 'abort');
    if (mode === 'parse') for (const record of batch.records) JSON.parse(record.text());
    records += batch.records.length;
  },
};

function sample(): Sample {
  const { user, system } = process.cpuUsage();
  const { heapUsed, external } = process.memoryUsage();
  const loopDelayMs = Math.max(0, loop.percentile(99) / nanosPerMs - resolutionMs);
  loop.reset();
  return {
    atMs: performance.now(),
    records,
    shards: shards.size,
    ...(firstRecordMs === undefined ? {} : { firstRecordMs }),
    cpuMs: (user + system) / 1000,
    loopDelayMs,
    heapBytes: heapUsed + external,
  };
}

const consumer = createConsumer({
  application,
  streams: [stream],
  start: { kind: 'trim-horizon' },
  worker: 'bench-worker',
  kinesis: { endpoint: kinesisUrl, region: 'us-east-1' },
  dynamodb: { endpoint: dynamoUrl, region: 'us-east-1' },
  // As the peers: by time alone.
  checkpoint: { intervalMs: 5_000, records: Number.MAX_SAFE_INTEGER },
  bufferBytes,
  limits: 'none',
  processor,
});
const asked = createInterface({ input: process.stdin });
asked.on('line', () => process.stdout.write(`${JSON.stringify(sample())}\n`));
process.once('SIGTERM', () => {
  asked.close();
  void consumer.stop();
});
loop.enable();
await consumer.run();
