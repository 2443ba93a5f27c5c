// Each guard of the consumer is taken away in turn, and the simulator must see it. The same world with the guard in place must be clean, so
// that nothing else is taken for the finding.
import { describe, expect, test, vi } from 'vitest';
import { type ConsumerMutant, pointedConsumers } from './mutants/mutant.ts';
import { positionMutants } from './mutants/positions.ts';
import { processingMutants } from './mutants/processing.ts';
import { readingMutants } from './mutants/reading.ts';
import { withReplacements } from './mutants/switch.ts';
import { runConsumers } from './run.ts';

const mutate = vi.hoisted(() => async (load: () => Promise<object>) => (await import('./mutants/switch.ts')).mutable(await load()));
vi.mock('../../../packages/consumer/src/source/resume.ts', mutate);
vi.mock('../../../packages/consumer/src/memory/byte-budget.ts', mutate);
vi.mock('../../../packages/consumer/src/processing/pieces.ts', mutate);
vi.mock('../../../packages/consumer/src/shard/batch-handler.ts', mutate);
vi.mock('../../../packages/consumer/src/shard/checkpointer.ts', mutate);
vi.mock('../../../packages/consumer/src/shard/children.ts', mutate);
vi.mock('../../../packages/consumer/src/shard/context.ts', mutate);
vi.mock('../../../packages/consumer/src/shard/in-flight.ts', mutate);
vi.mock('../../../packages/consumer/src/shard/opening.ts', mutate);
vi.mock('../../../packages/consumer/src/shard/shard-reader.ts', mutate);
vi.mock('../../../packages/consumer/src/source/moment.ts', mutate);
vi.mock('../../../packages/consumer/src/source/service.ts', mutate);
vi.mock('../../../packages/consumer/src/watermark/watermark.ts', mutate);

const maxSeeds = 200;

/** The first seed whose world shows the mutant and nothing else. */
async function findingSeed({ changes = {}, replacements = {}, world }: ConsumerMutant): Promise<number | undefined> {
  const progress = { progress: world.whole === true };
  for (let seed = 1; seed <= maxSeeds; seed += 1) {
    const settings = pointedConsumers(seed, world);
    const changed = await withReplacements(replacements, () => runConsumers(settings, progress, changes));
    if (changed.violation === undefined) continue;
    const unchanged = await runConsumers(settings, progress);
    if (unchanged.violation === undefined) return seed;
  }
  return undefined;
}

describe.each([
  ['a guard of positions', positionMutants],
  ['a guard of reading', readingMutants],
  ['a guard of processing', processingMutants],
] as const)('without %s', (_kind, mutants) => {
  test.each(mutants)('$name: it shows', { timeout: 300_000 }, async (mutant) => {
    expect(await findingSeed(mutant)).toBeDefined();
  });
});
