// One plan of one worker over rows that a test wrote down.
import { workerId } from '../../../src/fleet/ownership.ts';
import { type Plan, type PlanInput, planLeases } from '../../../src/fleet/plan.ts';
import type { Identity, Lease } from '../../../src/types.ts';
import { firstAmong, noInput } from './planned-fleet.ts';
import { me, seen } from './rows.ts';

export const nowMs = 100_000;

export function plan(rows: readonly Lease[], over: Partial<PlanInput> = {}, seenForMs = 0): Plan {
  const held = new Set(rows.filter((row) => row.holder === me.incarnation).map((row) => row.key));
  return planLeases({ ...noInput, rows, observations: seen(rows, nowMs - seenForMs, nowMs), scannedMs: nowMs, nowMs, held, ...over });
}

export const keysOf = (leases: readonly { readonly key: string }[]) => leases.map((lease) => lease.key).sort();
export const takenKeys = (rows: readonly Lease[], over: Partial<PlanInput> = {}, seenForMs = 0) =>
  keysOf(plan(rows, over, seenForMs).takes.map((take) => take.lease));

/** The first key made of `stem` and a number for which `who` comes first. */
export function keyFirstFor(who: Identity, among: readonly Identity[], stem: string): string {
  for (let at = 0; ; at += 1) if (firstAmong(among.map(workerId), `${stem}${at}`) === workerId(who)) return `${stem}${at}`;
}
export const named = (count: number, make: (key: string) => Lease) => Array.from({ length: count }, (_, at) => make(`s${at}`));
