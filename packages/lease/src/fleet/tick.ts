// One turn of a fleet member: looks at the table, plans, and carries the plan out. The policy is `plan.ts`, the rhythm
// `cadence.ts`.
import { validRequest } from '../rows/marks.ts';
import type { Lease, TableRows } from '../types.ts';
import { foreignTable } from './belongs.ts';
import { type Cadence, cadence } from './cadence.ts';
import { awaitHandOver } from './hand-over.ts';
import { type Asked, keep, listedParents, type Member, nudge, ownRows, reachTable, rest, track } from './member.ts';
import { observe } from './observe.ts';
import { isRetryable, sendOnce } from './operations.ts';
import { type Plan, planLeases, type Take } from './plan.ts';
import { takeLease } from './take-lease.ts';

/** Either way. */
const tickJitter = 0.1;
/** Takes, and requests, on their way at the same time; they leave connections free for renewals. */
const maxInFlight = 16;
/** Between the scans of a large table that something here gave cause for. */
const minNudgedScanMs = 1000;
/** How long a lease is left alone whose holder did not hand it over in time. */
const spareMs = 300_000;

/** When the table was last read, and what the plan made of it. */
interface Look {
  readonly scannedMs: number;
  readonly plan: Plan;
}

/** A row that cannot be read is said once, and again if it is broken anew. */
function sayBroken(member: Member, { broken }: TableRows): void {
  const keys = new Set(broken.map((row) => row.key));
  for (const key of member.broken) if (!keys.has(key)) member.broken.delete(key);
  for (const { key, error } of broken) {
    if (member.broken.has(key)) continue;
    member.broken.add(key);
    member.tools.onEvent({ kind: 'lease-row-broken', key, error });
  }
}

function makePlan(member: Member, scannedMs: number): Plan {
  const { options, tools, held, asked, spared, table } = member;
  const nowMs = tools.machine.clock.monotonicMs();
  for (const [key, untilMs] of spared) if (untilMs <= nowMs) spared.delete(key);
  return planLeases({
    rows: ownRows(member, table.leases),
    broken: table.broken,
    observations: member.observations,
    scannedMs,
    nowMs,
    me: tools.identity,
    held: new Set(held.keys()),
    asked: new Set(asked.keys()),
    spared: new Set(spared.keys()),
    maxPerWorker: options.limits.maxPerWorker,
    durationMs: tools.times.durationMs,
    parentsOf: (stream, shardId) => listedParents(member, stream, shardId),
  });
}

/** Runs `act` on all, a few at a time, until a stop is asked for. */
async function each<T>(member: Member, all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const work = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined && !member.quiet.signal.aborted; one = queue.shift()) await act(one);
  };
  await Promise.all(Array.from({ length: Math.min(maxInFlight, all.length) }, work));
}

async function carryOutTake(member: Member, take: Take): Promise<void> {
  const asked = member.asked.get(take.lease.key);
  asked?.dropped.abort();
  await asked?.done;
  if (member.held.has(take.lease.key)) return;
  const won = await takeLease(take, member.tools, member.halt.signal);
  if (won !== undefined) keep(member, won);
}

/** Waits in the background for a lease that was asked for. */
function follow(member: Member, lease: Lease): void {
  const { key } = lease;
  const dropped = new AbortController();
  const drop = () => dropped.abort();
  member.halt.signal.addEventListener('abort', drop, { once: true });
  const done = track(member, async () => {
    try {
      const outcome = await awaitHandOver(lease, member.tools, { leave: member.quiet.signal, halt: dropped.signal }, () => member.asked.size);
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

async function carryOutRequest(member: Member, lease: Lease): Promise<void> {
  const { store, identity, onEvent } = member.tools;
  try {
    const written = await sendOnce(member.tools, 'request', lease.key, () => store.request(lease, identity, member.halt.signal));
    if (written.outcome !== 'applied') return;
    onEvent({ kind: 'lease-requested', key: lease.key, from: lease.owner });
    follow(member, written.lease);
  } catch (error) {
    // It may have landed all the same: then the next scan shows it, and it is followed from there.
    if (!isRetryable(error)) throw error;
  }
}

function rhythm(member: Member, plan: Plan): Cadence {
  return cadence({
    bytes: member.table.bytes,
    leases: plan.leases,
    workers: plan.workers,
    settled: plan.takes.length === 0 && plan.requests.length === 0 && member.asked.size === 0,
    renewIntervalMs: member.tools.times.renewIntervalMs,
  });
}

/** The bell has moved since the last scan, or hangs elsewhere by now. */
async function bellRang(member: Member): Promise<boolean | undefined> {
  const [known] = member.table.leases;
  if (known === undefined) return true;
  return reachTable(member, async (signal) => (await member.tools.store.read(known.key, signal))?.bell !== known.bell);
}

/** Reads the table; undefined: a stop was asked for. Throws TABLE_FOREIGN. */
async function scan(member: Member, consistent: boolean): Promise<number | undefined> {
  const table = await reachTable(member, (signal) => member.tools.store.list({ consistent }, signal));
  if (table === undefined) return undefined;
  const scannedMs = member.tools.machine.clock.monotonicMs();
  const refusal = foreignTable(table.leases, member.options.streams, member.sources);
  if (refusal !== undefined) throw refusal;
  member.table = table;
  member.observations = observe(member.observations, ownRows(member, table.leases), scannedMs);
  sayBroken(member, table);
  return scannedMs;
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
  await each(member, plan.takes, (take) => carryOutTake(member, take));
  await each(member, plan.requests, (lease) => carryOutRequest(member, lease));
}

/** Many things happen here while hundreds of leases change hands; a large table is not scanned for each of them. */
async function gather(member: Member, scannedMs: number): Promise<void> {
  const { clock, timers } = member.tools.machine;
  const leftMs = scannedMs + minNudgedScanMs - clock.monotonicMs();
  if (leftMs > 0) await timers.sleep(leftMs, member.quiet.signal).catch(() => undefined);
}

/** Whether the next look is a scan, and whether it must be consistent. */
async function nextScan(member: Member, last: Look | undefined): Promise<'no' | 'eventual' | 'consistent' | undefined> {
  if (last === undefined) return 'consistent';
  const { tickMs, scanMs } = rhythm(member, last.plan);
  if (member.nudged) {
    if (scanMs > tickMs) await gather(member, last.scannedMs);
    return 'consistent';
  }
  if (scanMs <= tickMs) return 'eventual';
  if (member.tools.machine.clock.monotonicMs() - last.scannedMs >= scanMs) return 'eventual';
  const rang = await bellRang(member);
  if (rang === undefined) return undefined;
  return rang ? 'consistent' : 'no';
}

/** Looks, plans and acts until a stop is asked for. Throws what the store throws for good. */
export async function tickUntilQuiet(member: Member): Promise<void> {
  const { clock, random } = member.tools.machine;
  let last: Look | undefined;
  while (!member.quiet.signal.aborted) {
    const how = await nextScan(member, last);
    if (how === undefined) return;
    // What happens here while the bell is asked must show in the next scan.
    if (how === 'consistent') member.nudged = false;
    const scannedMs = how === 'no' ? last?.scannedMs : await scan(member, how === 'consistent');
    if (scannedMs === undefined) return;
    const plan = makePlan(member, scannedMs);
    last = { scannedMs, plan };
    followUnheard(member);
    await act(member, plan);
    const jitteredMs = rhythm(member, plan).tickMs * (1 + tickJitter * (2 * random.number() - 1));
    const untilChangeMs = plan.wakeAtMs === undefined ? jitteredMs : Math.max(0, plan.wakeAtMs - clock.monotonicMs());
    await rest(member, Math.min(jitteredMs, untilChangeMs));
  }
}
