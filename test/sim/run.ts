// Runs one world from its beginning to its end and says what came of it. It draws nothing: `settings.ts` does.
import { letAccidentsHappen } from './faults.ts';
import type { Violation } from './invariants/watch.ts';
import { createJavaFleet } from './java/fleet.ts';
import { converge } from './progress.ts';
import { withoutRealTime } from './real-time.ts';
import type { Settings } from './settings.ts';
import type { Trace } from './trace.ts';
import type { Changes } from './worker.ts';
import { createWorld } from './world.ts';

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

export async function runWorld(settings: Settings, expect: Expectations, changes: Changes = {}): Promise<Outcome> {
  const { answer: world, asked } = await withoutRealTime(async () => {
    const made = createWorld({ settings, changes });
    const java = createJavaFleet(made);
    for (let at = 0; at < settings.workers; at += 1) {
      // Not all at once, or every world would begin with the same race.
      made.time.after(made.chance.between(0, at === 0 ? 0 : settings.times.durationMs / 2), () => void made.join(`w${at}`));
    }
    letAccidentsHappen(made, java, settings.wildMs);
    await made.advance(settings.wildMs);
    if (made.violation() === undefined && expect.progress) await converge(made, java);
    return made;
  });
  for (const place of asked) world.fail(14, `Real time was asked for: ${place}`);
  const { trace, time } = world;
  return { settings, violation: world.violation(), hash: trace.hash(), events: time.events(), virtualMs: time.nowMs(), trace };
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
