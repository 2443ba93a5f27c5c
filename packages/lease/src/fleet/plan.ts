// Decides what this worker takes and asks for, from the rows and what it saw of them. Pure: it reads no clock, writes no row,
// and plans for nobody else; the conditions of the writes settle what two workers both plan (lease-protocol parts 6 and 7).
import { isHeldBy, isOurs, validRequest } from '../rows/marks.ts';
import { shardName } from '../streams.ts';
import type { BrokenRow, Identity, Lease } from '../types.ts';
import { type Observations, stillMs } from './observe.ts';
import { isFinished, isForeign, ownerId, type WorkerId, workerId } from './ownership.ts';
import { byPreference, rendezvousFirst } from './rendezvous.ts';

/** How long the others leave a free lease to the worker that comes first for it. */
export const firstComerMs = 500;
/** Steals from live Java workers in one plan, as KCL 2.x has it. */
const maxStealsPerPlan = 1;

export interface PlanInput {
  /** The rows of all streams that this fleet leases. */
  readonly rows: readonly Lease[];
  /** Rows that cannot be read: nobody may begin what follows them. */
  readonly broken: readonly BrokenRow[];
  readonly observations: Observations;
  /** Monotonic time at which the answer with these rows came: so long was a row seen to stand still. */
  readonly scannedMs: number;
  /** Monotonic time of this plan, the same or later: so long has a released row waited for a taker. */
  readonly nowMs: number;
  readonly me: Identity;
  /** Keys of leases this process holds, whatever a late replica says. */
  readonly held: ReadonlySet<string>;
  /** Keys this worker has asked for and still waits for. */
  readonly asked: ReadonlySet<string>;
  /** Keys not to be asked for now. */
  readonly spared: ReadonlySet<string>;
  readonly maxPerWorker: number;
  readonly durationMs: number;
  /** Parents of a shard as its stream lists them; empty for a shard it does not list, undefined while its listing is not known. */
  readonly parentsOf: (stream: string | undefined, shardId: string) => readonly string[] | undefined;
}

export interface Take {
  readonly lease: Lease;
  readonly why: 'released' | 'expired' | 'steal';
}

export interface Plan {
  readonly takes: readonly Take[];
  readonly requests: readonly Lease[];
  /** Known workers, this one included. */
  readonly workers: number;
  /** Leases that somebody holds or could. */
  readonly leases: number;
  /** Keys of leases that somebody could hold and nobody does. */
  readonly unowned: readonly string[];
  /** Monotonic time at which this plan would differ although no row had moved. */
  readonly wakeAtMs: number | undefined;
}

type RowState =
  | { readonly kind: 'held'; readonly by: WorkerId; readonly planned: WorkerId }
  | { readonly kind: 'free'; readonly why: 'released' | 'expired'; readonly freeMs: number }
  | { readonly kind: 'blocked' }
  | { readonly kind: 'finished'; readonly by: WorkerId | undefined };

interface Fleet {
  readonly input: PlanInput;
  readonly meId: WorkerId;
  readonly states: ReadonlyMap<Lease, RowState>;
  readonly workers: ReadonlySet<WorkerId>;
  /** All but those seen giving leases up, which will not take any. */
  readonly staying: readonly WorkerId[];
  readonly counts: ReadonlyMap<WorkerId, number>;
  readonly leases: number;
}

/** The shards whose rows must be finished, or never come, before this one may be read. */
function parentCheck(input: PlanInput): (row: Lease) => boolean {
  const rows = new Map(input.rows.map((row) => [shardName(row.stream, row.shardId), row]));
  const broken = new Set(input.broken.map((row) => row.key));
  const known = new Map<string, boolean>();
  const settled = (stream: string | undefined, shardId: string): boolean => {
    const name = shardName(stream, shardId);
    const row = rows.get(name);
    if (row !== undefined) return isFinished(row);
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, true);
    // A row's key is its shard's name in tables of both kinds.
    const answer = !broken.has(name) && (input.parentsOf(stream, shardId)?.every((parent) => settled(stream, parent)) ?? false);
    known.set(name, answer);
    return answer;
  };
  return (row) => row.parents.every((parent) => settled(row.stream, parent));
}

function stateOf(row: Lease, input: PlanInput, startable: (row: Lease) => boolean): RowState {
  const meId = workerId(input.me);
  const owner = ownerId(row);
  const still = stillMs(input.observations, row, owner === undefined ? input.nowMs : input.scannedMs);
  const live = input.held.has(row.key) || (owner !== undefined && still < input.durationMs);
  if (isFinished(row)) return { kind: 'finished', by: live ? owner : undefined };
  if (live) {
    const by = input.held.has(row.key) ? meId : (owner ?? meId);
    const request = validRequest(row);
    const next = request && workerId({ worker: request.next, incarnation: request.nextHolder });
    return { kind: 'held', by, planned: input.asked.has(row.key) ? meId : (next ?? by) };
  }
  if (!startable(row)) return { kind: 'blocked' };
  return owner === undefined ? { kind: 'free', why: 'released', freeMs: still } : { kind: 'free', why: 'expired', freeMs: still - input.durationMs };
}

function lookAround(input: PlanInput): Fleet {
  const meId = workerId(input.me);
  const startable = parentCheck(input);
  const states = new Map(input.rows.map((row) => [row, stateOf(row, input, startable)]));
  const workers = new Set([meId]);
  for (const state of states.values()) {
    if (state.kind === 'held') workers.add(state.by).add(state.planned);
    if (state.kind === 'finished' && state.by !== undefined) workers.add(state.by);
  }
  const mixed = [...workers].some(isForeign);
  const counts = new Map<WorkerId, number>();
  let leases = 0;
  for (const state of states.values()) {
    const by = state.kind === 'held' ? state.planned : state.kind === 'finished' && mixed ? state.by : undefined;
    if (by !== undefined) counts.set(by, (counts.get(by) ?? 0) + 1);
    if (mixed || state.kind === 'held' || state.kind === 'free') leases += 1;
  }
  const leaving = new Set<WorkerId>();
  for (const [row, state] of states) {
    const seen = input.observations.get(row.key);
    if (state.kind === 'free' && seen?.releasedBy !== undefined && state.freeMs < input.durationMs && seen.releasedBy !== meId) leaving.add(seen.releasedBy);
  }
  const staying = [...workers].filter((worker) => !leaving.has(worker));
  return { input, meId, states, workers, staying, counts, leases };
}

/** Leases on this process's account, those it is asked to hand over included. */
function onMyAccount({ input, states }: Fleet): number {
  return [...states].filter(([row, state]) => state.kind === 'held' && (input.held.has(row.key) || input.asked.has(row.key) || isHeldBy(row, input.me))).length;
}

function mayTake(fleet: Fleet, row: Lease, state: RowState & { kind: 'free' }, mine: number): boolean {
  const { input, meId, staying } = fleet;
  const candidates = staying.filter((worker) => !isForeign(worker) && (worker === meId || worker !== ownerId(row)));
  if (rendezvousFirst(candidates, row.key) === meId) return true;
  if (state.freeMs < firstComerMs) return false;
  return state.why === 'expired' || state.freeMs >= input.durationMs || mine + 1 <= Math.ceil(fleet.leases / staying.length) + 1;
}

function planTakes(fleet: Fleet, room: number): Take[] {
  const takes: Take[] = [];
  const mine = fleet.counts.get(fleet.meId) ?? 0;
  for (const row of fleet.input.rows.toSorted(byPreference(fleet.meId))) {
    if (takes.length >= room) break;
    const state = fleet.states.get(row);
    if (state?.kind === 'free' && mayTake(fleet, row, state, mine + takes.length)) takes.push({ lease: row, why: state.why });
  }
  return takes;
}

/** May be asked for, or, from a live Java worker that hears no request, taken by counter. */
function givable(fleet: Fleet, row: Lease): boolean {
  const { input } = fleet;
  const state = fleet.states.get(row);
  if (state?.kind !== 'held' || state.by === fleet.meId || input.spared.has(row.key)) return false;
  return row.checkpointOwner === undefined && validRequest(row) === undefined && state.by === state.planned && ownerId(row) === state.by;
}

function planPulls(fleet: Fleet, taken: number, room: number): { steals: Take[]; requests: Lease[] } {
  const fair = Math.floor(fleet.leases / fleet.workers.size);
  const deficit = Math.min(room, fair - taken - (fleet.counts.get(fleet.meId) ?? 0));
  const counts = new Map(fleet.counts);
  const offers = new Map<WorkerId, Lease[]>();
  const wanted = fleet.input.rows.filter((row) => givable(fleet, row)).toSorted(byPreference(fleet.meId));
  for (const row of wanted) {
    const owner = ownerId(row);
    if (owner === undefined) continue;
    const offer = offers.get(owner);
    if (offer === undefined) offers.set(owner, [row]);
    else offer.push(row);
  }
  const steals: Take[] = [];
  const requests: Lease[] = [];
  while (steals.length + requests.length < deficit) {
    let donor: WorkerId | undefined;
    for (const [worker, rows] of offers) {
      const spent = isForeign(worker) && steals.length >= maxStealsPerPlan;
      const count = counts.get(worker) ?? 0;
      if (rows.length > 0 && !spent && count > fair && count > (donor === undefined ? 0 : (counts.get(donor) ?? 0))) donor = worker;
    }
    const row = donor === undefined ? undefined : offers.get(donor)?.shift();
    if (donor === undefined || row === undefined) break;
    counts.set(donor, (counts.get(donor) ?? 0) - 1);
    if (isOurs(row)) requests.push(row);
    else steals.push({ lease: row, why: 'steal' });
  }
  return { steals, requests };
}

function nextChange({ input, states }: Fleet): number | undefined {
  let soonest: number | undefined;
  for (const [row, state] of states) {
    const seen = input.observations.get(row.key);
    if (seen === undefined || state.kind === 'finished' || input.held.has(row.key)) continue;
    const released = seen.owner === undefined;
    const moments = [seen.sinceMs + input.durationMs, seen.sinceMs + firstComerMs + (released ? 0 : input.durationMs)];
    for (const moment of moments) if (moment > input.nowMs && (soonest === undefined || moment < soonest)) soonest = moment;
  }
  return soonest;
}

/** What this worker should do about the table now. */
export function planLeases(input: PlanInput): Plan {
  const fleet = lookAround(input);
  const room = Math.max(0, input.maxPerWorker - onMyAccount(fleet));
  const takes = planTakes(fleet, room);
  const { steals, requests } = planPulls(fleet, takes.length, room - takes.length);
  const unowned = [...fleet.states].filter(([, state]) => state.kind === 'free').map(([row]) => row.key);
  return { takes: [...takes, ...steals], requests, workers: fleet.workers.size, leases: fleet.leases, unowned, wakeAtMs: nextChange(fleet) };
}
