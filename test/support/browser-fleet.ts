// Made-up fleets for the status page: what a worker would say of them. The headline is judged by the worker's own rules; the rest is
// material.
import type { LetterView, ShardView, SinkView, StatusView } from '../../packages/worker/src/http/page/browser/wire.ts';
import { judge } from '../../packages/worker/src/status/verdict.ts';

export const nowMs = Date.UTC(2026, 10, 20, 12, 0, 0);
const hashKeys = 2n ** 128n;
const worker = 'orders-7f9c-1';
const workers = [worker, 'orders-7f9c-2', 'orders-7f9c-3', 'orders-7f9c-4'];

export const shardName = (index: number) => `shardId-${String(index).padStart(12, '0')}`;

export function shardView(index: number, of: number, change: Partial<ShardView> = {}): ShardView {
  const owner = workers[Math.floor((index * workers.length) / of)] ?? worker;
  const held = owner === worker;
  return {
    lease: shardName(index),
    shard: shardName(index),
    stream: 'orders-cdc',
    owner,
    held,
    state: held ? 'running' : 'elsewhere',
    stateMs: held ? 3_600_000 : null,
    trouble: null,
    position: `4966${String(index).padStart(5, '0')}77315834827349182034828475839203948573`,
    readAtMs: nowMs - 1_200 - index,
    ageMs: 1_200 + (index % 7) * 350,
    behindLatestMs: held ? 0 : null,
    lagMs: held ? 120 : 1_200 + (index % 7) * 350,
    isLate: false,
    processingMs: held ? 12 : null,
    unownedMs: null,
    inFlightRecords: held ? 14 + index : 0,
    recordsPerSecond: held ? 180 + ((index * 37) % 90) : 0,
    bytesPerSecond: 96_000 + ((index * 5_381) % 40_000),
    counter: String(40_000 + index),
    parents: [],
    children: [],
    hashRange: { start: String((hashKeys * BigInt(index)) / BigInt(of)), end: String((hashKeys * BigInt(index + 1)) / BigInt(of) - 1n) },
    lastError: null,
    ...change,
  };
}

export const sinkView: SinkView = {
  name: 'main',
  kind: 'postgres',
  state: 'ok',
  waitingMs: null,
  blocked: [],
  blockedCount: 0,
  silentMs: 3,
  rowsPerSecond: 1_840,
  writes: { count: 412, p50Ms: 3.4, p99Ms: 21 },
  askedMs: 4_000,
  server: 'PostgreSQL 18.1',
  latencyMs: 0.8,
  connections: { open: 4, idle: 2, waiting: 0, max: 10 },
  remarks: [],
  lastError: null,
};

export const letterView: LetterView = {
  id: '9f2c4b1d77e04a3db1c0c5d2f6aa9e31',
  failedAtMs: nowMs - 95_000,
  worker,
  stream: 'orders-cdc',
  shard: shardName(3),
  sequence: '49660000377315834827349182034828475839203948573',
  stage: 'write',
  sink: 'main',
  target: 'public.orders',
  key: '{"customer":"ann","no":17}',
  code: '22P05',
  message: 'unsupported Unicode escape sequence: \\u0000 cannot be converted to text.',
  beginning:
    '{"awsRegion":"eu-west-1","eventName":"MODIFY","tableName":"orders","dynamodb":{"Keys":{"customer":{"S":"ann"},"no":{"N":"17"}},"NewImage":{"note":{"S":"a\\u0000b"}}}}',
};

function history(samples: number, lag: (index: number) => number) {
  const indexes = Array.from({ length: samples }, (_, index) => index);
  const wave = (index: number, period: number) => Math.sin((index * 2 * Math.PI) / period);
  return {
    atMs: indexes.map((index) => nowMs - (samples - 1 - index) * 2_000),
    recordsPerSecond: indexes.map((index) => 1_850 + 260 * wave(index, 70) + 90 * wave(index, 11)),
    rowsPerSecond: indexes.map((index) => 1_790 + 255 * wave(index - 1, 70) + 80 * wave(index, 13)),
    lagMs: indexes.map(lag),
    elsewhereLagMs: indexes.map((index) => 2_300 + 900 * wave(index, 90) + 300 * wave(index, 13)),
  };
}

/** A fleet with these shards, judged. */
export function fleetStatus(change: Partial<StatusView> & { readonly shards: readonly ShardView[] }, samples = 300): StatusView {
  const status: StatusView = {
    application: 'orders-to-postgres',
    worker,
    version: '0.1.0',
    state: 'running',
    startedAt: new Date(nowMs - 11_000_000).toISOString(),
    uptimeMs: 11_000_000,
    nowMs,
    verdict: { level: 'good', title: '', problems: [] },
    source: { kind: 'kinesis', mode: 'polling', streams: ['orders-cdc'] },
    recordsPerSecond: 1_873,
    inFlightBytes: 1_900_000,
    bufferBytes: 67_108_864,
    lastError: null,
    sinks: [sinkView],
    deadLetters: { sinceStart: 0, lastFiveMinutes: 0, keptByAllApplications: 0, keptMore: false, recent: [] },
    lettersAway: null,
    leftOut: { noRule: 0, filtered: 0, ignored: 0 },
    history: history(samples, (index) => 150 + 60 * Math.sin(index / 4)),
    ...change,
  };
  const verdict = judge({
    ...status,
    leaseMs: 10_000,
    sourceTroubles: [],
    leasesAway: undefined,
    gaps: 0,
    newLetters: status.deadLetters.lastFiveMinutes,
    lastLetter: status.deadLetters.recent[0],
    stalled: [],
    lastError: undefined,
    shrinksBy: undefined,
  });
  return { ...status, verdict };
}

export function evenShards(count: number): readonly ShardView[] {
  return Array.from({ length: count }, (_, index) => shardView(index, count));
}

/** Eight shards, of which the third was split and the sixth and seventh were merged. */
export function reshardedShards(): readonly ShardView[] {
  const done = {
    state: 'done',
    owner: null,
    held: false,
    position: 'shard-end',
    ageMs: null,
    lagMs: null,
    behindLatestMs: null,
    inFlightRecords: 0,
    processingMs: null,
    recordsPerSecond: 0,
  } as const;
  const start = (index: number) => (hashKeys * BigInt(index)) / 16n;
  const range = (from: number, to: number) => ({ hashRange: { start: String(start(from)), end: String(start(to) - 1n) } });
  const parents = evenShards(8).map((shard, index) => (index === 2 || index === 5 || index === 6 ? { ...shard, ...done } : shard));
  return [
    ...parents,
    shardView(8, 11, { ...range(4, 5), parents: [shardName(2)], owner: workers[0] ?? null, held: true, state: 'running', lagMs: 90 }),
    shardView(9, 11, { ...range(5, 6), parents: [shardName(2)] }),
    shardView(10, 11, { ...range(10, 14), parents: [shardName(5), shardName(6)] }),
  ];
}

export const scenes: Readonly<Record<string, () => StatusView>> = {
  well: () => fleetStatus({ shards: reshardedShards() }),
  'dead sink': () => {
    const lastError = 'Cannot reach PostgreSQL at db.internal:5432 (ECONNREFUSED). The worker waits and tries again; look whether the server is up.';
    const shards = reshardedShards().map((shard) =>
      shard.held ? { ...shard, lagMs: 94_000, processingMs: 94_000, isLate: true, recordsPerSecond: 0 } : shard,
    );
    return fleetStatus({
      shards,
      recordsPerSecond: 0,
      inFlightBytes: 60_000_000,
      sinks: [
        { ...sinkView, state: 'waiting', waitingMs: 94_000, rowsPerSecond: 0, lastError, writes: null, askedMs: 107_000 },
        { ...sinkView, name: 'archive', kind: 'mongodb', server: 'MongoDB 8.0', rowsPerSecond: 12 },
      ],
      history: history(300, (index) => Math.max(150, (index - 253) * 2_000)),
    });
  },
  unowned: () => {
    const shards = reshardedShards().map((shard, index) =>
      index === 1 || index === 9 ? { ...shard, owner: null, held: false, state: 'unowned' as const, unownedMs: 47_000, lagMs: 50_000 } : shard,
    );
    return fleetStatus({ shards, deadLetters: { sinceStart: 3, lastFiveMinutes: 3, keptByAllApplications: 41, keptMore: false, recent: [letterView] } });
  },
  'blocked table': () => {
    const error = 'PostgreSQL: the user may not do this (42501: permission denied for table audit). It is tried again. Grant it.';
    return fleetStatus({
      shards: reshardedShards(),
      sinks: [{ ...sinkView, state: 'partly', blocked: [{ table: 'audit', waitingMs: 47_000, error }], blockedCount: 1 }],
      deadLetters: { sinceStart: 0, lastFiveMinutes: 0, keptByAllApplications: null, keptMore: false, recent: [] },
      leftOut: { noRule: 1_204, filtered: 30, ignored: 7 },
    });
  },
  'letters away': () =>
    fleetStatus({
      shards: reshardedShards(),
      sinks: [{ ...sinkView, silentMs: 12_000 }],
      lettersAway: { place: 'bucket orders-dead-letters', waitingMs: 62_000, error: 'S3 cannot be reached (ECONNREFUSED). It is tried again.' },
    }),
  many: () =>
    fleetStatus({
      shards: evenShards(1_000).map((shard, index) => {
        if (index === 400) return { ...shard, owner: null, held: false, state: 'unowned', unownedMs: 61_000 };
        return index % 97 === 5 && shard.held
          ? { ...shard, trouble: { attempts: 4, error: 'A row is too large.', sinceMs: 21_000 }, state: 'retrying' }
          : shard;
      }),
    }),
  young: () => fleetStatus({ shards: evenShards(4), uptimeMs: 5_000 }, 3),
};
