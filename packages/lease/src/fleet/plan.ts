// Decides what this worker takes and asks for, from the rows and what it saw of them. Pure: it reads no clock, writes no row,
// and plans for nobody else; the conditions of the writes settle what two workers both plan. The rules, each in its own place:
//   1. the workers are the live owners, those with a valid request, and this one      plan/fleet-view.ts
//   2. it only pulls: it plans its own takes and requests                             plan/takes.ts, plan/offers.ts
//   3. a lease that was asked for counts as the asker's                               plan/fleet-view.ts
//   4. below its share by count it asks for all that is missing at once, a new one    plan/share.ts
//      after a while only
//   5. else for one lease, where loads or counts differ clearly                       plan/balance.ts
//   6. beside a live Java worker by count alone, up to the rounded-down share         plan/share.ts
//   7. after a release or a new name rule 5 rests                                     plan/memory.ts
import type { BrokenRow, Identity, Lease } from '../types.ts';
import type { Observations } from './observe.ts';
import type { WorkerId } from './ownership.ts';
import { planBalance } from './plan/balance.ts';
import { viewFleet } from './plan/fleet-view.ts';
import { lookBack, type PlannerMemory, remember } from './plan/memory.ts';
import { isPatient, planShare } from './plan/share.ts';
import { planTakes } from './plan/takes.ts';
import { nextChangeMs } from './plan/wake.ts';

export interface PlanInput {
  /** The rows of all streams that this fleet leases. */
  readonly rows: readonly Lease[];
  /** Rows that cannot be read: nobody may begin what follows them. */
  readonly broken: readonly BrokenRow[];
  readonly observations: Observations;
  /** Monotonic time at which all rows were read last; some may have been since (`Observation.seenMs`). */
  readonly scannedMs: number;
  /** Monotonic time of this plan, the same or later: so long has a free row waited for a taker. */
  readonly nowMs: number;
  readonly me: Identity;
  /** Keys of leases this process holds, whatever a late replica says. */
  readonly held: ReadonlySet<string>;
  /** Keys this worker has asked for and still waits for. */
  readonly asked: ReadonlySet<string>;
  /** Keys not to be asked for now. */
  readonly spared: ReadonlySet<string>;
  readonly maxPerWorker: number;
  /** Monotonic time before which this worker, being new, asks for one lease and no more: whoever leaves soon gives it the rest. */
  readonly patientUntilMs: number;
  readonly durationMs: number;
  /** Parents of a shard as its stream lists them; empty for a shard it does not list, undefined while its listing is not known. */
  readonly parentsOf: (stream: string | undefined, shardId: string) => readonly string[] | undefined;
  /** The listing of its stream shows this shard. */
  readonly isListed: (stream: string | undefined, shardId: string) => boolean;
  /** The listing of its stream is no older than this row. */
  readonly isPlaced: (row: Lease) => boolean;
  /** What the plan before left; undefined for the first. */
  readonly memory: PlannerMemory | undefined;
}

export interface Take {
  readonly lease: Lease;
  readonly why: 'released' | 'expired' | 'steal';
}

export interface Plan {
  readonly takes: readonly Take[];
  readonly requests: readonly Lease[];
  /** Known workers, this one included, but for those that seem to have died. */
  readonly members: readonly WorkerId[];
  /** Leases that somebody holds or could. */
  readonly leases: number;
  /** Keys of leases that somebody could hold and nobody does. */
  readonly unowned: readonly string[];
  /** Monotonic time at which this plan would differ although no row had moved. */
  readonly wakeAtMs: number | undefined;
  /** For the next plan. */
  readonly memory: PlannerMemory;
}

/** What this worker should do about the table now. */
export function planLeases(input: PlanInput): Plan {
  const fleet = viewFleet(input);
  const hindsight = lookBack(fleet);
  const room = Math.max(0, input.maxPerWorker - fleet.onMyAccount);
  const takes = planTakes(fleet, room);
  const { steals, requests } = planShare(fleet, takes, room - takes.length);
  const busy = takes.length + steals.length + requests.length + input.asked.size > 0;
  const { request, scans } = planBalance(fleet, hindsight, !busy && room > 0 && !isPatient(input));
  return {
    takes: [...takes, ...steals],
    requests: request === undefined ? requests : [...requests, request],
    members: fleet.workers.map((worker) => worker.id).filter((id) => id === fleet.me.id || !fleet.silent.has(id)),
    leases: fleet.leases,
    unowned: fleet.free.map((view) => view.row.key),
    wakeAtMs: nextChangeMs(fleet),
    memory: remember(input, hindsight, fleet, scans),
  };
}
