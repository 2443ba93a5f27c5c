// Compares what a stream lists with the rows there are, at the start and from time to time: creates the leases that are missing
// and clears finished ones away. Which ones, is `shard-graph.ts` and `cleanup.ts`.
import { samePosition } from '../position.ts';
import { type LeasedStream, rowsOf } from '../streams.ts';
import type { Lease, NewLease, ShardListing, TableRows } from '../types.ts';
import { free } from './bell.ts';
import { foreignTable } from './belongs.ts';
import { type Cleanup, isBegun, planCleanup, type Removal } from './cleanup.ts';
import { each } from './each.ts';
import { type LivingStream, leasedStreams, type Member, nudge, reachTable } from './member.ts';
import { isRetryable, sendOnce, unlessBroken } from './operations.ts';
import { ownerId, workerId } from './ownership.ts';
import { byPreference, hashOf } from './rendezvous.ts';
import { isBeginning, type MissingInput, missingLeases } from './shard-graph.ts';

const intervalJitter = 0.1;
/** After a sync that was cut short. */
const retryAfterMs = 1000;
/** After so many creations a look shows whether other workers are creating the same leases. */
const firstShare = 64;
/** What is written may rest on a listing so old, and no older: a row that was cleared away since must not come back (`restMs`). */
const maxViewMs = 60_000;
/** In a fleet of more workers each lists less often; together they list as often. */
const fullRateWorkers = 4;
const maxStretch = 10;
/** Workers that start together list one after the other; so much for each. */
const spreadPerWorkerMs = 10;

/** A row as a creation leaves it. The store does not say who created it: a row that another worker created just now counts twice. */
function isFresh(row: Lease, created: NewLease): boolean {
  return row.counter === 0n && row.owner === undefined && samePosition(row.position, created.position);
}

/** Throws TABLE_FOREIGN. */
async function createLease(member: Member, stream: LeasedStream, missing: NewLease): Promise<void> {
  const { tools, sources } = member;
  const source = sources.get(stream.stream);
  const lease = source === undefined ? missing : { ...missing, source };
  const written = await unlessBroken(sendOnce(tools, 'create', lease.key, () => tools.store.create(lease, member.halt.signal)));
  if (written?.outcome !== 'applied') return;
  // Somebody else may have been faster, of a fleet that reads another stream.
  const refusal = foreignTable([written.lease], leasedStreams(member), sources);
  if (refusal !== undefined) throw refusal;
  if (isFresh(written.lease, lease)) tools.onEvent({ kind: 'lease-created', key: lease.key, position: lease.position });
}

/** In each generation no lease is a parent of another. `missing` has parents before their children. */
function generations(missing: readonly NewLease[]): readonly (readonly NewLease[])[] {
  const depths = new Map<string, number>();
  const all: NewLease[][] = [];
  for (const lease of missing) {
    const depth = Math.max(0, ...lease.parents.map((parent) => (depths.get(parent) ?? -1) + 1));
    depths.set(lease.shardId, depth);
    const generation = all[depth];
    if (generation === undefined) all.push([lease]);
    else generation.push(lease);
  }
  return all;
}

/** Whether the member may still write what it decided from a listing asked for at `askedMs`. */
function mayGoOn(member: Member, { leave }: LivingStream, askedMs: number): boolean {
  const old = member.tools.machine.clock.monotonicMs() - askedMs > maxViewMs;
  return member.state === 'working' && !leave.aborted && !old;
}

/** Every worker begins with the leases it is going to want, so that workers that start together create different ones. */
function inOrderOf({ tools }: Member, leases: readonly NewLease[]): readonly NewLease[] {
  const keys = leases.map((lease) => lease.key);
  return byPreference(hashOf(workerId(tools.identity)), keys).flatMap((at) => leases[at] ?? []);
}

/** Creates up to `most` of the missing leases; answers with how many were sent. */
async function createLeases(member: Member, living: LivingStream, missing: readonly NewLease[], most: number, askedMs: number): Promise<number> {
  const sent: string[] = [];
  const go = () => sent.length < most && mayGoOn(member, living, askedMs);
  try {
    // A parent's row exists before its child's, also when this ends half-way.
    for (const generation of generations(missing)) {
      await each(inOrderOf(member, generation), go, async (lease) => {
        sent.push(lease.key);
        await createLease(member, living.stream, lease);
      });
    }
  } finally {
    // What was created need not wait: neither for ten thousand others, nor until the table answers again.
    for (const key of sent) member.created.set(key, living.stream.stream);
    nudge(member, sent);
    free(member, sent);
  }
  return sent.length;
}

/** How many leases to create before the next look, when `grown` rows came while this worker created `sent`. */
function shareOf(missing: number, grown: number, sent: number): number {
  const workers = sent === 0 ? 1 : grown / sent;
  return workers <= 1 ? missing : Math.max(firstShare, Math.ceil(missing / (2 * workers)));
}

async function removeRow(member: Member, stream: LeasedStream, { lease, children }: Removal, keys: readonly string[]): Promise<void> {
  const { tools } = member;
  const { signal } = member.halt;
  for (const child of children) if (!isBegun(await unlessBroken(tools.store.read(stream.leaseKey(child), signal)))) return;
  // What is known of a KCL 3.x fleet lies in one row only.
  if (lease.peersSeen !== undefined) {
    const others = keys.filter((key) => key !== lease.key);
    await tools.store.vouch(others, lease.peersSeen, signal);
  }
  const written = await unlessBroken(sendOnce(tools, 'remove', lease.key, () => tools.store.remove(lease, signal)));
  if (written?.outcome === 'applied') tools.onEvent({ kind: 'lease-removed', key: lease.key });
}

async function cleanUp(member: Member, living: LivingStream, { disown, remove }: Cleanup, table: TableRows, askedMs: number): Promise<void> {
  const { tools } = member;
  const go = () => mayGoOn(member, living, askedMs);
  const keys = table.leases.map((row) => row.key);
  await each(disown, go, async (row) => void (await unlessBroken(sendOnce(tools, 'disown', row.key, () => tools.store.disown(row, member.halt.signal)))));
  await each(remove, go, (removal) => removeRow(member, living.stream, removal, keys));
}

function planFrom(member: Member, view: MissingInput): Cleanup {
  const { machine, times, identity } = member.tools;
  const nowMs = machine.clock.monotonicMs();
  return planCleanup({ ...view, observations: member.observations, nowMs, durationMs: times.durationMs, me: identity });
}

/** A start at a time asks the stream once more, as long as nobody has read anything. */
async function viewOf({ stream, leave }: LivingStream, listing: readonly ShardListing[], table: TableRows): Promise<MissingInput> {
  const { leaseKey, stream: name, start } = stream;
  const rows = rowsOf(stream, table.leases);
  const view = { leaseKey, ...(name === undefined ? {} : { stream: name }), start, listing, rows, broken: table.broken };
  if (start.kind !== 'at-timestamp' || stream.listAtStart === undefined || !isBeginning(rows)) return view;
  return { ...view, atStart: await stream.listAtStart(leave) };
}

/** Creates what is missing; clears away when nothing is. */
async function mend(member: Member, living: LivingStream, listing: readonly ShardListing[], askedMs: number): Promise<'done' | 'look again'> {
  let before: { readonly rows: number; readonly sent: number } | undefined;
  while (mayGoOn(member, living, askedMs)) {
    const table = await reachTable(member, (signal) => member.tools.store.list({ consistent: true }, signal));
    if (table === undefined) return 'done';
    const view = await viewOf(living, listing, table);
    const missing = missingLeases(view);
    if (missing.length === 0) {
      // Another worker was faster: its rows are not known to the loop that takes leases yet.
      if (view.rows.length > rowsOf(living.stream, member.table.leases).length) nudge(member);
      if (before === undefined) await cleanUp(member, living, planFrom(member, view), table, askedMs);
      return 'done';
    }
    const rows = view.rows.length;
    const most = before === undefined ? firstShare : shareOf(missing.length, rows - before.rows, before.sent);
    const sent = await createLeases(member, living, missing, most, askedMs);
    if (sent === missing.length) return 'done';
    before = { rows, sent };
  }
  return 'look again';
}

/** One sync. Every member does it; the condition of a creation lets one win. Throws what `listShards` throws. */
async function syncOnce(member: Member, living: LivingStream): Promise<'done' | 'idle' | 'look again'> {
  const { stream, leave } = living;
  const askedMs = member.tools.machine.clock.monotonicMs();
  const listing = await stream.listShards(leave);
  if (listing.length === 0) return 'done';
  const first = living.listed === undefined;
  const parents = new Map(listing.map((shard) => [shard.shardId, shard.parents]));
  living.listed = { parents, followed: new Set([...parents.values()].flat()), askedMs };
  // Leases whose parents have no rows could not be begun before.
  if (first && rowsOf(stream, member.table.leases).length > 0) nudge(member);
  if (member.state !== 'working') return 'idle';
  // What the last tick saw tells whether there is anything to do; the table is only read again if so.
  const seen = await viewOf(living, listing, member.table);
  const { disown, remove } = planFrom(member, seen);
  return missingLeases(seen).length + disown.length + remove.length === 0 ? 'done' : mend(member, living, listing, askedMs);
}

function workersIn(member: Member): number {
  return new Set(member.table.leases.flatMap((row) => ownerId(row) ?? [])).size;
}

/** Until the stream is gone or a stop is asked for. Children of a shard that ends never wait for this: whoever finishes it creates their rows. */
export async function syncUntilGone(member: Member, living: LivingStream): Promise<void> {
  const { timers, random } = member.tools.machine;
  const { leave: signal } = living;
  let delayMs = spreadPerWorkerMs * workersIn(member) * random.number();
  while (!signal.aborted) {
    await timers.sleep(delayMs, signal).catch(() => undefined);
    try {
      const outcome = await syncOnce(member, living);
      if (outcome === 'done') living.synced = true;
      const stretch = Math.min(maxStretch, Math.max(1, workersIn(member) / fullRateWorkers));
      const intervalMs = member.options.shardSyncIntervalMs * stretch;
      delayMs = outcome !== 'look again' ? intervalMs * (1 - intervalJitter * random.number()) : retryAfterMs;
    } catch (error) {
      if (signal.aborted) return;
      if (!isRetryable(error)) throw error;
      delayMs = retryAfterMs;
    }
  }
}
