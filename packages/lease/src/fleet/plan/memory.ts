// What the planner keeps from one plan to the next: a plain value that comes in with the rows and goes out with the plan. It
// remembers; the rules decide what follows (rule 7, and the patience of rule 5).
import type { WorkerId } from '../ownership.ts';
import type { PlanInput } from '../plan.ts';
import type { FleetView } from './fleet-view.ts';

/** How long nothing is moved for balance after a lease fell free or a worker came (rule 7): those are shared out first. */
export const restMs = 15_000;

export interface PlannerMemory {
  readonly scannedMs: number;
  readonly workers: ReadonlySet<WorkerId>;
  /** Monotonic time until which nothing is moved for balance. */
  readonly restUntilMs: number;
  /** Scans running in which another worker had two leases more than this one. */
  readonly unevenScans: number;
  /** Scans running in which this worker was light and another heavy. */
  readonly lightScans: number;
  /** When a row was first planned as expired, by its key. Holds no row that is not expired now. */
  readonly expiredMs: ReadonlyMap<string, number>;
}

/** A plan's view of the fleet over time. */
export interface Hindsight {
  readonly newScan: boolean;
  readonly workers: ReadonlySet<WorkerId>;
  readonly restUntilMs: number;
}

export function lookBack({ input, workers, free }: FleetView): Hindsight {
  const { memory, scannedMs, nowMs } = input;
  const names = new Set(workers.map((worker) => worker.id));
  const unsettled = memory === undefined || free.length > 0 || workers.some((worker) => !memory.workers.has(worker.id));
  return {
    newScan: memory === undefined || scannedMs > memory.scannedMs,
    workers: names,
    restUntilMs: unsettled ? nowMs + restMs : memory.restUntilMs,
  };
}

/** Counts the scans in which something has been true without a break; looks between two of them show too little. */
export function scansRunning(holds: boolean, before: number | undefined, { newScan }: Hindsight): number {
  if (!holds) return 0;
  return (before ?? 0) + (newScan ? 1 : 0);
}

export function remember(
  { scannedMs }: PlanInput,
  { workers, restUntilMs }: Hindsight,
  { free }: FleetView,
  scans: Pick<PlannerMemory, 'unevenScans' | 'lightScans'>,
): PlannerMemory {
  const expiredMs = new Map<string, number>();
  for (const { row, why, sinceMs } of free) if (why === 'expired') expiredMs.set(row.key, sinceMs);
  return { scannedMs, workers, restUntilMs, ...scans, expiredMs };
}
