// One run of one system: start, warm up, and what it did in each of some windows. It knows neither how a system is started nor what
// its figures are for.
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startChild } from './systems/process.ts';
import type { Place, Running, Sample, System } from './systems/system.ts';

export interface Plan {
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly windows: number;
}

export interface Window {
  readonly recordsPerSecond: number;
  readonly recordsPerCpuSecond: number;
  readonly loopDelayMs?: number;
}

export interface Run {
  /** From the start of the process to the first record of a shard in the processor. */
  readonly firstRecordMs: number;
  readonly windows: readonly Window[];
  readonly peakBytes: number;
  /** Processes of the machine that ran or wanted to, its own among them; the last minute's mean. */
  readonly load: number;
}

const server = fileURLToPath(new URL('replay-server.ts', import.meta.url));
const lookMs = 100;
/** The KCL has been seen to need five minutes where others were at work. */
const limitMs = 400_000;

export interface Replayed {
  readonly shards: number;
  readonly http2: boolean;
}

/** The server is gone when this resolves. */
export async function withReplay<T>({ shards, http2 }: Replayed, play: (kinesisUrl: string) => Promise<T>): Promise<T> {
  const child = startChild('the replay server', {
    command: process.execPath,
    args: [server, '--shards', String(shards), ...(http2 ? ['--http2'] : [])],
  });
  try {
    return await play((await child.nextLine()).replace('ready ', ''));
  } finally {
    child.signal('SIGKILL');
    await child.gone;
  }
}

/** Resolves when the processor has had a record of each shard. Rejects when it takes too long, and at the signal. */
export async function everyShard(running: Running, shards: number, signal: AbortSignal): Promise<Sample> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    const sample = await running.sample();
    if (sample.shards >= shards) return sample;
    if (performance.now() > deadlineMs)
      throw new Error(`After ${limitMs / 1000} s only ${sample.shards} of ${shards} shards were read. The bench is over; is the machine overloaded?`);
    await sleep(lookMs, undefined, { signal });
  }
}

function windowBetween(before: Sample, after: Sample): Window {
  const records = after.records - before.records;
  return {
    recordsPerSecond: (records * 1000) / (after.atMs - before.atMs),
    recordsPerCpuSecond: (records * 1000) / (after.cpuMs - before.cpuMs),
    ...(after.loopDelayMs === undefined ? {} : { loopDelayMs: after.loopDelayMs }),
  };
}

export async function measureRun(system: System, place: Place, plan: Plan, signal: AbortSignal): Promise<Run> {
  const running = await system.start(place, { seeding: false });
  try {
    const { firstRecordMs = Number.NaN } = await everyShard(running, place.shards, signal);
    await sleep(plan.warmUpMs, undefined, { signal });
    const windows: Window[] = [];
    let before = await running.sample();
    while (windows.length < plan.windows) {
      await sleep(plan.windowMs, undefined, { signal });
      const after = await running.sample();
      windows.push(windowBetween(before, after));
      before = after;
    }
    return { firstRecordMs: firstRecordMs - running.startedMs, windows, peakBytes: running.residentBytes().peak, load: loadavg()[0] ?? Number.NaN };
  } finally {
    await running.end();
  }
}

/** A run on an empty lease table until every shard is read. Answers as `Run.firstRecordMs`. */
export async function startOnNewTable(system: System, place: Place, signal: AbortSignal): Promise<number> {
  const running = await system.start(place, { seeding: system.seeded !== undefined });
  try {
    const { firstRecordMs = Number.NaN } = await everyShard(running, place.shards, signal);
    return firstRecordMs - running.startedMs;
  } finally {
    await running.end();
  }
}
