// Which free leases this worker takes, released and expired ones (lease-protocol part 6): its rendezvous-first at once, others
// after a moment up to a fair share, and any that nobody else wanted. It asks nobody for a lease.
import type { PlanInput, Take } from '../plan.ts';
import { comesFirst, hashOf, rankHashes } from '../rendezvous.ts';
import type { FleetView, FreeView, WorkerView } from './fleet-view.ts';

/** How long the others leave a free lease to the worker that comes first for it. */
export const firstComerMs = 500;
/** What an expired lease waits for each worker, once, before somebody takes it over its share: about what lies between looks. */
const patiencePerWorkerMs = 50;
/** Above its share a worker goes by so many of the leases that were left, so that rounding leaves none behind. */
const overShare = 1;

/** After so long without a holder balance matters no more. */
export function patienceMs(why: FreeView['why'], workers: number, { durationMs }: PlanInput): number {
  return why === 'released' ? durationMs : Math.min(durationMs, Math.max(firstComerMs, workers * patiencePerWorkerMs));
}

function mayTake(fleet: FleetView, free: FreeView, keyHash: number, rivals: readonly WorkerView[], mine: number): boolean {
  const { input, me, staying, leases } = fleet;
  if (comesFirst(me, rivals, keyHash, free.late)) return true;
  const freeMs = input.nowMs - free.sinceMs;
  if (freeMs < firstComerMs) return false;
  return freeMs >= patienceMs(free.why, staying.length, input) || mine + 1 <= Math.ceil(leases / staying.length) + overShare;
}

export function planTakes(fleet: FleetView, room: number): readonly Take[] {
  const { me, free, staying } = fleet;
  if (free.length === 0) return [];
  const rivals = staying.filter((worker) => !worker.foreign);
  const hashes = Uint32Array.from(free, (view) => hashOf(view.row.key));
  const takes: Take[] = [];
  for (const at of rankHashes(me.hash, hashes)) {
    if (takes.length >= room) break;
    const view = free[at];
    if (view !== undefined && mayTake(fleet, view, hashes[at] ?? 0, rivals, me.count + takes.length)) takes.push({ lease: view.row, why: view.why });
  }
  return takes;
}
