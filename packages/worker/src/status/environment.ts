// What does not answer right now, besides the sinks: the lease table, the streams, single shards of them, the place of the dead letters.
// Learned from events; it asks nobody.
import type { WorkerEvent } from '../observe/events.ts';
import { createAsks } from './asks.ts';
import { textOf } from './words.ts';

export interface SourceTrouble {
  readonly stream: string;
  /** Undefined: the stream as a whole. */
  readonly shard: string | undefined;
  readonly error: string;
  readonly sinceMs: number;
}

interface Known extends SourceTrouble {
  /** Monotonic; undefined: until it is said to be over. */
  readonly untilMs: number | undefined;
}

export interface Environment {
  onEvent(event: WorkerEvent, nowMs: number): void;
  sourceTroubles(nowMs: number): readonly SourceTrouble[];
  /** Since when the lease table does not answer. */
  leasesAway(nowMs: number): { readonly error: string; readonly sinceMs: number } | undefined;
  /** Since when the place of the dead letters, where that is no sink, takes none. */
  lettersAway(nowMs: number): { readonly error: string; readonly sinceMs: number } | undefined;
  /** Gaps of the last hour: records that the stream forgot before they were read. */
  gaps(nowMs: number): number;
}

/** Troubles remembered at once; beyond it, the oldest is forgotten. */
const troublesMax = 2_000;
/** After a try that was due and of which nothing was heard. */
const listingGraceMs = 30_000;
const gapShownMs = 3_600_000;
const gapsMax = 1_000;

export function createEnvironment(): Environment {
  const troubles = new Map<string, Known>();
  const lettersAsks = createAsks();
  let gapTimes: number[] = [];
  let away: { error: string; readonly sinceMs: number } | undefined;

  function trouble(key: string, nowMs: number, of: Pick<Known, 'stream' | 'shard' | 'error' | 'untilMs'>): void {
    const sinceMs = troubles.get(key)?.sinceMs ?? nowMs;
    const [oldest] = troubles.size >= troublesMax ? troubles.keys() : [];
    if (oldest !== undefined && !troubles.has(key)) troubles.delete(oldest);
    troubles.set(key, { ...of, sinceMs });
  }

  return {
    onEvent(event, nowMs) {
      switch (event.kind) {
        case 'fetch-failed':
          trouble(event.shard.key, nowMs, { stream: event.shard.stream, shard: event.shard.shardId, error: textOf(event.error), untilMs: undefined });
          break;
        case 'listing-failed':
          trouble(`listing ${event.stream}`, nowMs, {
            stream: event.stream,
            shard: undefined,
            error: textOf(event.error),
            untilMs: nowMs + event.retryInMs + listingGraceMs,
          });
          break;
        case 'stream-refused':
          trouble(`refused ${event.stream}`, nowMs, { stream: event.stream, shard: undefined, error: textOf(event.error), untilMs: undefined });
          break;
        case 'batch-fetched':
          troubles.delete(event.shard.key);
          troubles.delete(`refused ${event.shard.stream}`);
          break;
        case 'shard-stopped':
          troubles.delete(event.shard.key);
          break;
        case 'gap-found':
          if (event.certain) gapTimes = [...gapTimes, nowMs].slice(-gapsMax);
          break;
        case 'ask-begun':
        case 'sink-waiting':
        case 'sink-recovered':
        case 'ask-over':
          if (event.sink === '') lettersAsks.onEvent(event, nowMs);
          break;
        case 'lease-table-unreachable':
          away = { error: textOf(event.error), sinceMs: away?.sinceMs ?? nowMs };
          break;
        case 'lease-table-reached':
          away = undefined;
          break;
        default:
      }
    },
    sourceTroubles: (nowMs) =>
      [...troubles.values()]
        .filter(({ untilMs }) => untilMs === undefined || nowMs < untilMs)
        .map(({ stream, shard, error, sinceMs }) => ({ stream, shard, error, sinceMs: nowMs - sinceMs })),
    leasesAway: (nowMs) => away && { error: away.error, sinceMs: nowMs - away.sinceMs },
    lettersAway(nowMs) {
      const [first] = lettersAsks.failing().toSorted((a, b) => a.sinceMs - b.sinceMs);
      return first && { error: first.error, sinceMs: nowMs - first.sinceMs };
    },
    gaps: (nowMs) => gapTimes.filter((atMs) => nowMs - atMs < gapShownMs).length,
  };
}
