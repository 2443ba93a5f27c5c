// What `/status` and the probes answer: the consumer's view of the fleet and what the events of the flow said, as plain data. It
// answers from memory, renders nothing and decides nothing.
import type { Consumer, ConsumerStatus, Machine } from '@shardfold/consumer';
import type { DeadLetterStore, Sink } from '@shardfold/sinks';
import type { Config } from '../config/config.ts';
import type { LettersAwayView, ShardView, StatusView } from '../http/page/browser/wire.ts';
import { isStored, type WorkerEvent } from '../observe/events.ts';
import { workerState } from '../observe/worker-state.ts';
import { createEnvironment } from './environment.ts';
import { createFleet } from './fleet.ts';
import { createHistory } from './history.ts';
import { createLetterStates } from './letters.ts';
import { createRate } from './rate.ts';
import { createSinkStates } from './sinks.ts';
import { judge } from './verdict.ts';
import { type LetterStores, watch } from './watch.ts';
import { letterPlaceText, textOf } from './words.ts';

export interface StatusParts {
  readonly config: Config;
  readonly machine: Machine;
  readonly worker: string;
  readonly version: string;
}

interface Told {
  readonly shards: readonly ShardView[];
  readonly of: ConsumerStatus | undefined;
}

/** The latest of some shards; null: nothing is known of any. */
function lagOf(shards: readonly ShardView[]): number | null {
  return shards.reduce<number | null>((most, { lagMs }) => (lagMs === null ? most : Math.max(most ?? 0, lagMs)), null);
}

function letterStores(kind: Config['deadLetters']['kind'], store: DeadLetterStore | undefined): LetterStores {
  if (store !== undefined) return { kind: 'place', name: kind, store, isQueue: kind === 'sqs' };
  return { kind: kind === 'sink' ? 'sinks' : 'none' };
}

/** The worker's own story; `attach` gives it the parts it tells of. */
export function createStatus({ config, machine, worker, version }: StatusParts) {
  const { clock } = machine;
  const startedMs = clock.wallMs();
  const startedMonotonicMs = clock.monotonicMs();
  const rate = createRate();
  const history = createHistory();
  const fleet = createFleet(clock, config.lease.durationMs);
  const sinks = createSinkStates(Object.keys(config.sinks));
  const environment = createEnvironment();
  const letters = createLetterStates();
  const totals = { records: 0, rows: 0 };
  const leftOut = { noRule: 0, filtered: 0, ignored: 0 };
  let lastError: { readonly message: string; readonly atMs: number; readonly monotonicMs: number } | undefined;
  let consumer: Consumer | undefined;
  let places: ReadonlyMap<string, Sink> = new Map();
  let elsewhere: DeadLetterStore | undefined;
  /** What keeps it from taking shards, where a KCL 3.x fleet does. */
  let heldBack: 'watching' | 'restrained' | undefined;
  let stopping = false;
  let lastLookMs: number | undefined;

  function onEvent(event: WorkerEvent): void {
    const nowMs = clock.monotonicMs();
    fleet.onEvent(event, nowMs);
    sinks.onEvent(event, nowMs);
    environment.onEvent(event, nowMs);
    switch (event.kind) {
      case 'batch-fetched':
        rate.add(event.records, nowMs);
        totals.records += event.records;
        break;
      case 'changes':
        if (isStored(event.outcome)) totals.rows += event.count;
        if (event.outcome === 'filtered') leftOut[event.sink === '' ? 'noRule' : 'filtered'] += event.count;
        break;
      case 'records':
        if (event.outcome === 'ignored') leftOut.ignored += event.count;
        break;
      case 'coordinator-state':
        heldBack = event.to === 'watching' || event.to === 'restrained' ? event.to : undefined;
        break;
      case 'dead-letter':
        letters.counted(event.count, nowMs);
        break;
      case 'sink-waiting':
      case 'fetch-failed':
      case 'listing-failed':
      case 'batch-failed':
      case 'checkpoint-failed':
      case 'lease-table-unreachable':
        lastError = { message: textOf(event.error), atMs: clock.wallMs(), monotonicMs: nowMs };
        break;
      default:
    }
  }

  function lettersAway(nowMs: number): LettersAwayView | null {
    const away = environment.lettersAway(nowMs);
    return away === undefined ? null : { place: letterPlaceText(config.deadLetters), waitingMs: away.sinceMs, error: away.error };
  }

  function stateNow(of: ConsumerStatus | undefined): string {
    if (stopping) return 'draining';
    const state = of === undefined ? 'starting' : workerState(of);
    return state === 'running' ? (heldBack ?? state) : state;
  }

  function look(): Told {
    const of = consumer?.status();
    return { of, shards: of === undefined ? [] : fleet.views(of) };
  }

  function sample(): void {
    const { shards } = look();
    const owned = shards.filter(({ owner }) => owner !== null);
    history.add({
      atMs: clock.wallMs(),
      ...totals,
      lagMs: lagOf(owned.filter(({ held }) => held)),
      elsewhereLagMs: lagOf(owned.filter(({ held }) => !held)),
    });
  }

  function stalled(of: ConsumerStatus | undefined): readonly string[] {
    return (of?.loops ?? []).filter(({ idleMs, limitMs }) => idleMs > limitMs).map(({ name }) => name);
  }

  function view(): StatusView {
    const nowMs = clock.monotonicMs();
    lastLookMs = nowMs;
    const { of, shards } = look();
    const sinkViews = sinks.views(nowMs);
    const deadLetters = letters.view(nowMs);
    const [lastLetter] = deadLetters.recent;
    const away = lettersAway(nowMs);
    const inFlightBytes = of?.inFlightBytes ?? 0;
    const { bufferBytes } = config.source;
    const verdict = judge({
      worker,
      state: stateNow(of),
      leaseMs: config.lease.durationMs,
      shards,
      sinks: sinkViews,
      sourceTroubles: environment.sourceTroubles(nowMs),
      leasesAway: environment.leasesAway(nowMs),
      lettersAway: away,
      gaps: environment.gaps(nowMs),
      newLetters: deadLetters.lastFiveMinutes,
      lastLetter,
      stalled: stalled(of),
      lastError: lastError && { message: lastError.message, agoMs: nowMs - lastError.monotonicMs },
      inFlightBytes,
      bufferBytes,
      shrinksBy: history.shrinksBy(),
    });
    return {
      application: config.application,
      worker,
      version,
      state: stateNow(of),
      startedAt: new Date(startedMs).toISOString(),
      uptimeMs: nowMs - startedMonotonicMs,
      nowMs: clock.wallMs(),
      verdict,
      source: { kind: config.source.kind, mode: config.source.mode, streams: config.source.streams },
      recordsPerSecond: rate.perSecond(nowMs),
      inFlightBytes,
      bufferBytes,
      lastError: lastError === undefined ? null : { message: lastError.message, at: new Date(lastError.atMs).toISOString() },
      shards,
      sinks: sinkViews,
      deadLetters,
      lettersAway: away,
      leftOut: { ...leftOut },
      history: history.view(),
    };
  }

  return {
    onEvent,
    /** `place`: of the dead letters, where they do not lie in the sinks. */
    attach(running: Consumer, opened: ReadonlyMap<string, { readonly sink: Sink }>, place: DeadLetterStore | undefined) {
      consumer = running;
      elsewhere = place;
      places = new Map([...opened].map(([name, { sink }]) => [name, sink]));
      for (const [name, { kind }] of places) sinks.kindOf(name, kind);
    },
    /** The same place; the last few letters it keeps are shown. */
    remembering: (store: DeadLetterStore): DeadLetterStore => letters.remembering(store),
    /** Until the signal: keeps the last minutes, and asks the sinks how they are while somebody looks. After `attach`. */
    watch: (signal: AbortSignal): Promise<void> =>
      watch(
        {
          machine,
          sinks: places,
          letters: letterStores(config.deadLetters.kind, elsewhere),
          lastLookMs: () => lastLookMs,
          isWaitedFor: (name) => sinks.views(clock.monotonicMs()).some((sink) => sink.name === name && sink.state === 'waiting'),
          onSample: sample,
          onDescribed: (name, status) => sinks.described(name, status, clock.monotonicMs()),
          // One place may keep the letters of several fleets.
          onLetters: (name, kept, example) => letters.found(name, kept, example?.application === config.application ? example : undefined),
        },
        signal,
      ),
    /** A stop was asked for: the worker is not ready any more. */
    stopping() {
      stopping = true;
    },
    probes: {
      livez() {
        const names = stalled(consumer?.status());
        return { ok: names.length === 0, stalled: names };
      },
      readyz: () => !stopping && (consumer?.status().reached ?? false),
      status: view,
    },
  };
}
