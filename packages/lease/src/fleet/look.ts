// What a member reads of the lease table, and what it knows of it afterwards. A small table is read whole at each look. Of a
// large one a look asks for one row, the bell's, and for the rows that something happened to; a part of the table that is this
// member's to watch is read every few seconds, and all of it from time to time. It plans nothing.
import type { LeaseError } from '../errors.ts';
import type { BrokenRow, Lease, TablePart, TableRows } from '../types.ts';
import { foreignTable } from './belongs.ts';
import type { Cadence } from './cadence.ts';
import { each } from './each.ts';
import { leasedStreams, type Member, ownRows, reachTable } from './member.ts';
import { observe } from './observe.ts';
import { isRowBroken } from './operations.ts';
import { isFinished, type WorkerId, workerId } from './ownership.ts';
import { hashOf, standsBefore } from './rendezvous.ts';

/** Single rows read in one look; to read more is to read the table. */
const maxRowReads = 256;
/** Those who hear that more was freed than the bell could name do not read the whole table at the same moment. */
const spreadMs = 500;
/** A lease that was given up is looked at by the first for it and by the next, since the first may be who gave it up. */
const watchersOfFreed = 2;

/** A row that cannot be read is said once, and again if it is broken anew. */
function sayBroken(member: Member): void {
  const keys = new Set(member.table.broken.map((row) => row.key));
  for (const key of member.broken) if (!keys.has(key)) member.broken.delete(key);
  for (const { key, error } of member.table.broken) {
    if (member.broken.has(key)) continue;
    member.broken.add(key);
    member.tools.onEvent({ kind: 'lease-row-broken', key, error });
  }
}

function byKey(left: { readonly key: string }, right: { readonly key: string }): number {
  return left.key < right.key ? -1 : 1;
}

/**
 * Takes in what was read just now. `covers`: whether the reading would have shown a row of this key, were it there. Throws
 * TABLE_FOREIGN.
 */
function learn(member: Member, read: Omit<TableRows, 'bytes'>, covers: (key: string) => boolean): void {
  const readMs = member.tools.machine.clock.monotonicMs();
  const before = member.table;
  const leases = [...before.leases.filter((row) => !covers(row.key)), ...read.leases].sort(byKey);
  // A part of the table does not show what else is in it.
  const refusal = foreignTable(leases, leasedStreams(member), member.sources);
  if (refusal !== undefined) throw refusal;
  const broken = [...before.broken.filter((row) => !covers(row.key)), ...read.broken].sort(byKey);
  for (const { key } of [...read.leases, ...read.broken]) member.created.delete(key);
  const observed = observe(member.observations, ownRows(member, read.leases), readMs);
  const kept = [...member.observations].filter(([key]) => !covers(key));
  member.observations = new Map([...kept, ...observed]);
  member.table = { leases, broken, bytes: before.bytes };
  sayBroken(member);
}

/** What was read is the whole table. Throws TABLE_FOREIGN. */
export function learnTable(member: Member, table: TableRows): void {
  member.table = { ...member.table, bytes: table.bytes };
  learn(member, table, () => true);
  member.wholeMs = member.tools.machine.clock.monotonicMs();
  const [first] = table.leases;
  member.heard = first === undefined ? undefined : { key: first.key, bell: first.bell };
}

async function readWhole(member: Member, consistent: boolean): Promise<boolean> {
  // What happens to a row while the table is read may not show in it, nor in a replica that lags.
  const shown = consistent ? [...member.wanted] : [];
  const table = await reachTable(member, (signal) => member.tools.store.list({ consistent }, signal));
  if (table === undefined) return false;
  for (const key of shown) member.wanted.delete(key);
  learnTable(member, table);
  return true;
}

/**
 * Which parts are this member's to watch: together they watch all, as far as they know of each other, and each part has two
 * watchers, since one of them may be who has crashed.
 */
function partsFor(me: WorkerId, workers: readonly WorkerId[]): readonly TablePart[] {
  const of = workers.length;
  const first = Math.max(0, workers.toSorted().indexOf(me));
  return [...new Set([first, (first + 1) % of])].map((index) => ({ index, of }));
}

async function readParts(member: Member, parts: readonly TablePart[]): Promise<boolean> {
  const name = parts.map(({ index, of }) => `${index}/${of}`).join(' ');
  const read = await Promise.all(parts.map((part) => reachTable(member, (signal) => member.tools.store.list({ consistent: false, part }, signal))));
  const leases = read.flatMap((rows) => rows?.leases ?? []);
  const broken = read.flatMap((rows) => rows?.broken ?? []);
  if (member.quiet.signal.aborted) return false;
  const known = member.watched?.name === name ? member.watched.keys : new Set<string>();
  const keys = new Set([...leases, ...broken].map((row) => row.key));
  learn(member, { leases, broken }, (key) => keys.has(key) || known.has(key));
  for (const key of parentsInDoubt(member, leases)) member.wanted.add(key);
  member.watched = { name, keys, readMs: member.tools.machine.clock.monotonicMs() };
  return true;
}

/** Undefined: a stop was asked for. Empty: there is no such row. */
async function readRow(
  member: Member,
  key: string,
  consistent: boolean,
): Promise<{ readonly lease?: Lease | undefined; readonly error?: LeaseError } | undefined> {
  try {
    return await reachTable(member, async (signal) => ({ lease: await member.tools.store.read(key, signal, { consistent }) }));
  } catch (error) {
    if (isRowBroken(error)) return { error };
    throw error;
  }
}

/** Parents of these rows' shards that are not known to be finished: whether the shard may begin, only their rows as they are now tell. */
function parentsInDoubt(member: Member, rows: readonly Lease[]): readonly string[] {
  const known = new Map(member.table.leases.map((row) => [row.key, row]));
  return rows.flatMap((row) => {
    const names = member.streams.get(row.stream)?.stream;
    if (names === undefined || row.owner !== undefined || isFinished(row)) return [];
    return row.parents.map((parent) => names.leaseKey(parent)).filter((key) => known.get(key)?.position.kind !== 'shard-end');
  });
}

/** The rows that something happened to, and the parents of those that nobody has begun. */
async function readWanted(member: Member): Promise<boolean> {
  const queue = [...member.wanted];
  member.wanted.clear();
  if (queue.length === 0) return true;
  if (!(await readRows(member, queue))) return false;
  const read = new Set(queue);
  const parents = parentsInDoubt(
    member,
    member.table.leases.filter((row) => read.has(row.key)),
  );
  return parents.length === 0 || readRows(member, [...new Set(parents)]);
}

async function readRows(member: Member, queue: readonly string[]): Promise<boolean> {
  const keys = new Set(queue);
  const leases: Lease[] = [];
  const broken: BrokenRow[] = [];
  const go = () => !member.quiet.signal.aborted;
  await each(queue, go, async (key) => {
    const row = await readRow(member, key, true);
    if (row?.lease !== undefined) leases.push(row.lease);
    if (row?.error !== undefined) broken.push({ key, error: row.error });
  });
  if (member.quiet.signal.aborted) return false;
  learn(member, { leases, broken }, (key) => keys.has(key));
  return true;
}

function concerns(me: WorkerId, workers: readonly WorkerId[]): (key: string) => boolean {
  const contender = (id: WorkerId) => ({ id, hash: hashOf(id) });
  const [mine, all] = [contender(me), workers.map(contender)];
  return (key) => standsBefore(mine, all, hashOf(key)) < watchersOfFreed;
}

/** Asks for the bell's row; `all`: so much was freed that the whole table must be read. */
async function hear(member: Member, me: WorkerId, workers: readonly WorkerId[]): Promise<'named' | 'all' | undefined> {
  const [known] = member.table.leases;
  if (known === undefined) return 'all';
  const answer = await readRow(member, known.key, false);
  if (answer === undefined) return undefined;
  const row = answer.lease;
  // Cleared away, and others with it perhaps: where the bell is now, only the table tells.
  if (row === undefined) return 'all';
  const heardBell = member.heard?.key === row.key ? member.heard.bell : known.bell;
  if (row.bell <= heardBell) return 'named';
  member.heard = { key: row.key, bell: row.bell };
  learn(member, { leases: [row], broken: [] }, (key) => key === row.key);
  // Of two rings between two looks the first one's names are gone.
  if (row.freed === undefined || row.bell > heardBell + 1n) return 'all';
  const mine = concerns(me, workers);
  for (const key of row.freed) if (mine(key)) member.wanted.add(key);
  return 'named';
}

/** Not more often than the rhythm allows, and not with all others at once. */
async function readWholeInTime(member: Member, hurryMs: number): Promise<boolean> {
  const { clock, timers, random } = member.tools.machine;
  const waitMs = Math.max(spreadMs * random.number(), (member.wholeMs ?? 0) + hurryMs - clock.monotonicMs());
  if (waitMs > 0) await timers.sleep(waitMs, member.quiet.signal).catch(() => undefined);
  return !member.quiet.signal.aborted && (await readWhole(member, true));
}

/** One look. False: a stop was asked for. `workers`: as the last plan knew them. Throws TABLE_FOREIGN, and what the store throws for good. */
export async function look(member: Member, { lookMs, partMs, wholeMs, hurryMs }: Cadence, workers: readonly WorkerId[]): Promise<boolean> {
  const { clock } = member.tools.machine;
  const consistent = member.nudged || member.wholeMs === undefined;
  member.nudged = false;
  if (member.wholeMs === undefined || wholeMs <= lookMs) return readWhole(member, consistent);
  if (clock.monotonicMs() - member.wholeMs >= wholeMs) return readWhole(member, false);
  const me = workerId(member.tools.identity);
  const heard = await hear(member, me, workers);
  if (heard === undefined) return false;
  if (heard === 'all' || member.wanted.size > maxRowReads) return readWholeInTime(member, hurryMs);
  const { watched } = member;
  const due = clock.monotonicMs() - (watched?.readMs ?? member.wholeMs) >= partMs;
  if (due && !(await readParts(member, partsFor(me, workers)))) return false;
  return readWanted(member);
}
