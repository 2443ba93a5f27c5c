// A fleet of planners alone over a table of plain rows, in rounds: everybody plans by what it sees, which may be old; the
// conditions of the writes decide; holders hand over, report their throughput and renew. Nobody crashes by itself.
import { type Observations, observe } from '../../../src/fleet/observe.ts';
import type { PlannerMemory } from '../../../src/fleet/plan/memory.ts';
import { type PlanInput, planLeases } from '../../../src/fleet/plan.ts';
import { comesFirst, hashOf } from '../../../src/fleet/rendezvous.ts';
import { isHeldBy, isOurs, validRequest } from '../../../src/rows/marks.ts';
import type { Identity, Lease } from '../../../src/types.ts';
import { me, released } from './rows.ts';

export const durationMs = 10_000;

export const noInput: PlanInput = {
  rows: [],
  broken: [],
  observations: new Map(),
  scannedMs: 0,
  nowMs: 0,
  me,
  held: new Set(),
  asked: new Set(),
  spared: new Set(),
  maxPerWorker: 1000,
  patientUntilMs: 0,
  durationMs,
  parentsOf: () => [],
  isListed: () => true,
  isPlaced: () => true,
  memory: undefined,
};

/** Who comes first for a lease, by worker id. */
export function firstAmong(ids: readonly string[], key: string): string | undefined {
  const contenders = ids.map((id) => ({ id, hash: hashOf(id) }));
  return contenders.find((one) => comesFirst(one, contenders, hashOf(key)))?.id;
}

export interface Planner {
  readonly me: Identity;
  readonly maxPerWorker: number;
  seen: Observations;
  memory: PlannerMemory | undefined;
}

export function planner(name: string, maxPerWorker = 1_000_000): Planner {
  return { me: { worker: name, incarnation: `${name}-1` }, maxPerWorker, seen: new Map(), memory: undefined };
}

export function keys(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `shardId-${String(at).padStart(12, '0')}`);
}

export interface World {
  rows: readonly Lease[];
  nowMs: number;
  /** Leases that changed hands, but for those taken from nobody. */
  moves: number;
  /** Takes and requests planned in the last round. */
  planned: number;
  /** The rows as they were one and more rounds ago, the latest last. */
  readonly past: (readonly Lease[])[];
}

export function world(leases: readonly Lease[]): World {
  return { rows: leases, nowMs: 0, moves: 0, planned: 0, past: [] };
}

export function free(count: number): World {
  return world(keys(count).map((key) => released(key)));
}

export interface RoundOptions {
  readonly roundMs?: number;
  /** How many rounds old a planner's view is; at most `maxLateRounds`. */
  readonly lateness?: (planner: Planner) => number;
  readonly throughput?: (row: Lease) => number | undefined;
}

export const maxLateRounds = 3;

/** What a planner can know: its own leases and requests at once, the others' as late as its view is. */
function planFor(one: Planner, { rows, past, nowMs }: World, late: number) {
  const view = late === 0 ? rows : (past.at(-late) ?? rows);
  one.seen = observe(one.seen, view, nowMs);
  const held = new Set(rows.filter((row) => isHeldBy(row, one.me)).map((row) => row.key));
  const asked = new Set(rows.filter((row) => validRequest(row)?.nextHolder === one.me.incarnation).map((row) => row.key));
  const { me: self, maxPerWorker } = one;
  const plan = planLeases({
    ...noInput,
    rows: view,
    observations: one.seen,
    scannedMs: nowMs,
    nowMs,
    me: self,
    held,
    asked,
    maxPerWorker,
    memory: one.memory,
  });
  one.memory = plan.memory;
  return plan;
}

function held(row: Lease, by: Identity): Lease {
  const { request: _, ...rest } = row;
  const counter = row.counter + 1n;
  return { ...rest, counter, owner: by.worker, holder: by.incarnation, holderCounter: counter };
}

/** One round of all. Throws when a lease was planned to be taken from a holder that renews. */
export function round(table: World, planners: readonly Planner[], { roundMs = 1000, lateness, throughput }: RoundOptions = {}): void {
  const plans = planners.map((one) => planFor(one, table, lateness?.(one) ?? 0));
  const now = new Map(table.rows.map((row) => [row.key, row]));
  table.planned = 0;
  for (const [at, one] of planners.entries()) {
    for (const { lease, why } of plans[at]?.takes ?? []) {
      table.planned += 1;
      if (why !== 'released') throw new Error(`${one.me.worker} would take ${lease.key} of a live holder: ${why}`);
      const row = now.get(lease.key);
      if (row !== undefined && row.owner === undefined && row.counter === lease.counter) now.set(lease.key, held(row, one.me));
    }
    for (const lease of plans[at]?.requests ?? []) {
      table.planned += 1;
      const row = now.get(lease.key);
      if (row === undefined || !isOurs(row) || row.holder !== lease.holder || validRequest(row) !== undefined) continue;
      now.set(lease.key, { ...row, request: { next: one.me.worker, nextHolder: one.me.incarnation, asked: row.holder } });
    }
  }
  table.past.push(table.rows);
  if (table.past.length > maxLateRounds) table.past.shift();
  table.rows = [...now.values()].map((row) => {
    const holder = planners.find((one) => isHeldBy(row, one.me));
    if (holder === undefined) return row;
    const next = planners.find((one) => validRequest(row)?.nextHolder === one.me.incarnation);
    if (next !== undefined) table.moves += 1;
    const kbps = throughput?.(row);
    return held(kbps === undefined ? row : { ...row, throughputKBps: kbps }, (next ?? holder).me);
  });
  table.nowMs += roundMs;
}

export function countsOf(table: World, planners: readonly Planner[]): number[] {
  return planners.map((one) => table.rows.filter((row) => isHeldBy(row, one.me)).length);
}

export function loadsOf(table: World, planners: readonly Planner[], throughput: (row: Lease) => number): number[] {
  return planners.map((one) => table.rows.filter((row) => isHeldBy(row, one.me)).reduce((sum, row) => sum + throughput(row), 0));
}

export function spread(numbers: readonly number[]): number {
  return Math.max(...numbers) - Math.min(...numbers);
}
