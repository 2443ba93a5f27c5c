// What befalls a world while it is wild: each kind of accident comes by chance at its own rate. It only pulls the levers that
// the world has; to add an accident, add its rate to `settings.ts` and its doing here.

import { type JavaFleet, joinJava, stopJava } from './java/fleet.ts';
import { startNamesake, startPair } from './java/intruders.ts';
import type { Call } from './network.ts';
import { type SimWorker, tableName } from './process.ts';
import type { Accidents } from './settings.ts';
import type { CallMoment, World } from './world.ts';

const maxAlive = 7;
const maxOpenShards = 12;
/** Closed and finished shards are forgotten after so long at the earliest. */
const retentionMs = 20_000;
const throttledOperations = ['*', 'renew', 'checkpoint', 'take', 'list', 'read', 'create', 'request', 'accept', 'transfer', 'finish'];
const ambushedOperations = ['renew', 'checkpoint', 'take', 'request', 'accept', 'transfer', 'release', 'finish', 'create', 'cancel', 'ring', 'list', 'read'];
const moments: readonly CallMoment[] = ['sent', 'arrived', 'answered'];
/** An ambush that meets nobody is given up. */
const ambushForMs = 30_000;

function alive(world: World): readonly SimWorker[] {
  return world.workers.filter((worker) => worker.state === 'running' || worker.state === 'stopping');
}

function victim(world: World): SimWorker | undefined {
  return world.chance.pick(alive(world).filter((worker) => !worker.machine.isFrozen()));
}

function thawLater(world: World, worker: SimWorker, forMs: number): void {
  world.time.after(forMs, () => {
    if (worker.state === 'crashed' || !worker.machine.isFrozen()) return;
    world.note(worker.label, 'goes on');
    worker.machine.thaw();
  });
}

function pauseMs({ chance, settings }: World): number {
  return settings.times.durationMs * (chance.hits(0.6) ? chance.between(0.9, 3) : chance.between(0.05, 1));
}

function pause(world: World, worker: SimWorker): void {
  world.note(worker.label, 'stands still');
  worker.machine.freeze();
  thawLater(world, worker, pauseMs(world));
}

function suspend(world: World, worker: SimWorker): void {
  const forMs = pauseMs(world);
  world.note(worker.label, 'is suspended with its clock');
  worker.machine.suspend();
  worker.suspendedMs = world.time.nowMs() + forMs;
  thawLater(world, worker, forMs);
}

function cut(world: World, worker: SimWorker): void {
  world.note(worker.label, 'is cut off');
  worker.host.cut = true;
  world.time.after(pauseMs(world), () => {
    world.note(worker.label, 'is connected again');
    worker.host.cut = false;
  });
}

/** Somebody always stays, or the world would only wait. */
function lose(world: World, worker: SimWorker, how: (worker: SimWorker) => void): void {
  if (alive(world).length > 1) how(worker);
}

/** Strikes a worker at the moment of one of its calls. */
function ambush(world: World): void {
  const { chance, time } = world;
  const operation = chance.pick(ambushedOperations);
  const moment = chance.pick(moments);
  const untilMs = time.nowMs() + ambushForMs;
  const blow = chance.pick<(worker: SimWorker) => void>([
    (worker) => lose(world, worker, world.crash),
    (worker) => lose(world, worker, world.crash),
    (worker) => pause(world, worker),
    (worker) => cut(world, worker),
    (worker) => lose(world, worker, world.stop),
  ]);
  world.onCall = (call: Call, at: CallMoment) => {
    if (time.nowMs() > untilMs) world.onCall = () => undefined;
    if (call.operation !== operation || at !== moment) return;
    const worker = alive(world).find((one) => one.host === call.host);
    if (worker === undefined || worker.machine.isFrozen()) return;
    world.onCall = () => undefined;
    blow?.(worker);
  };
}

function forget(world: World): void {
  const nowMs = world.time.nowMs();
  const old = world.stream.all().filter((shard) => !shard.forgotten && shard.closedMs !== undefined && shard.closedMs < nowMs - retentionMs);
  const shard = old.find((one) => world.tableWatch.ended(one.shardId) || !world.tableWatch.known(one.shardId));
  // What nobody has read yet is not forgotten: it would be lost, and rightly so.
  if (shard === undefined || !world.tableWatch.ended(shard.shardId)) return;
  shard.forgotten = true;
  world.note('-', 'is forgotten', shard.shardId);
}

function split(world: World): void {
  const { stream, chance, time } = world;
  const shard = chance.pick(stream.open());
  if (shard === undefined || stream.open().length >= maxOpenShards) return;
  stream.split(shard, time.nowMs());
  world.note('-', 'splits', shard.shardId);
  const child = stream.shard(shard.children[0] ?? '');
  // Two reshards in a row: nobody has begun with the child.
  if (child === undefined || !chance.hits(0.4)) return;
  time.after(chance.between(0, 3000), () => {
    if (child.closedMs !== undefined) return;
    const sibling = stream.neighbour(child);
    if (sibling !== undefined && chance.hits(0.5)) stream.merge(child, sibling, time.nowMs());
    else stream.split(child, time.nowMs());
    world.note('-', 'is resharded at once', child.shardId);
  });
}

function merge(world: World): void {
  const { stream, chance, time } = world;
  const left = chance.pick(stream.open());
  const right = left === undefined ? undefined : stream.neighbour(left);
  if (left === undefined || right === undefined || stream.open().length <= 2) return;
  stream.merge(left, right, time.nowMs());
  world.note('-', `merges with ${right.shardId}`, left.shardId);
}

function throttle({ network, chance, time, note, settings }: World): void {
  const operation = chance.pick(throttledOperations) ?? '*';
  note('-', `${operation} is throttled`);
  network.throttle(operation, chance.between(0.3, 1), time.nowMs() + settings.times.durationMs * chance.between(0.1, 1.2));
}

function withVictim(world: World, act: (worker: SimWorker) => void): void {
  const worker = victim(world);
  if (worker !== undefined) act(worker);
}

/** What accidents do, by kind. */
export type Doings = Partial<Readonly<Record<keyof Accidents, () => void>>>;

/** Those that befall every world. */
export function accidentsOf(world: World) {
  const on = (act: (worker: SimWorker) => void) => () => withVictim(world, act);
  return {
    crash: on((worker) => lose(world, worker, world.crash)),
    restart() {
      const gone = world.workers.filter((worker) => worker.state === 'crashed' || worker.state === 'stopped');
      const name = world.chance.pick(gone)?.name;
      if (name !== undefined && alive(world).length < maxAlive) world.join(name);
    },
    pause: on((worker) => pause(world, worker)),
    suspend: on((worker) => suspend(world, worker)),
    cut: on((worker) => cut(world, worker)),
    throttle: () => throttle(world),
    stop: on((worker) => lose(world, worker, world.stop)),
    join() {
      if (alive(world).length < maxAlive) world.join(`w${new Set(world.workers.map((worker) => worker.name)).size}`);
    },
    split: () => split(world),
    merge: () => merge(world),
    forget: () => forget(world),
    jump: on((worker) => worker.machine.jumpWall(world.chance.between(-1e7, 1e7))),
    ambush: () => ambush(world),
  } satisfies Doings;
}

export function javaAccidents(world: World, java: JavaFleet): Doings {
  return {
    javaJoin: () => void joinJava(java),
    javaStop: () => stopJava(java),
    javaNamesake: () => startNamesake(world, java),
    javaPair: () => startPair(world, java),
  };
}

/** Each kind happens by chance at the rate that the settings have for it, until then. */
export function letAccidentsHappen(world: World, doings: Doings, untilMs: number): void {
  const { time, chance, settings } = world;
  for (const [kind, happen] of Object.entries(doings) as [keyof Accidents, () => void][]) {
    const meanMs = settings.accidents[kind] ?? Number.POSITIVE_INFINITY;
    if (!Number.isFinite(meanMs)) continue;
    const own = chance.fork();
    const again = (): void => {
      const waitMs = own.wait(meanMs);
      if (time.nowMs() + waitMs >= untilMs) return;
      time.after(waitMs, () => {
        if (world.database.table(tableName) !== undefined) happen();
        again();
      });
    };
    again();
  }
}
