// How much of a process's time goes to code of these packages and how much to everybody else's: the driver, Node, the kernel,
// garbage. It knows no database.
import { type Profiler, Session } from 'node:inspector/promises';

export interface OwnCpu {
  /** In functions of the sinks and of the changes that they write, without what those call elsewhere. */
  readonly ownMicros: number;
  /** All that ran on the main thread. */
  readonly busyMicros: number;
}

const sampleMicros = 200;
const ours = /\/packages\/(sinks|changes)\//;
const notBusy = new Set(['(idle)', '(root)', '(program)']);

function sorted({ nodes, samples, timeDeltas }: Profiler.Profile): OwnCpu {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  let [ownMicros, busyMicros] = [0, 0];
  for (const [index, sample] of (samples ?? []).entries()) {
    const frame = frames.get(sample);
    const micros = timeDeltas?.[index] ?? 0;
    if (frame === undefined || notBusy.has(frame.functionName)) continue;
    busyMicros += micros;
    if (ours.test(frame.url)) ownMicros += micros;
  }
  return { ownMicros, busyMicros };
}

/** Runs it under V8's profiler, which slows it a little: not for rates. */
export async function ownCpuOf(run: () => Promise<unknown>): Promise<OwnCpu> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: sampleMicros });
  await session.post('Profiler.start');
  await run();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return sorted(profile);
}
