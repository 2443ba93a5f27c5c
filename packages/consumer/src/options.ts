// What a consumer can be told, with every default and every check. It builds nothing.
import type { Machine, TableCreation } from '@shardfold/lease';
import { ConsumerError } from './errors.ts';
import type { KinesisAccess } from './kinesis/client.ts';
import { failureFaults, failurePolicy } from './processing/policy.ts';
import type { ReadLimits } from './source/pace.ts';
import type { StreamDescription } from './source/service.ts';
import { isPattern } from './streams/names.ts';
import type { ConsumerEvent, FailureOptions, OnGap, Processor, StartPosition } from './types.ts';

export interface ConsumerOptions {
  /** Names the fleet and, unless `lease.table` says otherwise, its lease table. */
  readonly application: string;
  /**
   * Names, ARNs, or patterns with `*` and `?`. One without a pattern has the KCL's single-stream lease keys, anything else its
   * multi-stream keys. With `kind` dynamodb-streams: tables by name or ARN, or ARNs of their streams.
   */
  readonly streams: readonly string[];
  /** Default: kinesis. */
  readonly kind?: 'kinesis' | 'dynamodb-streams';
  /** Where a fleet starts that has no positions yet; those that there are go before it. */
  readonly start: StartPosition;
  readonly processor: Processor;
  /** What becomes of a batch that the processor rejects; default: it is tried again for ever. */
  readonly failure?: FailureOptions;
  /** Default: polling. `auto`: enhanced fan-out, and polling where its registration is refused. Fan-out costs extra at AWS. */
  readonly mode?: 'polling' | 'fan-out' | 'auto';
  /** `consumerName`: as which the application is registered; default: its own name. `http2`: see `FanOutAccess`. */
  readonly fanOut?: { readonly consumerName?: string; readonly http2?: boolean };
  /** What becomes of a shard whose records the stream forgot before they were read. Default: stop. */
  readonly onGap?: OnGap;
  /** Records of a KPL aggregate whose key belongs to another shard: delivered and flagged (the default), or left out and counted. */
  readonly outsideShard?: 'deliver' | 'drop';
  /** Unique in the fleet. Default: the host's name and a part of this process's id. */
  readonly worker?: string;
  readonly kinesis?: KinesisAccess;
  /** Of the lease table, and with `kind` dynamodb-streams of the tables that are read. */
  readonly dynamodb?: KinesisAccess;
  /**
   * `table`: default the application. `durationMs` (10,000): how long a worker may be silent before others take its shards.
   * `maxPerWorker` (1,000): leases that one worker takes at most. `joinDelayMs` (0): how long a new worker keeps to one lease before it
   * asks the others for its share; in a roll-out those that leave give it theirs. `creation`: how the lease table is made when there is
   * none.
   */
  readonly lease?: {
    readonly table?: string;
    readonly durationMs?: number;
    readonly maxPerWorker?: number;
    readonly joinDelayMs?: number;
    readonly creation?: TableCreation;
  };
  /** A watermark that moved is saved after `intervalMs` (5,000), or `records` (5,000) of the shard, once a second at most. */
  readonly checkpoint?: { readonly intervalMs?: number; readonly records?: number };
  /** How often a shard is asked that has nothing new. Default: 1,000. */
  readonly pollIntervalMs?: number;
  /** `aws` (the default): five calls and 2 MB a second and shard. `none`: for emulators. */
  readonly limits?: ReadLimits;
  /** Bytes of records in memory, all shards together. Default: 64 MiB. */
  readonly bufferBytes?: number;
  /** Batches of a shard above its position at once: in the processor, or done behind one that is not. Default: 1. */
  readonly maxInFlight?: number;
  /** How long a stop may take before it drops what is left. Default: 25,000. */
  readonly drainTimeoutMs?: number;
  /** How often a stream's shards are listed. Default: 60,000. */
  readonly shardSyncIntervalMs?: number;
  /** Why this stream cannot be of use, before any of it is read: reading it ends with that, in STREAM_UNSUITABLE. Undefined: it can. */
  refuse?(stream: StreamDescription): string | undefined;
  /** Called in the midst of the flow: it returns soon and does not throw. */
  onEvent?(event: ConsumerEvent): void;
  readonly machine?: Machine;
}

const defaults = {
  kind: 'kinesis',
  mode: 'polling',
  onGap: 'stop',
  outsideShard: 'deliver',
  limits: 'aws',
  lease: { durationMs: 10_000, maxPerWorker: 1_000, joinDelayMs: 0 },
  checkpoint: { intervalMs: 5_000, records: 5_000 },
  pollIntervalMs: 1_000,
  bufferBytes: 64 * 1024 * 1024,
  maxInFlight: 1,
  drainTimeoutMs: 25_000,
  shardSyncIntervalMs: 60_000,
} as const;

/** Every choice made. */
export function withDefaults(options: ConsumerOptions) {
  const { lease = {}, checkpoint = {} } = options;
  return {
    application: options.application,
    streams: options.streams,
    start: options.start,
    processor: options.processor,
    kind: options.kind ?? defaults.kind,
    mode: options.mode ?? defaults.mode,
    onGap: options.onGap ?? defaults.onGap,
    outsideShard: options.outsideShard ?? defaults.outsideShard,
    limits: options.limits ?? defaults.limits,
    lease: {
      table: lease.table ?? options.application,
      creation: lease.creation ?? {},
      durationMs: lease.durationMs ?? defaults.lease.durationMs,
      maxPerWorker: lease.maxPerWorker ?? defaults.lease.maxPerWorker,
      joinDelayMs: lease.joinDelayMs ?? defaults.lease.joinDelayMs,
    },
    checkpoint: { intervalMs: checkpoint.intervalMs ?? defaults.checkpoint.intervalMs, records: checkpoint.records ?? defaults.checkpoint.records },
    pollIntervalMs: options.pollIntervalMs ?? defaults.pollIntervalMs,
    bufferBytes: options.bufferBytes ?? defaults.bufferBytes,
    maxInFlight: options.maxInFlight ?? defaults.maxInFlight,
    drainTimeoutMs: options.drainTimeoutMs ?? defaults.drainTimeoutMs,
    shardSyncIntervalMs: options.shardSyncIntervalMs ?? defaults.shardSyncIntervalMs,
    failure: failurePolicy(options.failure),
    kinesis: options.kinesis ?? {},
    dynamodb: options.dynamodb ?? {},
    fanOut: options.fanOut ?? {},
    refuse: options.refuse ?? (() => undefined),
    onEvent: options.onEvent ?? (() => undefined),
  };
}

export type ConsumerChoices = ReturnType<typeof withDefaults>;

/** Shorter leases expire before a slow answer of DynamoDB comes. */
const durationMinMs = 1_000;

/** What is wrong, one sentence each; the types tell most of it to those who use them. */
function faultsOf({ application, streams, start, processor, kind, mode, lease, checkpoint, ...choices }: ConsumerChoices): readonly string[] {
  const faults: string[] = [];
  const say = (wrong: boolean, text: string): void => void (wrong && faults.push(text));
  const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
  const atLeast = (least: number, named: Readonly<Record<string, unknown>>): void => {
    for (const [name, value] of Object.entries(named)) {
      say(typeof value !== 'number' || !Number.isFinite(value) || value < least, `${name} is ${String(value)}; it is a number of ${least} or more`);
    }
  };
  say(!isText(application), 'application is missing: it names the fleet and its lease table');
  say(!Array.isArray(streams) || streams.length === 0 || !streams.every(isText), 'streams is a list of at least one name, ARN or pattern');
  say(Array.isArray(streams) && new Set(streams).size < streams.length, 'streams names one twice');
  say(
    Array.isArray(streams) && streams.some((stream) => isText(stream) && stream.startsWith('arn:') && isPattern(stream)),
    'streams has a pattern in an ARN; patterns are of names',
  );
  say(!['trim-horizon', 'latest', 'timestamp'].includes(start?.kind), 'start is missing: { kind: "trim-horizon" }, "latest", or "timestamp" with atMs');
  say(start?.kind === 'timestamp' && !Number.isFinite(start.atMs), 'start.atMs is milliseconds since 1970');
  say(typeof processor?.process !== 'function', 'processor has a function process(batch, shard)');
  say(!['kinesis', 'dynamodb-streams'].includes(kind), `kind is ${kind}; it is kinesis or dynamodb-streams`);
  say(!['polling', 'fan-out', 'auto'].includes(mode), `mode is ${mode}; it is polling, fan-out or auto`);
  say(kind === 'dynamodb-streams' && mode === 'fan-out', 'mode is fan-out, which DynamoDB Streams does not have; take polling');
  const { pollIntervalMs, bufferBytes, maxInFlight, drainTimeoutMs, shardSyncIntervalMs } = choices;
  atLeast(0, { pollIntervalMs, drainTimeoutMs, 'lease.joinDelayMs': lease.joinDelayMs });
  atLeast(1, { bufferBytes, maxInFlight, shardSyncIntervalMs, 'lease.maxPerWorker': lease.maxPerWorker, 'checkpoint.records': checkpoint.records });
  atLeast(1, { 'checkpoint.intervalMs': checkpoint.intervalMs });
  atLeast(durationMinMs, { 'lease.durationMs': lease.durationMs });
  return [...faults, ...failureFaults(choices.failure)];
}

/** Throws OPTIONS_INVALID, which names all faults at once. */
export function checkChoices(choices: ConsumerChoices): void {
  const faults = faultsOf(choices);
  if (faults.length === 0) return;
  throw new ConsumerError('OPTIONS_INVALID', `The consumer's options are not right: ${faults.join('; ')}. Nothing was started. Mend them and start again.`, {
    retryable: false,
  });
}
