// Each guard of the lease package is taken away in turn, and the simulator must see it: the only proof that it sees anything.
// The same world with the guard in place must be clean, so that nothing else is taken for the finding.
import { describe, expect, test } from 'vitest';
import { conditionMutants } from './mutants/conditions.ts';
import { guardMutants } from './mutants/guards.ts';
import { type Mutant, pointedSettings } from './mutants/mutant.ts';
import { updateMutants } from './mutants/updates.ts';
import { runWorld } from './run.ts';

const maxSeeds = 200;

/** The first seed whose world shows the mutant and nothing else. */
async function findingSeed({ changes, world }: Mutant): Promise<number | undefined> {
  const progress = { progress: world.whole === true };
  for (let seed = 1; seed <= maxSeeds; seed += 1) {
    const settings = pointedSettings(seed, world);
    const changed = await runWorld(settings, progress, changes);
    if (changed.violation === undefined) continue;
    const unchanged = await runWorld(settings, progress);
    if (unchanged.violation === undefined) return seed;
  }
  return undefined;
}

describe.each([
  ['a part of a condition', conditionMutants],
  ['a part of an update', updateMutants],
  ['a guard in the code', guardMutants],
] as const)('without %s', (_kind, mutants) => {
  test.each(mutants)('$name: it shows', { timeout: 300_000 }, async (mutant) => {
    expect(await findingSeed(mutant)).toBeDefined();
  });
});
