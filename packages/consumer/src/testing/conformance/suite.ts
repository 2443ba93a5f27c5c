// The suite that every shard source passes, as named functions that throw: whoever runs it brings the test runner. It knows no
// source.
import type { ByteBudget } from '../../memory/byte-budget.ts';
import { disturbedLaws } from './disturbed.ts';
import { endingLaws } from './ending.ts';
import { type Ability, type Law, type StreamUnderTest, watchedBudget } from './harness.ts';
import { memoryLaws } from './memory.ts';
import { readingLaws } from './reading.ts';

export interface ConformanceTest {
  readonly name: string;
  /** Why it is not run. */
  readonly skip?: string;
  run(): Promise<void>;
}

const laws: readonly Law[] = [...readingLaws, ...endingLaws, ...memoryLaws, ...disturbedLaws];

function undisturbable(): never {
  throw new Error('The stream under test has no `disturb`. Give it one, or say why there is none in `cannot`.');
}

/**
 * `for (const { name, skip, run } of shardSourceConformance(makeSource))` one test each, skipped where `skip` gives a reason. Each run
 * makes and closes a source of its own, which charges what it reads to the budget it is given.
 * @param cannot what the stream is unable to do, with the reasons
 */
export function shardSourceConformance(
  makeSource: (budget: ByteBudget) => Promise<StreamUnderTest>,
  cannot: Readonly<Partial<Record<Ability, string>>> = {},
): readonly ConformanceTest[] {
  return laws.map(({ name, needs, totalBytes, holds }) => {
    const reason = needs === undefined ? undefined : cannot[needs];
    return {
      name,
      ...(reason === undefined ? {} : { skip: reason }),
      async run() {
        const budget = watchedBudget(totalBytes);
        const stream = await makeSource(budget);
        try {
          await holds({ disturb: undisturbable, ...stream, budget });
        } finally {
          await stream.close();
        }
      },
    };
  });
}
