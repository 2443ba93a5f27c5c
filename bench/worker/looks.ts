// What one look at a worker of many shards costs: `/metrics` and `/status`, from the request to the last byte, over a socket of this
// machine. It prints nothing.
import type { ConsumerStatus, ShardRef, ShardStatus } from '@shardfold/consumer';
import { createHttpServer } from '../../packages/worker/src/http/server.ts';
import { createMetrics } from '../../packages/worker/src/observe/metrics.ts';
import { createFleet } from '../../packages/worker/src/status/fleet.ts';
import { fleetStatus } from '../../test/support/browser-fleet.ts';

export interface LookCost {
  readonly path: '/metrics' | '/status';
  readonly medianMs: number;
  readonly worstMs: number;
  readonly bytes: number;
}

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

async function timed(url: string): Promise<{ readonly ms: number; readonly bytes: number }> {
  const startedMs = performance.now();
  const body = await (await fetch(url)).arrayBuffer();
  return { ms: performance.now() - startedMs, bytes: body.byteLength };
}

async function measure(path: LookCost['path'], url: string, runs: number): Promise<LookCost> {
  const taken: number[] = [];
  let bytes = 0;
  for (let run = 0; run < warmUps + runs; run += 1) {
    const once = await timed(`${url}${path}`);
    bytes = once.bytes;
    if (run >= warmUps) taken.push(once.ms);
  }
  taken.sort((a, b) => a - b);
  return { path, medianMs: taken[Math.floor(taken.length / 2)] ?? Number.NaN, worstMs: taken.at(-1) ?? Number.NaN, bytes };
}

export async function lookCosts(shardCount: number, runs: number): Promise<readonly LookCost[]> {
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
  try {
    return [await measure('/metrics', url, runs), await measure('/status', url, runs)];
  } finally {
    await server.close();
  }
}
