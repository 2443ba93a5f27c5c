// The last minutes as a page shows them that was opened just now: what was read, what was written, how late the shards were. Pure:
// the time is told. It looks at nothing itself.
import type { HistoryView } from '../http/page/browser/wire.ts';

/** Ten minutes. */
export const sampleEveryMs = 2_000;
const samplesMax = 300;
/** Over which it is said whether the lag shrinks. */
const trendMs = 20_000;

export interface Sample {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Since the start. */
  readonly records: number;
  readonly rows: number;
  readonly lagMs: number | null;
  readonly elsewhereLagMs: number | null;
}

type Point = Pick<Sample, 'atMs' | 'lagMs' | 'elsewhereLagMs'> & { readonly recordsPerSecond: number; readonly rowsPerSecond: number };

export interface History {
  /** In the order of time. */
  add(sample: Sample): void;
  view(): HistoryView;
  /** By how many seconds a second the lag shrinks, here; undefined: not known, or it does not. */
  shrinksBy(): number | undefined;
}

export function createHistory(): History {
  const points: Point[] = [];
  let before: Sample | undefined;

  function perSecond(now: number, then: number, elapsedMs: number): number {
    return elapsedMs <= 0 ? 0 : (Math.max(0, now - then) * 1_000) / elapsedMs;
  }

  return {
    add(sample) {
      const { atMs, records, rows, lagMs, elsewhereLagMs } = sample;
      const elapsedMs = atMs - (before?.atMs ?? atMs);
      // The wall clock was put back: what is behind cannot be drawn with what follows.
      if (elapsedMs < 0) points.length = 0;
      points.push({
        atMs,
        lagMs,
        elsewhereLagMs,
        recordsPerSecond: perSecond(records, before?.records ?? records, elapsedMs),
        rowsPerSecond: perSecond(rows, before?.rows ?? rows, elapsedMs),
      });
      if (points.length > samplesMax) points.shift();
      before = sample;
    },
    view: () => ({
      atMs: points.map(({ atMs }) => atMs),
      recordsPerSecond: points.map(({ recordsPerSecond }) => recordsPerSecond),
      rowsPerSecond: points.map(({ rowsPerSecond }) => rowsPerSecond),
      lagMs: points.map(({ lagMs }) => lagMs),
      elsewhereLagMs: points.map(({ elsewhereLagMs }) => elsewhereLagMs),
    }),
    shrinksBy() {
      const last = points.at(-1);
      if (last === undefined || last.lagMs === null) return undefined;
      const first = points.find(({ atMs, lagMs }) => lagMs !== null && last.atMs - atMs <= trendMs);
      if (first === undefined || first.lagMs === null || last.atMs - first.atMs < trendMs / 2) return undefined;
      const by = (first.lagMs - last.lagMs) / (last.atMs - first.atMs);
      return by > 0 ? by : undefined;
    },
  };
}
