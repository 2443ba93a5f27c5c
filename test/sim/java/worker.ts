// A worker of the Java KCL 2.x at the table: takes by counters that stand still, steals to the mean, renews, reads, checkpoints,
// ends shards, and never clears its name when it stops. It knows no mark of ours and fences nothing.

import { shardEnd } from '../invariants/row.ts';
import { recordAt, type SimShard, sequenceOf } from '../stream.ts';
import type { World } from '../world.ts';
import { checkpointRow, createRow, type JavaRow, javaRow, readRow, renewRow, scanRows, takeRow } from './rows.ts';
import { javaCall } from './table.ts';

export interface JavaWorker {
  readonly name: string;
  readonly world: World;
  /** Rows it takes for its own, as it last saw them. */
  readonly owned: Map<string, JavaRow>;
  /** What it saw in its scans, and since when. */
  readonly seen: Map<string, { readonly counter: number; readonly sinceMs: number }>;
  running: boolean;
}

const renewShare = 3;
const takeTimes = 2;
const readPauseMs = 1500;
const checkpointEvery = 3;

/** Adopts the row as its own and reads it until it is taken away. */
export function adopt(worker: JavaWorker, row: JavaRow): void {
  worker.owned.set(row.key, row);
  worker.world.note(worker.name, 'java begins', row.key);
  const shard = worker.world.stream.shard(row.key);
  if (shard !== undefined && row.position !== shardEnd) readOn(worker, shard, startOf(worker, shard, row), 0);
}

function startOf({ world }: JavaWorker, shard: SimShard, row: JavaRow): number {
  if (row.position !== 'LATEST') return recordAt(shard, row.position) ?? 0;
  const tip = world.stream.count(shard, world.time.nowMs());
  world.ledger.begunAt(shard.shardId, tip);
  return tip;
}

/** Writes what only an owner writes; a refusal means that the lease is gone. */
function writeOwned(worker: JavaWorker, key: string, build: (row: JavaRow) => Parameters<typeof javaCall>[2]): void {
  const row = worker.owned.get(key);
  if (row === undefined) return;
  javaCall(worker.world, worker.name, build(row), (answer) => {
    if (worker.owned.get(key) !== row) return;
    if (answer.item !== undefined && answer.applied) worker.owned.set(key, javaRow(answer.item));
    // Another write of its own may have been quicker by one.
    else if (answer.item !== undefined && answer.item.leaseOwner?.S === worker.name && Number(answer.item.leaseCounter?.N) === row.counter + 1) {
      worker.owned.set(key, javaRow(answer.item));
    } else worker.owned.delete(key);
  });
}

function parentsEnded({ world }: JavaWorker, shard: SimShard): boolean {
  return shard.parents.every((parent) => world.tableWatch.ended(parent) || (!world.tableWatch.known(parent) && world.settings.start === 'latest'));
}

function readOn(worker: JavaWorker, shard: SimShard, done: number, turns: number): void {
  const { world, owned } = worker;
  world.time.after(readPauseMs, () => {
    const row = owned.get(shard.shardId);
    if (!worker.running || row === undefined || world.violation() !== undefined) return;
    if (!parentsEnded(worker, shard)) return readOn(worker, shard, done, turns);
    const to = world.stream.count(shard, world.time.nowMs());
    world.ledger.done(shard.shardId, done, to);
    if (shard.closedMs !== undefined) return endShard(worker, shard);
    if (turns % checkpointEvery === checkpointEvery - 1 && to > 0) writeOwned(worker, shard.shardId, (mine) => checkpointRow(mine, sequenceOf(shard, to), []));
    readOn(worker, shard, to, turns + 1);
  });
}

function endShard(worker: JavaWorker, shard: SimShard): void {
  const { world } = worker;
  const missing = world.stream.children(shard).filter((child) => !world.tableWatch.known(child.shardId));
  const [child] = missing;
  if (child === undefined) writeOwned(worker, shard.shardId, (row) => checkpointRow(row, shardEnd, shard.children));
  else javaCall(world, worker.name, createRow(child.shardId, child.parents), () => endShard(worker, shard));
}

function renewAll(worker: JavaWorker): void {
  if (!worker.running) return;
  for (const key of [...worker.owned.keys()]) writeOwned(worker, key, renewRow);
  worker.world.time.after(worker.world.settings.times.durationMs / renewShare, () => renewAll(worker));
}

/** What the 2.x taker would take: everything that stands still up to the mean, else one lease of the busiest. */
function chooseTakes(worker: JavaWorker, rows: readonly JavaRow[], nowMs: number): readonly JavaRow[] {
  const { world, seen } = worker;
  for (const row of rows) {
    const before = seen.get(row.key);
    const sinceMs = before?.counter === row.counter ? before.sinceMs : before === undefined && row.owner === undefined ? Number.NEGATIVE_INFINITY : nowMs;
    seen.set(row.key, { counter: row.counter, sinceMs });
  }
  const free = rows.filter((row) => row.owner === undefined || nowMs - (seen.get(row.key)?.sinceMs ?? nowMs) >= world.settings.times.durationMs);
  const live = rows.filter((row) => !free.includes(row));
  const counts = new Map<string, number>([[worker.name, 0]]);
  for (const { owner } of live) if (owner !== undefined) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  const target = counts.size >= rows.length ? 1 : Math.ceil(rows.length / counts.size);
  const need = target - (counts.get(worker.name) ?? 0);
  if (need <= 0) return [];
  if (free.length > 0) return free.slice(0, need);
  const [busiest, most] = [...counts].filter(([name]) => name !== worker.name).sort((a, b) => b[1] - a[1])[0] ?? ['', 0];
  if (most <= target && !(need > 1 && most === target)) return [];
  return live.filter((row) => row.owner === busiest).slice(0, 1);
}

function takeSome(worker: JavaWorker): void {
  const { world } = worker;
  if (!worker.running) return;
  javaCall(world, worker.name, scanRows, ({ items }) => {
    for (const row of chooseTakes(worker, items.map(javaRow), world.time.nowMs())) {
      javaCall(world, worker.name, takeRow(row, worker.name), ({ applied, item }) => {
        if (applied && item !== undefined && worker.running) adopt(worker, javaRow(item));
      });
    }
    world.time.after(world.settings.times.durationMs * takeTimes, () => takeSome(worker));
  });
}

/** A worker starts: what bears its name it renews and goes on with, whoever wrote it. */
export function startJavaWorker(world: World, name: string): JavaWorker {
  const worker: JavaWorker = { name, world, owned: new Map(), seen: new Map(), running: true };
  world.note(name, 'java joins');
  javaCall(world, name, scanRows, ({ items }) => {
    for (const row of items.map(javaRow)) {
      if (row.owner !== name || row.checkpointOwner !== undefined) continue;
      javaCall(world, name, renewRow(row), ({ applied, item }) => {
        if (applied && item !== undefined && worker.running) adopt(worker, javaRow(item));
      });
    }
    renewAll(worker);
    takeSome(worker);
  });
  return worker;
}

/** Looks at one row until it names this worker alone: the end of a 3.x hand-over. */
export function awaitPair(worker: JavaWorker, key: string): void {
  const { world } = worker;
  world.time.after(world.settings.times.durationMs / renewShare, () => {
    if (!worker.running || world.violation() !== undefined) return;
    javaCall(world, worker.name, readRow(key), ({ item }) => {
      if (item === undefined) return;
      const row = javaRow(item);
      if (row.owner !== worker.name) return;
      if (row.checkpointOwner !== undefined) return awaitPair(worker, key);
      javaCall(world, worker.name, renewRow(row), ({ applied, item: renewed }) => {
        if (applied && renewed !== undefined && worker.running) adopt(worker, javaRow(renewed));
      });
    });
  });
}
