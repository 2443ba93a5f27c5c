// Which free leases this worker takes, released and expired ones (lease-protocol part 6): those that are meant for it at once,
// others after a moment up to a fair share, and any that nobody else wanted. It asks nobody for a lease.
import type { PlanInput, Take } from '../plan.ts';
import { firstFor, hashOf, rankHashes } from '../rendezvous.ts';
import type { FleetView, FreeView, WorkerView } from './fleet-view.ts';

/** How long the others leave a free lease to the worker that comes first for it. */
export const firstComerMs = 500;
/** What an expired lease waits for each worker, once, before somebody takes it over its share: about what lies between looks. */
const patiencePerWorkerMs = 50;
/** The same for a released one, which all heard of who read the table whole: in a large one not everybody did. */
const releasedPatienceMs = 1_000;
/** Above its share a worker goes by so many of the leases that were left, so that rounding leaves none behind. */
const overShare = 1;

/** After so long without a holder balance matters no more. */
export function patienceMs(why: FreeView['why'], workers: number, { durationMs }: PlanInput): number {
  return Math.min(durationMs, Math.max(why === 'released' ? releasedPatienceMs : firstComerMs, workers * patiencePerWorkerMs));
}

/**
 * The free leases that are meant for this worker, by their places. In the order of their keys each goes to the rendezvous-first of
 * those below their share: what a worker gives up goes where it stays, and everybody who sees the same rows deals alike.
 */
function meantForMe({ me, free, leases, staying }: FleetView, rivals: readonly WorkerView[], hashes: Uint32Array): ReadonlySet<number> {
  const share = Math.ceil(leases / staying.length);
  const counts = new Map(rivals.map((worker) => [worker, worker.count]));
  let below = rivals.filter((worker) => worker.count < share);
  const meant = new Set<number>();
  for (const [at, { late }] of free.entries()) {
    const keyHash = hashes[at] ?? 0;
    const first = firstFor(below, keyHash, late) ?? firstFor(rivals, keyHash, late) ?? me;
    if (first === me) meant.add(at);
    const count = (counts.get(first) ?? 0) + 1;
    counts.set(first, count);
    if (count === share) below = below.filter((worker) => worker !== first);
  }
  return meant;
}

function mayTake(fleet: FleetView, free: FreeView, mine: number): boolean {
  const { input, staying, leases } = fleet;
  const freeMs = input.nowMs - free.sinceMs;
  if (freeMs < firstComerMs) return false;
  return freeMs >= patienceMs(free.why, staying.length, input) || mine + 1 <= Math.ceil(leases / staying.length) + overShare;
}

export function planTakes(fleet: FleetView, room: number): readonly Take[] {
  const { me, free, staying } = fleet;
  if (free.length === 0) return [];
  const rivals = staying.filter((worker) => !worker.foreign);
  const hashes = Uint32Array.from(free, (view) => hashOf(view.row.key));
  const meant = meantForMe(fleet, rivals, hashes);
  const ranked = rankHashes(me.hash, hashes);
  const takes: Take[] = [];
  // Its own first: they count when the others' are weighed.
  for (const at of [...ranked.filter((place) => meant.has(place)), ...ranked.filter((place) => !meant.has(place))]) {
    if (takes.length >= room) break;
    const view = free[at];
    if (view !== undefined && (meant.has(at) || mayTake(fleet, view, me.count + takes.length))) takes.push({ lease: view.row, why: view.why });
  }
  return takes;
}
