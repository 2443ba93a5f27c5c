// How much of the main thread's CPU goes to code of these packages and how much to everybody else's: the driver, Node, the
// kernel, garbage. It knows no database.
import { type Profiler, Session } from 'node:inspector/promises';
import { threadCpuUsage } from 'node:process';

export interface OwnCpu {
  /** In functions of the sinks and of the changes that they write, without what those call elsewhere. */
  readonly ownMicros: number;
  /** All that ran on the main thread. */
  readonly busyMicros: number;
}

const sampleMicros = 200;
const ours = /\/packages\/(sinks|changes)\//;
const isIdle = '(idle)';

/** The profiler samples by the clock: a thread that waits for a core is where it was. So its samples are shares of what it had of the CPU. */
function sorted({ nodes, samples, timeDeltas }: Profiler.Profile, cpuMicros: number): OwnCpu {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  let [own, busy] = [0, 0];
  for (const [index, sample] of (samples ?? []).entries()) {
    const frame = frames.get(sample);
    const micros = timeDeltas?.[index] ?? 0;
    if (frame === undefined || frame.functionName === isIdle) continue;
    busy += micros;
    if (ours.test(frame.url)) own += micros;
  }
  return { ownMicros: (cpuMicros * own) / busy, busyMicros: cpuMicros };
}

/** Runs it under V8's profiler, which slows it a little: not for rates. */
export async function ownCpuOf(run: () => Promise<unknown>): Promise<OwnCpu> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: sampleMicros });
  await session.post('Profiler.start');
  const before = threadCpuUsage();
  await run();
  const { user, system } = threadCpuUsage(before);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return sorted(profile, user + system);
}
