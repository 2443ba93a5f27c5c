// What a world must come to once nothing befalls it any more: every shard read by somebody, the leases spread evenly and then
// left in peace, and a stop that gives everything back. It causes nothing but the healing and the stop.

import { shardEnd } from './invariants/row.ts';
import type { JavaFleet } from './java/fleet.ts';
import { stopAllJava } from './java/fleet.ts';
import type { SimWorker } from './process.ts';
import { calm } from './settings.ts';
import type { World } from './world.ts';

/** No other worker in view: the longest time between two looks at a small table. */
export const aloneMs = 10_000;
/** A hand-over that nobody answers is given up after so long, and not tried again for so long. */
export const handOverMs = 30_000;
const sparedMs = 300_000;
/** A throughput plan rests so long after a move, and so long for one lease. */
const restMs = 120_000;
/** So long nothing moves in a fleet at rest, and so long it may take to come to rest. */
const peaceMs = 30_000;
const restlessMs = 400_000;
const stepMs = 500;

/** Ends all trouble; what is on its way still comes. */
export function heal(world: World): void {
  world.note('-', 'HEALED');
  world.onCall = () => undefined;
  world.network.calmDown(calm);
  for (const worker of world.workers) {
    worker.host.cut = false;
    if (worker.state !== 'crashed' && worker.machine.isFrozen()) worker.machine.thaw();
  }
  if (world.running().length === 0) world.join('last');
}

/** Advances until `unmet` has nothing to say; fails the world after the limit. */
export async function reach(world: World, limitMs: number, unmet: () => string | undefined): Promise<void> {
  const untilMs = world.time.nowMs() + limitMs;
  for (let text = unmet(); text !== undefined && world.violation() === undefined; text = unmet()) {
    if (world.time.nowMs() >= untilMs) return world.fail(13, `${text} (${Math.round(limitMs / 1000)} s after it could).`);
    await world.advance(stepMs);
  }
}

function startable(
  world: World,
): readonly { readonly key: string; readonly owner: string | undefined; readonly holder: string | undefined; readonly throughputKBps: number | undefined }[] {
  const rows = world.rows();
  const open = new Set(rows.filter((row) => row.position !== shardEnd).map((row) => row.key));
  return rows.filter((row) => open.has(row.key) && (world.stream.shard(row.key)?.parents ?? []).every((parent) => !open.has(parent)));
}

export function unowned(world: World): string | undefined {
  const running = new Set(world.running().map((worker) => worker.incarnation));
  const room = world.settings.maxPerWorker * running.size;
  const rows = startable(world);
  const left = rows.filter((row) => row.holder === undefined || !running.has(row.holder));
  return left.length > Math.max(0, rows.length - room)
    ? `Nobody who runs holds ${left.map((row) => `${row.key} (${row.owner ?? 'free'})`).join(', ')}`
    : undefined;
}

export function unread(world: World): string | undefined {
  const { stream, tableWatch, settings } = world;
  const rows = new Map(world.rows().map((row) => [row.key, row]));
  for (const shard of stream.all()) {
    const row = rows.get(shard.shardId);
    if (shard.closedMs !== undefined && row !== undefined && row.position !== shardEnd) return `${shard.shardId} is closed and not finished`;
    const owed = settings.start === 'trim-horizon' || shard.closedMs === undefined;
    if (owed && !tableWatch.known(shard.shardId)) return `${shard.shardId} has no row`;
  }
  return undefined;
}

function counts(world: World): readonly number[] {
  const rows = startable(world);
  return world.running().map((worker) => rows.filter((row) => row.holder === worker.incarnation).length);
}

/** What a lease weighs though nothing comes, beside what comes, as the planner has it (KB/s). */
const idleKBps = 10;

/**
 * Counts differ by more than one although a lease of the one who has more could go to the one who has fewer without making that
 * one the heavier: where throughputs differ much, fewer leases may be as much work.
 */
function uneven(world: World): string | undefined {
  const all = counts(world);
  const [most, least] = [Math.max(...all), Math.min(...all)];
  if (most - least <= 1) return undefined;
  const rows = startable(world);
  const known = rows.flatMap((row) => row.throughputKBps ?? []);
  const meanKBps = known.reduce((sum, kbps) => sum + kbps, 0) / Math.max(1, known.length);
  const weight = (row: (typeof rows)[number]) => idleKBps + (row.throughputKBps ?? meanKBps);
  const shares = world.running().map((worker) => rows.filter((row) => row.holder === worker.incarnation));
  const load = (share: typeof rows) => share.reduce((sum, row) => sum + weight(row), 0);
  const movable = shares.some(
    (rich) => rich.length === most && shares.some((poor) => poor.length === least && rich.some((row) => load(poor) + weight(row) <= load(rich))),
  );
  return movable ? `The leases are spread as ${all.join(', ')}` : undefined;
}

function full(world: World): boolean {
  return counts(world).some((count) => count >= world.settings.maxPerWorker);
}

/** Throughput is balanced lease by lease; then nothing moves. */
async function rest(world: World): Promise<void> {
  const { moves } = world.tableWatch;
  const before = moves.length;
  const sinceMs = world.time.nowMs();
  const allowed = 2 * startable(world).length;
  await reach(world, restlessMs, () =>
    world.time.nowMs() - (moves.at(-1) ?? 0) < peaceMs || world.time.nowMs() - sinceMs < peaceMs ? 'Leases go on moving' : undefined,
  );
  const moved = moves.length - before;
  if (moved > allowed) world.fail(10, `${moved} moves of ${allowed / 2} leases although nothing happened.`);
}

export async function stopAll(world: World): Promise<void> {
  const { settings } = world;
  const running = [...world.running()];
  const held = new Set(running.flatMap((worker) => worker.held()));
  const leaving = world.workers.filter((worker) => worker.state === 'running' || worker.state === 'stopping');
  for (const worker of running) world.stop(worker, settings.drainTimeoutMs);
  const going = (worker: SimWorker): boolean => worker.state === 'stopping';
  await reach(world, settings.drainTimeoutMs * 2 + handOverMs + aloneMs, () => (leaving.some(going) ? 'A worker does not end' : undefined));
  if (world.violation() !== undefined || settings.reader.deaf > 0 || settings.drainTimeoutMs < settings.reader.workMs * 3) return;
  for (const worker of running) if (worker.clean !== true) world.fail(13, `${worker.label} stopped in peace and not clean.`);
  for (const row of world.rows()) {
    if (held.has(row.key) && row.owner !== undefined) world.fail(13, `After a clean stop ${row.key} still names ${row.owner}.`);
  }
}

export function nothingPending(world: World): void {
  for (const worker of world.workers) {
    if (worker.state !== 'stopped') continue;
    if (!worker.ended) world.fail(13, `${worker.label} has stopped, and its run goes on.`);
    if (worker.machine.armed() > 0) world.fail(13, `${worker.label} has stopped, and ${worker.machine.armed()} of its timers are armed.`);
  }
}

/** Phase 2. Violations of 13 are failed progress, of 10 a lease that moved in peace. */
export async function converge(world: World, java: JavaFleet): Promise<void> {
  const { settings } = world;
  const { durationMs, requestTimeoutMs } = settings.times;
  stopAllJava(java);
  heal(world);
  const lateMs = settings.weather.maxDelayMs + settings.drainTimeoutMs;
  const ownedMs = 2 * durationMs + aloneMs + 2 * requestTimeoutMs + lateMs;
  await reach(world, ownedMs + handOverMs, () => unowned(world));
  // Each generation of shards is found, taken and read after the one before.
  await reach(world, 6 * (settings.shardSyncIntervalMs + aloneMs + durationMs), () => (full(world) ? undefined : unread(world)) ?? unowned(world));
  const cancelled = (world.network.counts.operations.get('cancel') ?? 0) > 0;
  if (!full(world) && settings.reader.deaf === 0) await reach(world, (cancelled ? sparedMs : 0) + restMs + ownedMs, () => uneven(world) ?? unowned(world));
  if (world.violation() !== undefined) return;
  await rest(world);
  if (world.violation() !== undefined) return;
  await stopAll(world);
  await world.advance(2 * durationMs);
  if (world.violation() === undefined) nothingPending(world);
}
