// One turn of a fleet member: looks at the table, plans, and carries the plan out. The policy is `plan.ts`.
import { validRequest } from '../rows/marks.ts';
import type { Lease } from '../types.ts';
import { awaitHandOver } from './hand-over.ts';
import { type Asked, keep, type Member, nudge, ownRows, reachTable, rest, track } from './member.ts';
import { observe } from './observe.ts';
import { isRetryable, sendOnce } from './operations.ts';
import { type Plan, planLeases, type Take } from './plan.ts';
import { takeLease } from './take-lease.ts';

const minTickMs = 1000;
const maxTickMs = 5000;
const tickPerWorkerMs = 250;
/** Between scans while no other live worker is in view: a newcomer shows as a request on our own rows. */
const aloneTickMs = 10_000;
const tickJitter = 0.2;
/** Takes on their way at the same time. */
const maxTakesInFlight = 8;
/** How long a lease is left alone whose holder did not hand it over in time. */
const spareMs = 300_000;

function makePlan(member: Member, rows: readonly Lease[]): Plan {
  const { options, tools, held, asked, spared } = member;
  const nowMs = tools.machine.clock.monotonicMs();
  member.observations = observe(member.observations, rows, nowMs);
  for (const [key, untilMs] of spared) if (untilMs <= nowMs) spared.delete(key);
  return planLeases({
    rows,
    observations: member.observations,
    nowMs,
    me: tools.identity,
    held: new Set(held.keys()),
    asked: new Set(asked.keys()),
    spared: new Set(spared.keys()),
    maxPerWorker: options.limits.maxPerWorker,
    durationMs: tools.times.durationMs,
    parentsOf: (shardId) => member.parents.get(shardId) ?? [],
  });
}

async function carryOutTakes(member: Member, takes: readonly Take[]): Promise<void> {
  const queue = [...takes];
  const work = async (): Promise<void> => {
    for (let take = queue.shift(); take !== undefined && !member.quiet.signal.aborted; take = queue.shift()) {
      const asked = member.asked.get(take.lease.key);
      asked?.dropped.abort();
      await asked?.done;
      if (member.held.has(take.lease.key)) continue;
      const won = await takeLease(take, member.tools, member.halt.signal);
      if (won !== undefined) keep(member, won);
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxTakesInFlight, takes.length) }, work));
}

/** Waits in the background for a lease that was asked for. */
function follow(member: Member, lease: Lease): void {
  const { key } = lease;
  const dropped = new AbortController();
  const drop = () => dropped.abort();
  member.halt.signal.addEventListener('abort', drop, { once: true });
  const done = track(member, async () => {
    try {
      const outcome = await awaitHandOver(lease, member.tools, { leave: member.quiet.signal, halt: dropped.signal });
      if (outcome.kind === 'withdrawn') member.spared.set(key, member.tools.machine.clock.monotonicMs() + spareMs);
      if (outcome.kind === 'won') keep(member, outcome.won);
    } finally {
      member.halt.signal.removeEventListener('abort', drop);
      member.asked.delete(key);
      nudge(member);
    }
  });
  const asked: Asked = { dropped, done };
  member.asked.set(key, asked);
}

async function carryOutRequests(member: Member, requests: readonly Lease[]): Promise<void> {
  const { store, identity } = member.tools;
  for (const lease of requests) {
    if (member.quiet.signal.aborted) return;
    try {
      const written = await sendOnce(member.tools, 'request', lease.key, () => store.request(lease, identity, member.halt.signal));
      if (written.outcome === 'applied') follow(member, written.lease);
    } catch (error) {
      // It may have landed all the same: then the next scan shows it, and it is followed from there.
      if (!isRetryable(error)) throw error;
    }
  }
}

function waitMs(member: Member, plan: Plan): number {
  const { clock, random } = member.tools.machine;
  const alone = plan.workers === 1 && plan.takes.length === 0 && member.asked.size === 0;
  const tickMs = alone ? aloneTickMs : Math.min(maxTickMs, Math.max(minTickMs, plan.workers * tickPerWorkerMs));
  const jitteredMs = tickMs * (1 - tickJitter * random.number());
  return plan.wakeAtMs === undefined ? jitteredMs : Math.max(0, Math.min(jitteredMs, plan.wakeAtMs - clock.monotonicMs()));
}

/** Looks, plans and acts until a stop is asked for. Throws what the store throws for good. */
export async function tickUntilQuiet(member: Member): Promise<void> {
  while (!member.quiet.signal.aborted) {
    const consistent = member.nudged;
    member.nudged = false;
    const all = await reachTable(member, (signal) => member.tools.store.list({ consistent }, signal));
    if (all === undefined) return;
    const rows = ownRows(member, all);
    member.rows = all;
    const plan = makePlan(member, rows);
    member.unowned = plan.unowned;
    const { incarnation } = member.tools.identity;
    for (const row of rows) {
      const unheard = validRequest(row)?.nextHolder === incarnation && !member.asked.has(row.key) && !member.held.has(row.key);
      if (unheard) follow(member, row);
    }
    await carryOutTakes(member, plan.takes);
    await carryOutRequests(member, plan.requests);
    await rest(member, waitMs(member, plan));
  }
}
