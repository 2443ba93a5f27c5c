// What is known of the sinks: from the events of the flow, and from what the sinks said of themselves when they were last asked. It
// asks nobody.
import type { SinkStatus } from '@shardfold/sinks';
import { maskText } from '../config/secrets.ts';
import type { SinkView } from '../http/page/browser/wire.ts';
import { isStored, type WorkerEvent } from '../observe/events.ts';
import { createDurations, type Durations } from './durations.ts';
import { createRate, type Rate } from './rate.ts';
import { textOf } from './words.ts';

interface SinkState {
  kind: string;
  waitingSinceMs: number | undefined;
  lastError: string | undefined;
  said: { readonly status: SinkStatus; readonly atMs: number } | undefined;
  readonly rows: Rate;
  readonly writes: Durations;
}

/** Of one sink's tables. */
const remarksMax = 20;

export interface SinkStates {
  onEvent(event: WorkerEvent, nowMs: number): void;
  kindOf(name: string, kind: string): void;
  /** What a sink said of itself. */
  described(name: string, status: SinkStatus, nowMs: number): void;
  views(nowMs: number): readonly SinkView[];
}

export function createSinkStates(names: readonly string[]): SinkStates {
  const sinks = new Map<string, SinkState>(
    names.map((name) => [
      name,
      { kind: 'unknown', waitingSinceMs: undefined, lastError: undefined, said: undefined, rows: createRate(), writes: createDurations() },
    ]),
  );

  function works(name: string): void {
    const state = sinks.get(name);
    if (state === undefined) return;
    state.waitingSinceMs = undefined;
    state.lastError = undefined;
  }

  return {
    onEvent(event, nowMs) {
      switch (event.kind) {
        case 'changes':
          if (isStored(event.outcome)) sinks.get(event.sink)?.rows.add(event.count, nowMs);
          break;
        case 'sink-waiting': {
          const state = sinks.get(event.sink);
          if (state === undefined) break;
          state.waitingSinceMs = nowMs - event.sinceMs;
          state.lastError = textOf(event.error);
          break;
        }
        case 'sink-recovered':
          works(event.sink);
          break;
        case 'sink-write':
          sinks.get(event.sink)?.writes.add(event.durationMs, nowMs);
          // Whoever waited may have lost its lease meanwhile, and then nobody says that the sink is back.
          if (event.outcome === 'ok') works(event.sink);
          break;
        default:
      }
    },
    kindOf(name, kind) {
      const state = sinks.get(name);
      if (state !== undefined) state.kind = kind;
    },
    described(name, status, atMs) {
      const state = sinks.get(name);
      if (state !== undefined) state.said = { status, atMs };
    },
    views: (nowMs) => [...sinks].map(([name, state]) => viewOf(name, state, nowMs)),
  };
}

function viewOf(name: string, { kind, waitingSinceMs, lastError, said, rows, writes }: SinkState, nowMs: number): SinkView {
  return {
    name,
    kind,
    state: waitingSinceMs === undefined ? 'ok' : 'waiting',
    waitingMs: waitingSinceMs === undefined ? null : nowMs - waitingSinceMs,
    rowsPerSecond: rows.perSecond(nowMs),
    writes: writes.view(nowMs) ?? null,
    askedMs: said === undefined ? null : nowMs - said.atMs,
    server: said === undefined ? null : maskText(said.status.server),
    latencyMs: said?.status.latencyMs ?? null,
    connections: said?.status.connections ?? null,
    remarks: (said?.status.tables ?? []).flatMap((table) => table.problems.map((problem) => maskText(`${table.name}: ${problem}`))).slice(0, remarksMax),
    lastError: lastError ?? null,
  };
}
