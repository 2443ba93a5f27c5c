// What one look at a worker of a thousand shards costs: `/metrics` and `/status`, from the request to the last byte, over a socket of
// this machine. `--shards N`, `--runs N`. It measures, it asserts nothing.
import { parseArgs } from 'node:util';
import type { ConsumerStatus, ShardRef, ShardStatus } from '@shardfold/consumer';
import { createHttpServer } from '../../packages/worker/src/http/server.ts';
import { createMetrics } from '../../packages/worker/src/observe/metrics.ts';
import { createFleet } from '../../packages/worker/src/status/fleet.ts';
import { fleetStatus } from '../../test/support/browser-fleet.ts';

const { values } = parseArgs({ options: { shards: { type: 'string', default: '1000' }, runs: { type: 'string', default: '51' } } });
const shardCount = Number(values.shards);
const runs = Number(values.runs);
const warmUps = 5;
const wallMs = Date.UTC(2026, 10, 1);

function shardOf(index: number): ShardStatus {
  const shardId = `shardId-${String(index).padStart(12, '0')}`;
  const shard: ShardRef = { stream: 'orders-cdc', shardId, key: shardId, hashRange: { start: String(index), end: String(index + 1) } };
  return {
    shard,
    owner: 'worker-0',
    unowned: false,
    position: { kind: 'sequence', sequence: `4966${index}77315834827349182034828475839203948573`, subSequence: 0 },
    held: true,
    caughtUp: true,
    behindLatestMs: index,
    inFlightRecords: index % 50,
    lastError: undefined,
    state: 'running',
    stateMs: 1_000,
    trouble: undefined,
    processingMs: 12,
    readMs: wallMs - index,
  };
}

const shards = Array.from({ length: shardCount }, (_, index) => shardOf(index));
const leases = shards.map(({ shard: { key, shardId }, position }) => ({
  key,
  shardId,
  owner: 'worker-0',
  counter: 7n,
  position,
  ownerSwitches: 0n,
  parents: [],
  children: [],
  bell: 0n,
}));
const status: ConsumerStatus = { worker: 'worker-0', state: 'running', reached: true, settled: true, shards, leases, inFlightBytes: 0, loops: [] };
const fleet = createFleet({ monotonicMs: () => performance.now(), wallMs: () => wallMs }, 10_000);
const metrics = createMetrics({ version: '0', streams: ['orders-cdc'], sinks: ['main'] });

async function timed(url: string): Promise<{ readonly ms: number; readonly bytes: number }> {
  const startedMs = performance.now();
  const body = await (await fetch(url)).arrayBuffer();
  return { ms: performance.now() - startedMs, bytes: body.byteLength };
}

async function measure(path: string, url: string): Promise<void> {
  const taken: number[] = [];
  let bytes = 0;
  for (let run = 0; run < warmUps + runs; run += 1) {
    const once = await timed(`${url}${path}`);
    bytes = once.bytes;
    if (run >= warmUps) taken.push(once.ms);
  }
  taken.sort((a, b) => a - b);
  const ms = (share: number) => `${(taken[Math.min(taken.length - 1, Math.floor(share * taken.length))] ?? 0).toFixed(1)} ms`;
  console.log(`${path.padEnd(9)} ${shardCount} shards  median ${ms(0.5)}  worst ${ms(1)}  ${Math.round(bytes / 1_024)} KiB`);
}

const server = createHttpServer({
  host: '127.0.0.1',
  port: 0,
  probes: {
    livez: () => ({ ok: true, stalled: [] }),
    readyz: () => true,
    metrics: (openMetrics) => metrics.render(status, openMetrics),
    status: () => fleetStatus({ shards: fleet.views(status) }),
  },
});
const { url } = await server.listen();
await measure('/metrics', url);
await measure('/status', url);
await server.close();
