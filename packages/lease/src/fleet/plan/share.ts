// Rule 4: what a worker below its share asks for at once. Rule 6: what it takes from live Java workers, by count and one by one.
// Small moves between workers that have their share are `balance.ts`.
import { isOurs } from '../../rows/marks.ts';
import type { Lease } from '../../types.ts';
import type { PlanInput, Take } from '../plan.ts';
import { isBefore, rendezvousScore } from '../rendezvous.ts';
import type { FleetView, HeldView, WorkerView } from './fleet-view.ts';
import { offersOf, preferred } from './offers.ts';

/** Steals from live Java workers in one plan, as KCL 2.x has it. */
const maxStealsPerPlan = 1;

export interface Pulls {
  readonly steals: readonly Take[];
  readonly requests: readonly Lease[];
}

/** A worker above its share, and what is left of it while this plan draws on it. */
interface Donor {
  readonly worker: WorkerView;
  readonly offer: readonly HeldView[];
  /** `offer` in the order wanted, once it is drawn on. */
  wanted: readonly HeldView[] | undefined;
  drawn: number;
  count: number;
  load: number;
}

/** The fullest that may still give; between equals each asker begins elsewhere, so that many who join together spread. */
function fullest(fleet: FleetView, asker: WorkerView, donors: readonly Donor[], fair: number, steals: number): Donor | undefined {
  const full = (donor: Donor): number => (fleet.mixed ? donor.count : donor.load);
  let best: Donor | undefined;
  for (const donor of donors) {
    if (donor.drawn >= donor.offer.length || donor.count <= fair || (donor.worker.foreign && steals >= maxStealsPerPlan)) continue;
    const more = best === undefined ? 1 : full(donor) - full(best);
    const nearer = best !== undefined && rendezvousScore(asker.hash, donor.worker.hash) > rendezvousScore(asker.hash, best.worker.hash);
    if (more > 0 || (more === 0 && nearer)) best = donor;
  }
  return best;
}

/** Leaves to those below their share who come before this worker what they ask for at the same time. */
function reserve(fleet: FleetView, donors: readonly Donor[], fair: number): void {
  const ahead = fleet.workers
    .filter((worker) => !worker.foreign && worker.count < fair && isBefore(worker, fleet.me))
    .sort((left, right) => (isBefore(left, right) ? -1 : 1));
  for (const worker of ahead) {
    for (let { count } = worker; count < fair; count += 1) {
      const donor = fullest(fleet, worker, donors, fair, 0);
      if (donor === undefined) return;
      donor.load -= donor.load / donor.count;
      donor.count -= 1;
    }
  }
}

/** One lease makes it known: whoever gives leases up then finds it below its share, so that those move once. */
const leasesOfTheNew = 1;

export function isPatient({ nowMs, patientUntilMs }: PlanInput): boolean {
  return nowMs < patientUntilMs;
}

/** `taken` are about to be this worker's. A lease that would make it heavier than its donor was stays where it is. */
export function planShare(fleet: FleetView, taken: readonly Take[], room: number): Pulls {
  const fair = Math.floor(fleet.leases / fleet.workers.length);
  const due = isPatient(fleet.input) ? Math.min(fair, leasesOfTheNew) : fair;
  const deficit = Math.min(room, due - fleet.me.count - taken.length);
  const steals: Take[] = [];
  const requests: Lease[] = [];
  if (deficit <= 0) return { steals, requests };
  const offers = offersOf(fleet, new Set(fleet.workers.filter((worker) => worker.count > fair)));
  const donors = Array.from(offers, ([worker, offer]): Donor => ({ worker, offer, wanted: undefined, drawn: 0, count: worker.count, load: worker.load }));
  reserve(fleet, donors, fair);
  let load = taken.reduce((sum, { lease }) => sum + fleet.loadOf(lease), fleet.me.load);
  while (steals.length + requests.length < deficit) {
    const donor = fullest(fleet, fleet.me, donors, fair, steals.length);
    if (donor === undefined) break;
    donor.wanted ??= preferred(fleet.me, donor.offer);
    const view = donor.wanted[donor.drawn];
    donor.drawn += 1;
    if (view === undefined) continue;
    const weight = fleet.loadOf(view.row);
    if (!fleet.mixed && load + weight > donor.load) continue;
    donor.count -= 1;
    donor.load -= weight;
    load += weight;
    if (isOurs(view.row)) requests.push(view.row);
    else steals.push({ lease: view.row, why: 'steal' });
  }
  return { steals, requests };
}
