// Puts a consumer together for AWS: clients, lease table, polling source. It holds no policy beyond the defaults.
import { hostname } from 'node:os';
import { createCoordinator, createDynamoClient, dynamodbLeaseStore, type Machine, type Position, systemMachine, type TableCreation } from '@shardfold/lease';
import { assembleConsumer } from './consumer.ts';
import { ConsumerError } from './errors.ts';
import { createKinesisClient, type KinesisAccess } from './kinesis/client.ts';
import type { ReadLimits } from './kinesis/pace.ts';
import { createPollingSource } from './kinesis/polling-source.ts';
import { childrenOf, identifyPatiently, listShardsAtPatiently, listShardsPatiently } from './kinesis/shards.ts';
import { createByteBudget } from './memory/byte-budget.ts';
import type { Consumer, ConsumerEvent, Processor, StartPosition } from './types.ts';

export interface ConsumerOptions {
  /** Names the fleet and, unless `lease.table` says otherwise, its lease table. */
  readonly application: string;
  /** One stream for now. */
  readonly streams: readonly string[];
  /** Where a fleet starts that has no positions yet. */
  readonly start: StartPosition;
  readonly processor: Processor;
  /** Unique in the fleet. Default: the host's name and a part of this process's id. */
  readonly worker?: string;
  readonly kinesis?: KinesisAccess;
  readonly dynamodb?: KinesisAccess;
  /** `creation`: how the lease table is made when there is none. */
  readonly lease?: { readonly table?: string; readonly durationMs?: number; readonly maxPerWorker?: number; readonly creation?: TableCreation };
  readonly checkpoint?: { readonly intervalMs?: number; readonly records?: number };
  readonly pollIntervalMs?: number;
  readonly limits?: ReadLimits;
  /** Bytes of records in memory, all shards together. */
  readonly bufferBytes?: number;
  /** Batches of a shard in the processor at once. */
  readonly maxInFlight?: number;
  readonly drainTimeoutMs?: number;
  readonly shardSyncIntervalMs?: number;
  /** Called in the midst of the flow: it returns soon and does not throw. */
  onEvent?(event: ConsumerEvent): void;
  readonly machine?: Machine;
}

const defaults = {
  durationMs: 10_000,
  maxPerWorker: 1_000,
  intervalMs: 5_000,
  records: 5_000,
  pollIntervalMs: 1_000,
  bufferBytes: 64 * 1024 * 1024,
  maxInFlight: 1,
  drainTimeoutMs: 25_000,
  shardSyncIntervalMs: 60_000,
};

/**
 * The times of the lease protocol for a lease duration: fence, renewal and time-out keep the proportions of its example
 * (10 s: 8.5, 5 and 1 s), whose inequalities then hold.
 */
export function leaseTimes(durationMs: number) {
  return { durationMs, fenceMs: durationMs * 0.85, renewIntervalMs: durationMs * 0.5, requestTimeoutMs: durationMs * 0.1 };
}

function startOf(start: StartPosition): Position {
  return start.kind === 'timestamp' ? { kind: 'at-timestamp' } : start;
}

function streamOf(options: ConsumerOptions): string {
  const [stream, ...others] = options.streams;
  if (stream === undefined || others.length > 0)
    throw new ConsumerError(
      'OPTIONS_INVALID',
      `Exactly one stream can be read for now; ${options.streams.length} were given. Nothing was started. Run one consumer per stream, each with an application name of its own.`,
      { retryable: false },
    );
  return stream;
}

/** Throws `ConsumerError` OPTIONS_INVALID; nothing is contacted before `run`. */
export function createConsumer(options: ConsumerOptions): Consumer {
  const machine = options.machine ?? systemMachine;
  const stream = streamOf(options);
  const incarnation = machine.random.id();
  const worker = options.worker ?? `${hostname()}-${incarnation.slice(0, 8)}`;
  const onEvent = options.onEvent ?? (() => undefined);
  const kinesis = createKinesisClient(options.kinesis ?? {});
  const times = leaseTimes(options.lease?.durationMs ?? defaults.durationMs);
  const dynamodb = createDynamoClient({ ...options.dynamodb, requestTimeoutMs: times.requestTimeoutMs, maxAttempts: 1 });
  const { application } = options;
  const { table = application, creation = {} } = options.lease ?? {};
  const store = dynamodbLeaseStore({ client: dynamodb, table, application, creation, timers: machine.timers, times });
  const budget = createByteBudget(options.bufferBytes ?? defaults.bufferBytes);
  const listing = { client: kinesis, stream, machine, onEvent };
  const shards = (signal: AbortSignal) => listShardsPatiently(listing, signal);
  const { start } = options;
  const source = createPollingSource({
    client: kinesis,
    machine,
    budget,
    limits: options.limits ?? 'aws',
    pollIntervalMs: options.pollIntervalMs ?? defaults.pollIntervalMs,
    onEvent,
  });
  return assembleConsumer({
    worker,
    stream,
    start: options.start,
    machine,
    source,
    processor: options.processor,
    budget,
    maxInFlight: options.maxInFlight ?? defaults.maxInFlight,
    checkpoint: { intervalMs: options.checkpoint?.intervalMs ?? defaults.intervalMs, records: options.checkpoint?.records ?? defaults.records },
    drainTimeoutMs: options.drainTimeoutMs ?? defaults.drainTimeoutMs,
    coordinate: ({ onHeld }) =>
      createCoordinator({
        store,
        identity: { worker, incarnation },
        machine,
        times,
        limits: { maxPerWorker: options.lease?.maxPerWorker ?? defaults.maxPerWorker },
        streams: [
          {
            leaseKey: (shardId) => shardId,
            start: startOf(start),
            identify: (signal) => identifyPatiently(listing, signal),
            listShards: shards,
            ...(start.kind === 'timestamp' ? { listAtStart: (signal: AbortSignal) => listShardsAtPatiently(listing, start.atMs, signal) } : {}),
          },
        ],
        shardSyncIntervalMs: options.shardSyncIntervalMs ?? defaults.shardSyncIntervalMs,
        onHeld,
        onEvent,
      }),
    children: async (shard, signal) => childrenOf(await shards(signal), shard.shardId),
    onEvent,
    async close() {
      kinesis.destroy();
      await store.close();
    },
  });
}
