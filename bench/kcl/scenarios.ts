// What is done with the workers of a rig, and how long it took until shards were read. The same for both systems; it prints
// nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerProcess } from './process.ts';
import type { Rig } from './rig.ts';

/** DynamoDB requests a second by operation. */
export type Rates = ReadonlyMap<string, number>;

/** Milliseconds; infinite where it was not seen within the limit. */
export interface TakeOver {
  /** For each shard of the worker that left: from the signal to the heir's first record. */
  readonly fromSignal: readonly number[];
  /** The same from the shard's release. None where a worker does not tell. */
  readonly fromRelease: readonly number[];
}

export interface RigTimes {
  readonly firstRecordMs: number;
  readonly everyShardMs: number;
  readonly rates: Rates;
  readonly joinMs: readonly number[];
  readonly stop: TakeOver;
  readonly crash: TakeOver;
}

/** The KCL reports and assigns every 30 s: whole periods, and the work of the start is over. */
const settleMs = 15_000;
const countMs = 60_000;
/** Workers leave at any moment of what repeats: renewals, scans, and every 30 s the KCL's assignments. */
const periodMs = 30_000;
const never = Number.POSITIVE_INFINITY;

async function firstRecords(rig: Rig, worker: WorkerProcess): Promise<readonly number[]> {
  if (!(await rig.waitFor(() => worker.reading.size === rig.shards))) return [never];
  return [...worker.reading.values()].map((atMs) => atMs - worker.startedMs);
}

async function countRequests(rig: Rig): Promise<Rates> {
  await sleep(settleMs);
  const before = rig.proxy.counts();
  await sleep(countMs);
  return new Map([...rig.proxy.counts()].map(([operation, count]) => [operation, ((count - (before.get(operation) ?? 0)) * 1000) / countMs]));
}

/** Until each of the two reads half of the shards. */
async function join(rig: Rig, present: WorkerProcess, joining: WorkerProcess): Promise<number> {
  const share = rig.shards / 2;
  if (!(await rig.waitFor(() => joining.reading.size === share && present.reading.size === share))) return never;
  return Math.max(...joining.reading.values()) - joining.startedMs;
}

async function leave(rig: Rig, leaving: WorkerProcess, heir: WorkerProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<TakeOver> {
  const shards = [...leaving.reading.keys()];
  const leftMs = leaving.signal(signal);
  const readMs = (shard: string) => {
    const atMs = heir.reading.get(shard);
    return atMs === undefined || atMs < leftMs ? never : atMs;
  };
  await rig.waitFor(() => shards.every((shard) => readMs(shard) < never));
  return {
    fromSignal: shards.map((shard) => readMs(shard) - leftMs),
    fromRelease: shards.flatMap((shard) => {
      const releasedMs = leaving.releasedMs.get(shard);
      return releasedMs === undefined ? [] : [readMs(shard) - releasedMs];
    }),
  };
}

/**
 * A starts on an empty table, B joins, A is stopped, C joins, C is killed. The first worker leads the KCL's fleet, and the next
 * after it: who is stopped leads, who is killed does not, which is the quicker of the KCL's two crashes.
 */
export async function playTimes(rig: Rig): Promise<RigTimes> {
  const first = rig.start();
  const firsts = await firstRecords(rig, first);
  const rates = await countRequests(rig);
  const second = rig.start();
  const joins = [await join(rig, first, second)];
  await sleep(settleMs + Math.random() * periodMs);
  const stop = await leave(rig, first, second, 'SIGTERM');
  await sleep(settleMs);
  const third = rig.start();
  joins.push(await join(rig, second, third));
  await sleep(settleMs + Math.random() * periodMs);
  const crash = await leave(rig, third, second, 'SIGKILL');
  return { firstRecordMs: Math.min(...firsts), everyShardMs: Math.max(...firsts), rates, joinMs: joins, stop, crash };
}

/** One worker at rest on as many shards as the rig has. */
export async function playRates(rig: Rig): Promise<Rates> {
  await firstRecords(rig, rig.start());
  return countRequests(rig);
}
