// Judges how near the configuration comes to what the services allow. Pure.
import type { Config } from '../config/config.ts';
import type { Finding } from './finding.ts';

export interface CapacityFacts {
  readonly openShards: number;
  /** Write and read units a second; absent where the table pays per request or nobody knows. */
  readonly provisioned?: { readonly writes: number; readonly reads: number };
}

/** GetRecords calls of a shard in a second, all readers together. */
const callsPerShard = 5;
const secondMs = 1_000;
/** From this share on, a burst or a second worker goes over it. */
const nearShare = 0.8;
/** Renewals happen at this share of the lease duration. */
const renewalShare = 0.5;

function judgePace({ source }: Config): readonly Finding[] {
  if (source.kind !== 'kinesis' || source.mode === 'fan-out' || source.limits === 'none') return [];
  const calls = secondMs / source.pollIntervalMs;
  if (calls <= callsPerShard / 2) return [];
  return [
    {
      id: 'limits.reads',
      severity: 'warning',
      what: `Each shard is asked up to ${Number(calls.toFixed(1))} times a second; Kinesis allows ${callsPerShard} to all readers together, so there is no room for another reader.`,
      remedy: 'Raise source.pollInterval, or set source.mode: fan-out.',
    },
  ];
}

/** Renewals and checkpoints of all workers together; a checkpoint is a renewal too. */
export function leaseWritesPerSecond({ lease, checkpoint }: Pick<Config, 'lease' | 'checkpoint'>, shards: number): number {
  return (shards * secondMs) / Math.min(checkpoint.intervalMs, lease.durationMs * renewalShare);
}

function judgeTable(config: Config, { openShards, provisioned }: CapacityFacts): readonly Finding[] {
  if (provisioned === undefined) return [];
  const needed = leaseWritesPerSecond(config, openShards);
  const share = needed / provisioned.writes;
  const numbers = `${openShards} shards need about ${Math.ceil(needed)} write units a second, and the table has ${provisioned.writes}`;
  const remedy = `Switch the table to on-demand capacity, or give it ${Math.ceil(needed / nearShare)} write units; a longer checkpoint.interval needs fewer.`;
  if (share > 1)
    return [
      { id: 'limits.lease-table', severity: 'fault', what: `The lease table is too small: ${numbers}. Renewals would be throttled and leases lost.`, remedy },
    ];
  if (share > nearShare) return [{ id: 'limits.lease-table', severity: 'warning', what: `The lease table is nearly too small: ${numbers}.`, remedy }];
  return [{ id: 'limits.lease-table', severity: 'ok', what: `The lease table is large enough: ${numbers}.` }];
}

function judgeShare({ lease: { maxPerWorker } }: Config, { openShards }: CapacityFacts): readonly Finding[] {
  if (openShards <= maxPerWorker) return [];
  const workers = Math.ceil(openShards / maxPerWorker);
  return [
    {
      id: 'limits.workers',
      severity: 'note',
      what: `${openShards} shards need ${workers} workers, since each takes ${maxPerWorker} at most.`,
      remedy: `Run ${workers} workers or more, or raise lease.maxPerWorker.`,
    },
  ];
}

function judgeTombstones(config: Config, retentionMs: number | undefined): readonly Finding[] {
  const short = config.tables.find(({ tombstoneRetentionMs }) => retentionMs !== undefined && tombstoneRetentionMs < retentionMs);
  if (short === undefined) return [];
  return [
    {
      id: 'limits.tombstones',
      severity: 'warning',
      what: `Deletes of table ${short.source} are forgotten sooner than the stream forgets records: a stream that is read again could bring deleted rows back.`,
      remedy: "Set tables[].tombstones.retention to more than the stream's retention.",
    },
  ];
}

/** `retentionMs`: of the stream that keeps its records longest. */
export function judgeLimits(config: Config, facts: CapacityFacts, retentionMs: number | undefined): readonly Finding[] {
  return [...judgePace(config), ...judgeTable(config, facts), ...judgeShare(config, facts), ...judgeTombstones(config, retentionMs)];
}
