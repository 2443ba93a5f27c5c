// What one worker makes of the rows: who is in the fleet, who holds what, and how heavily each is loaded (rules 1 to 3). It
// decides nothing.
import { isHeldBy, validRequest } from '../../rows/marks.ts';
import type { Lease } from '../../types.ts';
import { stillSinceMs } from '../observe.ts';
import { isFinished, isForeign, ownerId, type WorkerId, workerId } from '../ownership.ts';
import type { PlanInput } from '../plan.ts';
import { hashOf } from '../rendezvous.ts';
import { startableIn } from './parents.ts';

/** What a lease costs its worker though no record comes, as throughput: polls and renewals. Leases with less differ little. */
const idleLeaseKBps = 10;
/** A thousand times what a shard can give; whatever more a row says is no measurement. */
const maxLeaseKBps = 2_000_000;

/** A worker of the fleet as planned: with what it asked for, without what others asked of it. */
export interface WorkerView {
  readonly id: WorkerId;
  readonly hash: number;
  readonly foreign: boolean;
  /** Leases; beside a Java worker its finished ones too, as it counts them itself. */
  readonly count: number;
  /** KB/s, with what each lease costs by itself. */
  readonly load: number;
}

export interface HeldView {
  readonly kind: 'held';
  readonly row: Lease;
  readonly owner: WorkerId | undefined;
  readonly by: WorkerView;
  readonly planned: WorkerView;
}

export interface FreeView {
  readonly kind: 'free';
  readonly row: Lease;
  readonly why: 'released' | 'expired';
  /** Monotonic time since when this process knows that anybody could take it. */
  readonly sinceMs: number;
  /** Whose lease it was until it expired. */
  readonly late: WorkerId | undefined;
}

export type RowView = HeldView | FreeView | { readonly kind: 'blocked'; readonly row: Lease } | { readonly kind: 'finished'; readonly row: Lease };

export interface FleetView {
  readonly input: PlanInput;
  readonly me: WorkerView;
  /** In the order of their keys. */
  readonly rows: readonly RowView[];
  readonly free: readonly FreeView[];
  readonly workers: readonly WorkerView[];
  /** Those whose lease expired and of whom no sign came since: what is known of their other leases is old. */
  readonly silent: ReadonlySet<WorkerId>;
  /** All but those seen giving leases up, which will not take any. */
  readonly staying: readonly WorkerView[];
  /** A live Java worker is in view. */
  readonly mixed: boolean;
  /** Leases that somebody holds or could; beside a Java worker all rows. */
  readonly leases: number;
  /** Leases on this process's account, those it is asked to hand over included. */
  readonly onMyAccount: number;
  readonly loadOf: (row: Lease) => number;
  /** The shards before this one are read, or never come. */
  readonly startable: (row: Lease) => boolean;
}

interface Draft {
  readonly id: WorkerId;
  readonly hash: number;
  readonly foreign: boolean;
  count: number;
  load: number;
  /** Monotonic time at which a lease of its was last seen to move. */
  movedMs: number;
}

/** So that ties fall alike for the same rows in any order. */
function inKeyOrder(rows: readonly Lease[]): readonly Lease[] {
  let last = '';
  for (const { key } of rows) {
    if (key < last) return rows.toSorted((left, right) => (left.key < right.key ? -1 : 1));
    last = key;
  }
  return rows;
}

function readKBps({ throughputKBps }: Lease): number | undefined {
  return throughputKBps === undefined ? undefined : Math.min(maxLeaseKBps, Math.max(0, throughputKBps));
}

/** A lease whose throughput nobody reported counts as the mean of those that have one. */
function loadsOf(rows: readonly RowView[]): (row: Lease) => number {
  let sumKBps = 0;
  let known = 0;
  for (const { kind, row } of rows) {
    const kbps = kind === 'held' || kind === 'free' ? readKBps(row) : undefined;
    if (kbps === undefined) continue;
    sumKBps += kbps;
    known += 1;
  }
  const meanKBps = known === 0 ? 0 : sumKBps / known;
  return (row) => idleLeaseKBps + (readKBps(row) ?? meanKBps);
}

function roster(): { readonly workers: ReadonlyMap<WorkerId, Draft>; readonly worker: (id: WorkerId) => Draft } {
  const workers = new Map<WorkerId, Draft>();
  const worker = (id: WorkerId): Draft => {
    const known = workers.get(id);
    if (known !== undefined) return known;
    const draft = { id, hash: hashOf(id), foreign: isForeign(id), count: 0, load: 0, movedMs: Number.NEGATIVE_INFINITY };
    workers.set(id, draft);
    return draft;
  };
  return { workers, worker };
}

interface Sight {
  readonly view: RowView;
  /** Who counts it; a finished row's owner does only beside a Java worker. */
  readonly counted: Draft | undefined;
}

function look(row: Lease, input: PlanInput, me: Draft, worker: (id: WorkerId) => Draft, startable: (row: Lease) => boolean): Sight {
  const owner = ownerId(row);
  const seen = input.observations.get(row.key);
  const readMs = owner === undefined ? input.nowMs : (seen?.seenMs ?? input.nowMs);
  const stillSince = stillSinceMs(seen, row, owner, readMs);
  const mine = input.held.has(row.key);
  const live = mine || (owner !== undefined && readMs - stillSince < input.durationMs);
  if (isFinished(row)) return { view: { kind: 'finished', row }, counted: live && owner !== undefined ? worker(owner) : undefined };
  if (live) {
    const by = mine || owner === undefined ? me : worker(owner);
    by.movedMs = Math.max(by.movedMs, stillSince);
    const request = validRequest(row);
    const next = request === undefined ? by : worker(workerId({ worker: request.next, incarnation: request.nextHolder }));
    const planned = input.asked.has(row.key) ? me : next;
    return { view: { kind: 'held', row, owner, by, planned }, counted: planned };
  }
  if (!startable(row)) return { view: { kind: 'blocked', row }, counted: undefined };
  if (owner === undefined) return { view: { kind: 'free', row, why: 'released', sinceMs: stillSince, late: undefined }, counted: undefined };
  return { view: { kind: 'free', row, why: 'expired', sinceMs: input.memory?.expiredMs.get(row.key) ?? input.nowMs, late: owner }, counted: undefined };
}

/** Those seen giving leases up a moment ago. */
function leavers({ observations, nowMs, durationMs }: PlanInput, free: readonly FreeView[]): ReadonlySet<WorkerId> {
  const leaving = new Set<WorkerId>();
  for (const { row, why, sinceMs } of free) {
    const by = why === 'released' && nowMs - sinceMs < durationMs ? observations.get(row.key)?.releasedBy : undefined;
    if (by !== undefined) leaving.add(by);
  }
  return leaving;
}

export function viewFleet(input: PlanInput): FleetView {
  const { workers, worker } = roster();
  const me = worker(workerId(input.me));
  const startable = startableIn(input);
  const sights = inKeyOrder(input.rows).map((row) => look(row, input, me, worker, startable));
  const rows = sights.map((sight) => sight.view);
  const free = rows.filter((view) => view.kind === 'free');
  const mixed = [...workers.values()].some((one) => one.foreign);
  const loadOf = loadsOf(rows);
  let [leases, onMyAccount] = [0, 0];
  for (const { view, counted } of sights) {
    if (mixed || view.kind === 'held' || view.kind === 'free') leases += 1;
    if (counted !== undefined && (mixed || view.kind === 'held')) {
      counted.count += 1;
      counted.load += loadOf(view.row);
    }
    if (view.kind === 'held' && (input.held.has(view.row.key) || input.asked.has(view.row.key) || isHeldBy(view.row, input.me))) onMyAccount += 1;
  }
  const leaving = leavers(input, free);
  const silent = new Set<WorkerId>();
  for (const { late } of free) if (late !== undefined && (workers.get(late)?.movedMs ?? 0) <= input.nowMs - input.durationMs) silent.add(late);
  const staying = [...workers.values()].filter((one) => one === me || !leaving.has(one.id));
  return { input, me, rows, free, workers: [...workers.values()], silent, staying, mixed, leases, onMyAccount, loadOf, startable };
}

/** May be asked for, or, from a live Java worker that hears no request, taken by counter. */
export function isGivable({ input, me, startable }: FleetView, view: RowView): view is HeldView {
  if (view.kind !== 'held' || view.by === me || view.by !== view.planned || view.owner !== view.by.id) return false;
  // A Java worker holds a child already while it waits for the parents.
  if (view.by.foreign && !startable(view.row)) return false;
  return view.row.checkpointOwner === undefined && !input.spared.has(view.row.key);
}
