// One turn of a fleet member: looks at the table, plans, and carries the plan out. The policy is `plan.ts`, the rhythm
// `cadence.ts`.
import { validRequest } from '../rows/marks.ts';
import type { Lease } from '../types.ts';
import { type Cadence, cadence } from './cadence.ts';
import { each } from './each.ts';
import { awaitHandOver } from './hand-over.ts';
import { keep } from './keep.ts';
import { look } from './look.ts';
import { type Asked, listedParents, type Member, nudge, ownRows, rest, track } from './member.ts';
import { isRetryable, isRowBroken, sendOnce } from './operations.ts';
import { type Plan, planLeases, type Take } from './plan.ts';
import { takeLease } from './take-lease.ts';

/** Either way. */
const lookJitter = 0.1;
/** So many plans in a row that came to nothing show that the rest of them is out of date. */
const maxMisses = 8;
/** From so many rows on, what is read and what is planned are turns of their own. */
const manyLeases = 1000;
/** How long a lease is left alone whose holder did not hand it over in time. */
const spareMs = 300_000;

/** Its shard is listed, or the stream forgot it: it was listed after this member knew the row. */
function isPlaced({ streams, observations }: Member, row: Lease): boolean {
  const listed = streams.get(row.stream)?.listed;
  if (listed?.parents.has(row.shardId) === true) return true;
  const foundMs = observations.get(row.key)?.foundMs ?? Number.POSITIVE_INFINITY;
  return (listed?.askedMs ?? Number.NEGATIVE_INFINITY) > foundMs;
}

function makePlan(member: Member, before: Plan | undefined): Plan {
  const { options, tools, held, asked, spared, table } = member;
  const nowMs = tools.machine.clock.monotonicMs();
  for (const [key, untilMs] of spared) if (untilMs <= nowMs) spared.delete(key);
  return planLeases({
    rows: ownRows(member, table.leases),
    broken: table.broken,
    observations: member.observations,
    scannedMs: member.wholeMs ?? nowMs,
    nowMs,
    me: tools.identity,
    held: new Set(held.keys()),
    asked: new Set(asked.keys()),
    spared: new Set(spared.keys()),
    maxPerWorker: options.limits.maxPerWorker,
    patientUntilMs: member.bornMs + (options.limits.joinDelayMs ?? 0),
    durationMs: tools.times.durationMs,
    parentsOf: (stream, shardId) => listedParents(member, stream, shardId),
    isListed: (stream, shardId) => member.streams.get(stream)?.listed?.parents.has(shardId) ?? false,
    isPlaced: (row) => isPlaced(member, row),
    memory: before?.memory,
  });
}

/** False: somebody was faster. */
async function carryOutTake(member: Member, take: Take): Promise<boolean> {
  if (!member.streams.has(take.lease.stream)) return true;
  const asked = member.asked.get(take.lease.key);
  asked?.dropped.abort();
  await asked?.done;
  if (member.held.has(take.lease.key)) return true;
  const won = await takeLease(take, member.tools, member.halt.signal);
  if (won === undefined) member.wanted.add(take.lease.key);
  else keep(member, won);
  return won !== undefined;
}

/** Waits in the background for a lease that was asked for. */
function follow(member: Member, lease: Lease): void {
  const { key } = lease;
  const leave = member.streams.get(lease.stream)?.leave ?? AbortSignal.abort();
  const dropped = new AbortController();
  const drop = () => dropped.abort();
  member.halt.signal.addEventListener('abort', drop, { once: true });
  const done = track(member, async () => {
    try {
      const outcome = await awaitHandOver(lease, member.tools, { leave, halt: dropped.signal }, () => member.asked.size);
      if (outcome.kind === 'withdrawn' && !leave.aborted) member.spared.set(key, member.tools.machine.clock.monotonicMs() + spareMs);
      if (outcome.kind === 'won') keep(member, outcome.won);
    } finally {
      member.halt.signal.removeEventListener('abort', drop);
      member.asked.delete(key);
      nudge(member, [key]);
    }
  });
  const asked: Asked = { dropped, done };
  member.asked.set(key, asked);
}

/** False: the row is not as it was planned with. */
async function carryOutRequest(member: Member, lease: Lease): Promise<boolean> {
  const { store, identity, onEvent } = member.tools;
  if (!member.streams.has(lease.stream)) return true;
  try {
    const written = await sendOnce(member.tools, 'request', lease.key, () => store.request(lease, identity, member.halt.signal));
    if (written.outcome !== 'applied') {
      member.wanted.add(lease.key);
      return false;
    }
    onEvent({ kind: 'lease-requested', key: lease.key, from: lease.owner });
    follow(member, written.lease);
  } catch (error) {
    // It may have landed all the same: then the next scan shows it, and it is followed from there.
    if (isRowBroken(error)) member.wanted.add(lease.key);
    else if (!isRetryable(error)) throw error;
    return false;
  }
  return true;
}

function rhythm(member: Member, plan: Plan): Cadence {
  return cadence({
    bytes: member.table.bytes,
    leases: plan.leases,
    workers: plan.members.length,
    settled: plan.unowned.length === 0 && plan.takes.length === 0 && plan.requests.length === 0 && member.asked.size === 0,
    renewIntervalMs: member.tools.times.renewIntervalMs,
  });
}

/** Requests of this process that it does not follow: their answers were lost. */
function followUnheard(member: Member): void {
  const { incarnation } = member.tools.identity;
  for (const row of ownRows(member, member.table.leases)) {
    if (validRequest(row)?.nextHolder === incarnation && !member.asked.has(row.key) && !member.held.has(row.key)) follow(member, row);
  }
}

async function act(member: Member, plan: Plan): Promise<void> {
  member.unowned = plan.unowned;
  if (member.state === 'restrained') return;
  let misses = 0;
  const go = () => !member.quiet.signal.aborted && misses < maxMisses;
  const count = (hit: boolean): void => {
    misses = hit ? 0 : misses + 1;
  };
  await each(plan.takes, go, async (take) => count(await carryOutTake(member, take)));
  await each(plan.requests, go, async (lease) => count(await carryOutRequest(member, lease)));
  if (misses >= maxMisses) nudge(member);
}

/** Looks, plans and acts until a stop is asked for. Throws what the store throws for good. */
export async function tickUntilQuiet(member: Member): Promise<void> {
  const { clock, timers, random } = member.tools.machine;
  // The table was read when this member joined.
  let plan = makePlan(member, undefined);
  while (!member.quiet.signal.aborted) {
    followUnheard(member);
    await act(member, plan);
    const { lookMs } = rhythm(member, plan);
    const jitteredMs = lookMs * (1 + lookJitter * (2 * random.number() - 1));
    const untilChangeMs = plan.wakeAtMs === undefined ? jitteredMs : Math.max(0, plan.wakeAtMs - clock.monotonicMs());
    await rest(member, Math.min(jitteredMs, untilChangeMs));
    if (member.quiet.signal.aborted || !(await look(member, rhythm(member, plan), plan.members))) return;
    // Taking in ten thousand rows and planning with them are as much as one turn of the event loop should hold.
    if (member.table.leases.length > manyLeases) await timers.sleep(0, member.quiet.signal).catch(() => undefined);
    plan = makePlan(member, plan);
  }
}
