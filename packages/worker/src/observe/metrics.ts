// Turns typed events and the consumer's view into Prometheus series. Names and labels are an interface; it decides nothing and
// keeps no number of its own.
import { version as nodeVersion } from 'node:process';
import { type ConsumerStatus, isPattern } from '@shardfold/consumer';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { WorkerEvent } from './events.ts';
import { createBounds, labels } from './labels.ts';
import { openMetricsOf } from './open-metrics.ts';
import { createSeries, type Series } from './series.ts';
import { workerState, workerStates } from './worker-state.ts';

export interface MetricsOptions {
  readonly version: string;
  /** Names in the configuration: counters of these are there from the start. */
  readonly streams: readonly string[];
  readonly sinks: readonly string[];
}

export interface Metrics {
  onEvent(event: WorkerEvent): void;
  /** `status` is the consumer's at this moment. */
  render(status: ConsumerStatus, openMetrics: boolean): Promise<{ readonly contentType: string; readonly body: string }>;
}

function streamFromZero(series: Series, stream: string): void {
  series.fetchRecords.inc({ stream }, 0);
  series.fetchBytes.inc({ stream }, 0);
  series.gaps.inc({ stream }, 0);
  for (const outcome of labels.recordOutcomes) series.records.inc({ stream, outcome }, 0);
}

/** A counter that begins with 1 has not increased: an alert would miss the first of its kind. */
function fromZero(series: Series, { streams, sinks }: MetricsOptions): void {
  for (const stream of streams) if (!isPattern(stream)) streamFromZero(series, stream);
  for (const sink of sinks) {
    for (const outcome of labels.changeOutcomes) series.changes.inc({ sink, outcome }, 0);
    for (const outcome of labels.writeOutcomes) series.sinkWrite.zero({ sink, outcome });
    for (const reason of labels.deadLetterReasons) series.deadLetters.inc({ sink, reason }, 0);
  }
  for (const operation of labels.operations) for (const outcome of labels.operationOutcomes) series.leaseOperations.inc({ operation, outcome }, 0);
  for (const reason of labels.lossReasons) series.leaseLosses.inc({ reason }, 0);
  for (const of of labels.counted) series.countsOff.inc({ of }, 0);
  for (const outcome of labels.writeOutcomes) series.checkpointSaves.inc({ outcome }, 0);
}

/** Streams that a pattern found. */
function found(series: Series, { shards }: ConsumerStatus): void {
  for (const stream of new Set(shards.map(({ shard }) => shard.stream))) streamFromZero(series, stream);
}

/** Gauges that are read when somebody looks. */
function look(series: Series, status: ConsumerStatus): void {
  const now = workerState(status);
  for (const state of workerStates) series.workerState.set({ state }, state === now ? 1 : 0);
  const open = status.shards.filter(({ position }) => position.kind !== 'shard-end');
  series.shardsKnown.set(open.length);
  series.shardsOwned.set(open.filter(({ held }) => held).length);
  series.shardsUnowned.set(open.filter(({ unowned }) => unowned).length);
  series.inflightBytes.set(status.inFlightBytes);
  series.shardBehind.reset();
  series.shardCheckpoint.reset();
  for (const { shard, held, behindLatestMs, readMs } of status.shards) {
    const its = { stream: shard.stream, shard: shard.shardId };
    if (held && behindLatestMs !== undefined) series.shardBehind.set(its, behindLatestMs / 1000);
    if (held && readMs !== undefined) series.shardCheckpoint.set(its, readMs / 1000);
  }
}

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const series = createSeries([registry]);
  const bounded = createBounds();
  collectDefaultMetrics({ register: registry });
  series.buildInfo.set({ version: options.version, node: nodeVersion }, 1);
  fromZero(series, options);

  function onEvent(event: WorkerEvent): void {
    switch (event.kind) {
      case 'lease-operation':
        series.leaseOperations.inc({ operation: bounded.operation(event.operation), outcome: event.outcome });
        break;
      case 'lease-lost':
        series.leaseLosses.inc({ reason: event.reason });
        break;
      case 'batch-fetched':
        series.fetchRecords.inc({ stream: event.shard.stream }, event.records);
        series.fetchBytes.inc({ stream: event.shard.stream }, event.bytes);
        break;
      case 'gap-found':
        if (event.certain) series.gaps.inc({ stream: event.shard.stream });
        break;
      case 'records-abandoned':
        series.records.inc({ stream: event.shard.stream, outcome: 'abandoned' }, event.records);
        break;
      case 'checkpoint-saved':
        series.checkpointSaves.inc({ outcome: 'ok' });
        break;
      case 'checkpoint-failed':
        series.checkpointSaves.inc({ outcome: 'failed' });
        break;
      case 'shard-stopped':
        if (event.drainMs !== undefined) series.drain.observe(event.drainMs / 1000);
        break;
      case 'records':
        series.records.inc({ stream: event.shard.stream, outcome: event.outcome }, event.count);
        break;
      case 'changes':
        series.changes.inc({ sink: bounded.sink(event.sink), outcome: event.outcome }, event.count);
        break;
      case 'sink-write':
        series.sinkWrite.observe({ sink: bounded.sink(event.sink), outcome: event.outcome }, event.durationMs / 1000);
        if (event.rows > 0) series.groupRows.observe(event.rows);
        break;
      case 'latency':
        series.latency.observe(event.ms / 1000);
        break;
      case 'counts-off':
        series.countsOff.inc({ of: event.of });
        break;
      case 'dead-letter':
        series.deadLetters.inc({ sink: bounded.sink(event.sink), reason: bounded.reason(event.reason) }, event.count);
        break;
      default:
    }
  }

  return {
    onEvent,
    async render(status, openMetrics) {
      found(series, status);
      look(series, status);
      const text = await registry.metrics();
      return openMetrics ? { contentType: Registry.OPENMETRICS_CONTENT_TYPE, body: openMetricsOf(text) } : { contentType: registry.contentType, body: text };
    },
  };
}
