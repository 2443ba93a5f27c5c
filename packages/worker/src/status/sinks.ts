// What is known of the sinks: from the events of the flow, and from what the sinks said of themselves when they were last asked. It
// asks nobody.
import type { SinkStatus } from '@shardfold/sinks';
import { maskText } from '../config/secrets.ts';
import type { SinkView } from '../http/page/browser/wire.ts';
import { isStored, type WorkerEvent } from '../observe/events.ts';
import { type Asks, createAsks, type Failing } from './asks.ts';
import { createDurations, type Durations } from './durations.ts';
import { createRate, type Rate } from './rate.ts';

interface SinkState {
  kind: string;
  /** When a statement last worked, monotonic. */
  workedMs: number | undefined;
  said: { readonly status: SinkStatus; readonly atMs: number } | undefined;
  readonly asks: Asks;
  readonly rows: Rate;
  readonly writes: Durations;
}

/** Of one sink's tables. */
const remarksMax = 20;
/** Tables that are named among those that take no writes. */
const blockedMax = 20;

export interface SinkStates {
  onEvent(event: WorkerEvent, nowMs: number): void;
  kindOf(name: string, kind: string): void;
  /** What a sink said of itself. */
  described(name: string, status: SinkStatus, nowMs: number): void;
  views(nowMs: number): readonly SinkView[];
}

export function createSinkStates(names: readonly string[]): SinkStates {
  const sinks = new Map<string, SinkState>(
    names.map((name) => [name, { kind: 'unknown', workedMs: undefined, said: undefined, asks: createAsks(), rows: createRate(), writes: createDurations() }]),
  );

  return {
    onEvent(event, nowMs) {
      switch (event.kind) {
        case 'changes':
          if (isStored(event.outcome)) sinks.get(event.sink)?.rows.add(event.count, nowMs);
          break;
        case 'ask-begun':
        case 'sink-waiting':
        case 'sink-recovered':
        case 'ask-over':
          sinks.get(event.sink)?.asks.onEvent(event, nowMs);
          break;
        case 'sink-write': {
          const state = sinks.get(event.sink);
          if (event.rows > 0) state?.writes.add(event.durationMs, nowMs);
          if (state !== undefined && event.outcome === 'ok') state.workedMs = nowMs;
          break;
        }
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

function remarksOf({ denied = [], problems = [], tables }: SinkStatus): readonly string[] {
  const rights = denied.map((phrase) => `Its user may not ${phrase}.`);
  return [...rights, ...problems, ...tables.flatMap((table) => table.problems.map((problem) => `${table.name}: ${problem}`))];
}

/** Its table alone fails: somebody has to mend that, or others were written meanwhile. */
function concernsTable({ table, isForGood, sinceMs }: Failing, workedMs: number | undefined): boolean {
  return table !== undefined && (isForGood || (workedMs !== undefined && workedMs > sinceMs));
}

function longestOf(failing: readonly Failing[]): Failing | undefined {
  return failing.reduce<Failing | undefined>((first, each) => (first === undefined || each.sinceMs < first.sinceMs ? each : first), undefined);
}

/** One for each table, the one that has failed for the longest time first. */
function blockedTables(failing: readonly Failing[], nowMs: number): SinkView['blocked'] {
  const byTable = Map.groupBy(failing, ({ table = '' }) => table);
  return [...byTable]
    .flatMap(([table, all]) => {
      const first = longestOf(all);
      return first === undefined ? [] : [{ table, waitingMs: nowMs - first.sinceMs, error: first.error }];
    })
    .sort((a, b) => b.waitingMs - a.waitingMs);
}

function viewOf(name: string, { kind, workedMs, said, asks, rows, writes }: SinkState, nowMs: number): SinkView {
  const failing = asks.failing();
  const whole = longestOf(failing.filter((each) => !concernsTable(each, workedMs)));
  const blocked = blockedTables(
    failing.filter((each) => concernsTable(each, workedMs)),
    nowMs,
  );
  const silentSinceMs = asks.silentSinceMs();
  return {
    name,
    kind,
    state: whole !== undefined ? 'waiting' : blocked.length > 0 ? 'partly' : 'ok',
    waitingMs: whole === undefined ? null : nowMs - whole.sinceMs,
    blocked: blocked.slice(0, blockedMax),
    blockedCount: blocked.length,
    silentMs: silentSinceMs === undefined ? null : nowMs - silentSinceMs,
    rowsPerSecond: rows.perSecond(nowMs),
    writes: writes.view(nowMs) ?? null,
    askedMs: said === undefined ? null : nowMs - said.atMs,
    server: said === undefined ? null : maskText(said.status.server),
    latencyMs: said?.status.latencyMs ?? null,
    connections: said?.status.connections ?? null,
    remarks: said === undefined ? [] : remarksOf(said.status).map(maskText).slice(0, remarksMax),
    lastError: whole?.error ?? null,
  };
}
