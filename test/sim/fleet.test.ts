// Whole fleets under virtual time: every world must keep every invariant and come to rest. `SIM_SEED=123` runs one seed and
// nothing else, `SIM_SEEDS=1000-2000` another range.
import { describe, expect, test } from 'vitest';
import { report, runWorld } from './run.ts';
import { chunk, one, seedChunks } from './seeds.ts';
import { drawSettings } from './settings.ts';

const seeds = 200;

describe('a fleet', () => {
  const { last, chunks } = seedChunks(seeds);
  test.each(chunks)('keeps what it promises, whatever befalls it, from seed %i on', { timeout: 600_000 }, async (from) => {
    for (let seed = from; seed < from + chunk && seed <= last; seed += 1) {
      const outcome = await runWorld(drawSettings(seed), { progress: true });
      if (outcome.violation !== undefined) expect.fail(report(outcome));
      // A replayed seed shows how it went even if nothing is wrong.
      if (one !== undefined) console.log(outcome.trace.tail(Number.POSITIVE_INFINITY));
    }
  });
});
