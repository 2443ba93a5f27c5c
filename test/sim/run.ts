// Runs one world from its beginning to its end and says what came of it. It draws nothing: `settings.ts` does.
import { accidentsOf, javaAccidents, letAccidentsHappen } from './faults.ts';
import type { Violation } from './invariants/watch.ts';
import { createJavaFleet } from './java/fleet.ts';
import { converge } from './progress.ts';
import { withoutRealTime } from './real-time.ts';
import type { Settings } from './settings.ts';
import type { Trace } from './trace.ts';
import { type Changes, coordinators } from './worker.ts';
import { createWorld, type World } from './world.ts';

export interface Outcome {
  readonly settings: Settings;
  readonly violation: Violation | undefined;
  /** Of the whole trace. */
  readonly hash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly trace: Trace;
}

export interface Expectations {
  /** Whether it must come to rest once nothing befalls it any more. */
  readonly progress: boolean;
}

const shownLines = 60;

/** Makes a world and lets it live and come to its end, without real time; says what came of it. */
export async function outcomeOf(settings: Settings, live: () => Promise<World>): Promise<Outcome> {
  const { answer: world, asked } = await withoutRealTime(live);
  for (const place of asked) world.fail(14, `Real time was asked for: ${place}`);
  const { trace, time } = world;
  return { settings, violation: world.violation(), hash: trace.hash(), events: time.events(), virtualMs: time.nowMs(), trace };
}

/** All join, though not at once, or every world would begin with the same race. */
export function populate({ settings, time, chance, join }: World): void {
  for (let at = 0; at < settings.workers; at += 1) {
    time.after(chance.between(0, at === 0 ? 0 : settings.times.durationMs / 2), () => void join(`w${at}`));
  }
}

/** A fleet of coordinators. */
export function runWorld(settings: Settings, expect: Expectations, changes: Changes = {}): Promise<Outcome> {
  return outcomeOf(settings, async () => {
    const world = createWorld({ settings, inhabitants: coordinators(changes), changes });
    const java = createJavaFleet(world);
    populate(world);
    letAccidentsHappen(world, { ...accidentsOf(world), ...javaAccidents(world, java) }, settings.wildMs);
    await world.advance(settings.wildMs);
    if (world.violation() === undefined && expect.progress) await converge(world, java);
    return world;
  });
}

/** What a person needs to see of a violation, and to see it again. */
export function report({ settings, violation, trace }: Outcome, lines = shownLines): string {
  if (violation === undefined) return '';
  return [
    `Seed ${settings.seed}: invariant ${violation.invariant} at ${(violation.atMs / 1000).toFixed(3)} s: ${violation.text}`,
    `Replay it with SIM_SEED=${settings.seed}. Its world: ${JSON.stringify(settings)}`,
    trace.tail(lines),
  ].join('\n');
}
