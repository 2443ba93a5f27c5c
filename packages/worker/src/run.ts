// Puts the worker together from its configuration and runs it until it is told to stop: sinks, pipeline, consumer, page. It
// holds no policy; it returns the exit code and leaves the process to others.
import { autoCodec, codecByName, viewTypeProblem } from '@shardfold/changes';
import { type Consumer, createConsumer, type Machine } from '@shardfold/consumer';
import { type DeadLetterPlace, type DeadLetterStore, deadLettersName, type Sink } from '@shardfold/sinks';
import { createLetterPlace, createSink, keepsLetters } from './adapters/sinks.ts';
import type { Config } from './config/config.ts';
import { type Accounts, createAccounts } from './flow/accounts.ts';
import { isCaughtUp, shardsDone } from './flow/caught-up.ts';
import { goodbye } from './flow/goodbye.ts';
import { type Bury, createLetters } from './flow/letters.ts';
import { createPatience, type Patience } from './flow/patience.ts';
import { reach, toldOpening } from './flow/reach.ts';
import { createRouter } from './flow/route.ts';
import { createHttpServer } from './http/server.ts';
import type { WorkerEvent } from './observe/events.ts';
import type { Log } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { narrateUnreadable } from './observe/narrate-sinks.ts';
import { createNarrator } from './observe/narrator.ts';
import { createTroubles, type Troubles } from './observe/troubles.ts';
import { createPipeline } from './pipeline.ts';
import { createStatus } from './status/status.ts';

export interface RunOptions {
  readonly config: Config;
  readonly machine: Machine;
  readonly log: Log;
  /** Aborted when the worker shall drain and end. */
  readonly stop: AbortSignal;
  /** End with 0 when every shard has reached the tip. */
  readonly untilCaughtUp: boolean;
  /** Meanwhile, again and again: so many shards of all that are known are done. */
  readonly onCaughtUp?: (done: number, all: number) => void;
  /** Unique in the fleet. Default: the host's name and part of this process's id. */
  readonly worker: string;
  readonly version: string;
}

interface Place {
  readonly sink: Sink;
  readonly patience: Patience;
}

const caughtUpCheckMs = 200;
/** What a statement did that was still out at the end may be told so late. */
const lastWordMs = 1_000;
/** Batches of a shard that may be written at once: one gathers while the other is on its way. */
const batchesInFlight = 2;

function openSinks(options: RunOptions, onEvent: (event: WorkerEvent) => void): ReadonlyMap<string, Place> {
  const { config, machine } = options;
  return new Map(
    Object.entries(config.sinks).map(([name, sink]) => [
      name,
      { sink: createSink(name, sink, config, machine, keepsLetters(name, config)), patience: createPatience({ sink: name, machine, onEvent }) },
    ]),
  );
}

/** Where letters go that do not stay beside the data. */
interface Elsewhere {
  readonly place: DeadLetterPlace;
  readonly patience: Patience;
}

function openElsewhere({ config, machine, log }: RunOptions, troubles: Troubles, onEvent: (event: WorkerEvent) => void): Elsewhere | undefined {
  const place = createLetterPlace(config.deadLetters, machine, narrateUnreadable({ log, troubles }));
  return place && { place, patience: createPatience({ sink: '', machine, onEvent }) };
}

/**
 * Letters go to the place that is configured, else to the sink they were meant for; those without one go to the first. `stop` ends the
 * run instead.
 */
function undertaker(
  options: RunOptions,
  places: ReadonlyMap<string, Place>,
  elsewhere: Elsewhere | undefined,
  signal: AbortSignal,
  onEvent: (event: WorkerEvent) => void,
  remembering: (store: DeadLetterStore) => DeadLetterStore,
  fail: (error: Error) => void,
): Bury {
  const { config, machine, worker } = options;
  if (config.deadLetters.kind === 'stop') {
    return async ({ record, fault }) => {
      const error = new Error(
        `A record cannot be applied (${fault.code}: ${fault.message}). The worker stops before it, at sequence ${record.sequence} of ${record.shard.shardId}, because deadLetters.kind is stop. Mend the cause, or set deadLetters.kind to sink.`,
      );
      fail(error);
      throw error;
    };
  }
  const common = { application: config.application, worker, machine, signal, onEvent };
  if (elsewhere !== undefined) return createLetters({ ...common, store: remembering(elsewhere.place), patience: elsewhere.patience });
  const byName = new Map<string, Bury>();
  for (const [name, { sink, patience }] of places) {
    const ofLetters: Patience = { insist: (run, until) => patience.insist(run, until, deadLettersName) };
    byName.set(name, createLetters({ ...common, store: remembering(sink.deadLetters()), patience: ofLetters }));
  }
  const first = byName.values().next().value;
  return async (burial, lost) => {
    const bury = byName.get(burial.place.sink ?? '') ?? first;
    await bury?.(burial, lost);
  };
}

/** A worker that runs for ever has done all that it was to do. */
const stoppedCode = ({ untilCaughtUp }: RunOptions): number => (untilCaughtUp ? 130 : 0);

/** Resolves with true when every shard is caught up, with false when the signal comes first. */
async function untilCaughtUp(consumer: Consumer, { machine, onCaughtUp }: RunOptions, signal: AbortSignal): Promise<boolean> {
  const sinceMs = machine.clock.wallMs();
  for (let status = consumer.status(); !signal.aborted && !isCaughtUp(status, sinceMs); status = consumer.status()) {
    const all = status.shards.length;
    if (all > 0) onCaughtUp?.(shardsDone(status, sinceMs), all);
    await machine.timers.sleep(caughtUpCheckMs, signal).catch(() => undefined);
  }
  if (signal.aborted) return false;
  const all = consumer.status().shards.length;
  onCaughtUp?.(all, all);
  return true;
}

function createWorkerConsumer(
  options: RunOptions,
  processor: Parameters<typeof createConsumer>[0]['processor'],
  onEvent: (event: WorkerEvent) => void,
): Consumer {
  const { config, machine, worker } = options;
  return createConsumer({
    application: config.application,
    kind: config.source.kind,
    streams: config.source.streams,
    start: config.source.start,
    mode: config.source.mode,
    onGap: config.source.onGap,
    refuse: ({ viewType }) => (viewType === undefined ? undefined : viewTypeProblem(viewType)),
    processor,
    worker,
    kinesis: config.kinesis,
    dynamodb: config.dynamodb,
    lease: config.lease,
    checkpoint: config.checkpoint,
    pollIntervalMs: config.source.pollIntervalMs,
    limits: config.source.limits,
    bufferBytes: config.source.bufferBytes,
    maxInFlight: batchesInFlight,
    drainTimeoutMs: config.shutdown.drainMs,
    onEvent,
    machine,
  });
}

/**
 * Resolves with the exit code: 0 after a clean stop, 1 when the drain took too long, 130 when it was to catch up and was stopped before. Rejects with what made going on
 * impossible (`LeaseError`, `ConsumerError`, `SinkError`); everything held has been given back then.
 */
export async function runWorker(options: RunOptions): Promise<number> {
  const { config, machine, log } = options;
  const metrics = createMetrics({ sinks: Object.keys(config.sinks), streams: config.source.streams, version: options.version });
  const troubles = createTroubles(machine.clock);
  const narrate = createNarrator({ log, troubles, streams: config.source.streams });
  const status = createStatus(options);
  const accounts = createAccounts();
  const onEvent = (event: WorkerEvent) => {
    metrics.onEvent(event);
    narrate(event);
    status.onEvent(event);
    for (const off of accounts.onEvent(event)) onEvent(off);
  };
  const abandon = new AbortController();
  const fatal = Promise.withResolvers<never>();
  fatal.promise.catch(() => undefined);
  const places = openSinks(options, onEvent);
  const elsewhere = openElsewhere(options, troubles, onEvent);
  const bury = undertaker(options, places, elsewhere, abandon.signal, onEvent, status.remembering, fatal.reject);
  const codec = codecByName(config.source.format) ?? autoCodec({ onChosen: ({ stream = '', format }) => onEvent({ kind: 'format-chosen', stream, format }) });
  const processor = createPipeline({ codec, route: createRouter(config.tables, config.sinks), sinks: places, bury, machine, signal: abandon.signal, onEvent });
  const consumer = createWorkerConsumer(options, processor, onEvent);
  status.attach(consumer, places, elsewhere?.place);
  const server = createHttpServer({ ...config.http, probes: { ...status.probes, metrics: (openMetrics) => metrics.render(consumer.status(), openMetrics) } });
  const watching = status.watch(abandon.signal);

  try {
    const { url } = await server.listen();
    log.info('page-served', `The page is at ${url}`, { url });
    const opening = AbortSignal.any([options.stop, abandon.signal]);
    const sinks = [...places].map(([name, { sink, patience }]) => ({ patience, open: toldOpening(name, sink.open, { machine, onEvent }) }));
    const letters = elsewhere === undefined ? [] : [{ patience: elsewhere.patience, open: elsewhere.place.open }];
    await Promise.all([...sinks, ...letters].map((each) => reach(each, opening))).catch((error: unknown) => {
      if (!options.stop.aborted) throw error;
    });
    if (options.stop.aborted) return stoppedCode(options);
    return await runUntilStopped(options, consumer, fatal.promise, status.stopping);
  } finally {
    abandon.abort(new Error('The worker has stopped.'));
    await goodbye([watching, ...[...places.values()].map(({ sink }) => sink.close()), elsewhere?.place.close()], machine);
    await server.close();
    await closeAccounts(accounts, machine, onEvent);
    log.info('stopped', 'Stopped', accounts.totals());
  }
}

/** Everything has ended: all that was read and routed has its outcome, or it is said what has not. */
async function closeAccounts(accounts: Accounts, { timers }: Machine, onEvent: (event: WorkerEvent) => void): Promise<void> {
  if (accounts.judge().length > 0) await timers.sleep(lastWordMs);
  for (const off of accounts.judge()) onEvent(off);
}

async function runUntilStopped(options: RunOptions, consumer: Consumer, fatal: Promise<never>, onStop: () => void): Promise<number> {
  const { stop } = options;
  const ended = new AbortController();
  const running = consumer.run();
  const told = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
  const reasons: Promise<unknown>[] = [running, told, fatal];
  if (options.untilCaughtUp) reasons.push(untilCaughtUp(consumer, options, ended.signal));
  try {
    const reachedTip = (await Promise.race(reasons)) === true;
    onStop();
    const { clean } = await consumer.stop();
    await running;
    if (!clean) return 1;
    return reachedTip ? 0 : stoppedCode(options);
  } catch (error) {
    onStop();
    await consumer.stop().catch(() => undefined);
    await running.catch(() => undefined);
    throw error;
  } finally {
    ended.abort();
  }
}
