// What `/status` and the probes answer: the consumer's view and what the events of the flow said, as plain data. It renders
// nothing and decides nothing.
import type { Consumer, ConsumerStatus, Machine, Position, ShardStatus } from '@shardfold/consumer';
import type { Sink } from '@shardfold/sinks';
import type { Config } from '../config/config.ts';
import { maskText } from '../config/secrets.ts';
import type { WorkerEvent } from '../observe/events.ts';
import { createRate, type Rate } from './rate.ts';

interface SinkState {
  waitingSinceMs: number | undefined;
  lastError: string | undefined;
  readonly rows: Rate;
}

export interface StatusParts {
  readonly config: Config;
  readonly machine: Machine;
  readonly worker: string;
  readonly version: string;
}

export function positionText(position: Position): string {
  return position.kind === 'sequence' ? position.sequence : position.kind;
}

function textOf(error: unknown): string {
  return maskText(error instanceof Error ? error.message : String(error));
}

/** The worker's own story; `attach` gives it the parts it tells of. */
export function createStatus({ config, machine, worker, version }: StatusParts) {
  const startedMs = machine.clock.wallMs();
  const shardRates = new Map<string, Rate>();
  const total = createRate();
  const sinks = new Map<string, SinkState>(
    Object.keys(config.sinks).map((name) => [name, { waitingSinceMs: undefined, lastError: undefined, rows: createRate() }]),
  );
  const kinds = new Map<string, string>();
  let deadLetters = 0;
  let lastError: { readonly message: string; readonly atMs: number } | undefined;
  let consumer: Consumer | undefined;
  /** What keeps it from taking shards, where a KCL 3.x fleet does. */
  let heldBack: 'watching' | 'restrained' | undefined;
  let stopping = false;

  function failed(error: unknown): void {
    lastError = { message: textOf(error), atMs: machine.clock.wallMs() };
  }

  function onEvent(event: WorkerEvent): void {
    const nowMs = machine.clock.monotonicMs();
    switch (event.kind) {
      case 'batch-fetched': {
        const rate = shardRates.get(event.shard.key) ?? createRate();
        shardRates.set(event.shard.key, rate);
        rate.add(event.records, nowMs);
        total.add(event.records, nowMs);
        break;
      }
      case 'coordinator-state':
        heldBack = event.to === 'watching' || event.to === 'restrained' ? event.to : undefined;
        break;
      case 'shard-stopped':
        shardRates.delete(event.shard.key);
        break;
      case 'dead-letter':
        deadLetters += event.count;
        break;
      case 'changes':
        if (event.outcome === 'applied') sinks.get(event.sink)?.rows.add(event.count, nowMs);
        break;
      case 'sink-waiting':
        sinkWaits(event, nowMs);
        break;
      case 'sink-recovered':
        sinkWaits({ sink: event.sink }, nowMs);
        break;
      case 'sink-write':
        // Whoever waited may have lost its lease meanwhile, and then nobody says that the sink is back.
        if (event.outcome === 'ok') sinkWaits({ sink: event.sink }, nowMs);
        break;
      case 'fetch-failed':
      case 'listing-failed':
      case 'batch-failed':
      case 'checkpoint-failed':
      case 'lease-table-unreachable':
        failed(event.error);
        break;
      default:
    }
  }

  function sinkWaits(event: { readonly sink: string; readonly error?: unknown; readonly sinceMs?: number }, nowMs: number): void {
    const state = sinks.get(event.sink);
    if (state === undefined) return;
    state.waitingSinceMs = event.error === undefined ? undefined : nowMs - (event.sinceMs ?? 0);
    state.lastError = event.error === undefined ? undefined : textOf(event.error);
    if (event.error !== undefined) failed(event.error);
  }

  function state(of: ConsumerStatus | undefined): string {
    if (stopping) return 'draining';
    return of === undefined || !of.reached ? 'starting' : (heldBack ?? of.state);
  }

  function shardView(shard: ShardStatus, nowMs: number) {
    return {
      shard: shard.shard.shardId,
      stream: shard.shard.stream,
      owner: shard.owner ?? null,
      held: shard.held,
      position: positionText(shard.position),
      behindLatestMs: shard.behindLatestMs ?? null,
      inFlightRecords: shard.inFlightRecords,
      recordsPerSecond: shardRates.get(shard.shard.key)?.perSecond(nowMs) ?? 0,
      lastError: shard.lastError === undefined ? null : maskText(shard.lastError),
    };
  }

  function view() {
    const nowMs = machine.clock.monotonicMs();
    const of = consumer?.status();
    return {
      application: config.application,
      worker,
      version,
      state: state(of),
      startedAt: new Date(startedMs).toISOString(),
      recordsPerSecond: total.perSecond(nowMs),
      inFlightBytes: of?.inFlightBytes ?? 0,
      lastError: lastError === undefined ? null : { message: lastError.message, at: new Date(lastError.atMs).toISOString() },
      shards: (of?.shards ?? []).map((shard) => shardView(shard, nowMs)),
      sinks: [...sinks].map(([name, sink]) => ({
        name,
        kind: kinds.get(name) ?? 'unknown',
        state: sink.waitingSinceMs === undefined ? 'ok' : 'waiting',
        waitingMs: sink.waitingSinceMs === undefined ? null : nowMs - sink.waitingSinceMs,
        rowsPerSecond: sink.rows.perSecond(nowMs),
        lastError: sink.lastError ?? null,
      })),
      deadLetters: { sinceStart: deadLetters },
    };
  }

  return {
    onEvent,
    attach(running: Consumer, places: ReadonlyMap<string, { readonly sink: Sink }>) {
      consumer = running;
      for (const [name, { sink }] of places) kinds.set(name, sink.kind);
    },
    /** A stop was asked for: the worker is not ready any more. */
    stopping() {
      stopping = true;
    },
    probes: {
      livez() {
        const stalled = (consumer?.status().loops ?? []).filter(({ idleMs, limitMs }) => idleMs > limitMs).map(({ name }) => name);
        return { ok: stalled.length === 0, stalled };
      },
      readyz: () => !stopping && (consumer?.status().reached ?? false),
      status: view,
    },
  };
}

export type WorkerStatus = ReturnType<ReturnType<typeof createStatus>['probes']['status']>;
