// Rule 5: one small move at a time between workers that have their share, by throughput where loads differ much, else by count.
// No move makes the larger of both loads larger, and one that leaves it as it was evens the counts: so whatever is moved for
// whichever reason, the moves end. When it may run at all is rule 7's (`memory.ts`).
import type { Lease } from '../../types.ts';
import { isBefore } from '../rendezvous.ts';
import type { FleetView, HeldView, WorkerView } from './fleet-view.ts';
import type { Hindsight, PlannerMemory } from './memory.ts';
import { scansRunning } from './memory.ts';
import { offersOf, preferred } from './offers.ts';

/** Beyond this part of the fleet's mean load a worker gives. */
const heavyShare = 1.2;
/** Below this part of the mean a worker takes. */
const lightShare = 0.8;
/** Part of the mean by which the giver must stay the heavier one, else noise of a tenth would move a lease to and fro. */
const clearShare = 0.25;
/** A throughput must have called for a move in so many scans running. */
const scansToMove = 2;
/** How long a lease is not moved by throughput once its owner was seen to change. */
const settledMs = 120_000;
/** From so many leases more than one's own on, a move evens the counts. */
const unevenBy = 2;

export interface Balance {
  readonly request: Lease | undefined;
  readonly scans: Pick<PlannerMemory, 'unevenScans' | 'lightScans'>;
}

/** A worker that should give, and how many leases before it no longer should. */
interface Giver {
  readonly worker: WorkerView;
  readonly slots: number;
}

interface Premise {
  readonly givers: readonly Giver[];
  /** Workers that should take, this one included. */
  readonly takers: number;
  /** Those of them who come before this one. */
  readonly ahead: number;
}

/**
 * The givers for this worker, the one meant for it first. Everybody ranks those who should take alike and means each for one
 * slot of a giver, so a crowd does not empty one; with every scan in which the ones before did nothing, it is the next ones' turn.
 */
function turn({ givers, takers, ahead }: Premise, scans: number): readonly WorkerView[] {
  const slots = givers.flatMap(({ worker, slots: count }) => Array.from({ length: count }, () => worker));
  if (slots.length === 0 || scans <= 0) return [];
  const turns = Math.ceil(takers / slots.length);
  if (Math.floor(ahead / slots.length) !== (scans - 1) % turns) return [];
  const at = ahead % slots.length;
  return [...new Set([...slots.slice(at), ...slots.slice(0, at)])];
}

function firstAsked(fleet: FleetView, givers: readonly WorkerView[], choose: (giver: WorkerView, offer: readonly HeldView[]) => HeldView | undefined) {
  const offers = offersOf(fleet, new Set(givers));
  for (const giver of givers) {
    const chosen = choose(giver, preferred(fleet.me, offers.get(giver) ?? []));
    if (chosen !== undefined) return chosen.row;
  }
  return undefined;
}

function meanLoad({ workers }: FleetView): number {
  return workers.reduce((sum, worker) => sum + worker.load, 0) / workers.length;
}

function lightPremise({ me, workers }: FleetView, mean: number): Premise {
  const takers = workers.filter((worker) => worker.load < lightShare * mean);
  if (!takers.includes(me)) return { givers: [], takers: 0, ahead: 0 };
  const givers = workers
    .filter((worker) => worker.load > heavyShare * mean)
    .map((worker) => ({ worker, slots: Math.max(1, Math.floor(((worker.load - mean) / worker.load) * worker.count)) }))
    .sort((left, right) => (isBefore(left.worker, right.worker) ? -1 : 1));
  return { givers, takers: takers.length, ahead: takers.filter((worker) => isBefore(worker, me)).length };
}

/** The lease that leaves the larger of both loads lowest. */
function levelling(fleet: FleetView, giver: WorkerView, offer: readonly HeldView[], mean: number): HeldView | undefined {
  const { me, loadOf, input } = fleet;
  let best: HeldView | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const view of offer) {
    const load = loadOf(view.row);
    const movedMs = input.observations.get(view.row.key)?.movedMs;
    if (me.load + load >= giver.load - clearShare * mean || (movedMs !== undefined && input.nowMs - movedMs < settledMs)) continue;
    const larger = Math.max(giver.load - load, me.load + load);
    if (larger < lowest) [best, lowest] = [view, larger];
  }
  return best;
}

function unevenPremise({ me, workers }: FleetView): Premise {
  const givers = workers
    .filter((worker) => worker.count >= me.count + unevenBy)
    .map((worker) => ({ worker, slots: worker.count - me.count - 1 }))
    .sort((left, right) => right.slots - left.slots || (isBefore(left.worker, right.worker) ? -1 : 1));
  const [poorer, equal] = [workers.filter((worker) => worker.count < me.count), workers.filter((worker) => worker.count === me.count)];
  return { givers, takers: poorer.length + equal.length, ahead: poorer.length + equal.filter((worker) => isBefore(worker, me)).length };
}

/** `free`: this worker waits for no other lease and may hold one more. */
export function planBalance(fleet: FleetView, hindsight: Hindsight, free: boolean): Balance {
  const { input, me, mixed, loadOf } = fleet;
  const resting = mixed || input.nowMs < hindsight.restUntilMs;
  const mean = meanLoad(fleet);
  const light = lightPremise(fleet, mean);
  const uneven = unevenPremise(fleet);
  const lightScans = scansRunning(!resting && light.givers.length > 0, input.memory?.lightScans, hindsight);
  const unevenScans = scansRunning(!resting && uneven.givers.length > 0, input.memory?.unevenScans, hindsight);
  const scans = { lightScans, unevenScans };
  // Between scans what others hold is not known well enough to ask for more.
  if (!free || !hindsight.newScan) return { request: undefined, scans };
  const byLoad = firstAsked(fleet, turn(light, lightScans < scansToMove ? 0 : lightScans), (giver, offer) => levelling(fleet, giver, offer, mean));
  if (byLoad !== undefined) return { request: byLoad, scans };
  const byCount = firstAsked(fleet, turn(uneven, unevenScans), (giver, offer) => offer.find((view) => me.load + loadOf(view.row) <= giver.load));
  return { request: byCount, scans };
}
