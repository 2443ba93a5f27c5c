// What is known of sinks.
import { expect, test } from 'vitest';
import type { ChangeOutcome } from '../../../src/observe/events.ts';
import { createSinkStates } from '../../../src/status/sinks.ts';

test.each<[ChangeOutcome, boolean]>([
  ['applied', true],
  // CrateDB and FerretDB do not say more of a row that they took.
  ['unresolved', true],
  ['superseded', false],
  ['filtered', false],
  ['dead_lettered', false],
  ['abandoned', false],
])('%s counts as a row written: %s', (outcome, counts) => {
  const sinks = createSinkStates(['main']);
  for (let second = 1; second <= 5; second += 1) sinks.onEvent({ kind: 'changes', sink: 'main', outcome, count: 100 }, second * 1_000);
  const [view] = sinks.views(5_000);
  expect((view?.rowsPerSecond ?? 0) > 0).toBe(counts);
});
