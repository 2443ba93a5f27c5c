// When a plan would differ although no row had moved. It knows no timer.
import type { FleetView } from './fleet-view.ts';
import { firstComerMs, patienceMs } from './takes.ts';

/** Moments nearer to each other, or to now, are one: however many rows there are, nobody looks more often. */
const minLookMs = 100;

function sooner(moment: number, nowMs: number, soonest: number): number {
  return moment > nowMs && moment < soonest ? moment : soonest;
}

/**
 * Monotonic time; undefined: nothing would change by itself. A free lease waits for the others' turn. A held one expires only
 * by a scan: at its moment one is due in a small table, and in a large one it changes nothing.
 */
export function nextChangeMs({ input, rows, staying }: FleetView): number | undefined {
  const { nowMs, durationMs, observations, held, patientUntilMs } = input;
  let soonest = sooner(patientUntilMs, nowMs, Number.POSITIVE_INFINITY);
  for (const view of rows) {
    if (view.kind === 'free') {
      soonest = sooner(view.sinceMs + firstComerMs, nowMs, soonest);
      soonest = sooner(view.sinceMs + patienceMs(view.why, staying.length, input), nowMs, soonest);
    } else if (view.kind === 'held' && !held.has(view.row.key)) {
      const seen = observations.get(view.row.key);
      if (seen !== undefined) soonest = sooner(seen.sinceMs + durationMs, nowMs, soonest);
    }
  }
  return soonest === Number.POSITIVE_INFINITY ? undefined : Math.max(soonest, nowMs + minLookMs);
}
