// Counts over time, told the time.
import { expect, test } from 'vitest';
import { createRate } from '../../../src/status/rate.ts';

test.each<[string, readonly (readonly [count: number, atMs: number])[], number, number]>([
  ['nothing', [], 5_000, 0],
  ['the second that runs is not over', [[10, 100]], 900, 0],
  ['one whole second', [[10, 100]], 1_000, 10],
  ['two seconds, one of them empty', [[10, 100]], 2_000, 5],
  [
    'several in one second',
    [
      [1, 0],
      [2, 500],
      [3, 999],
    ],
    1_000,
    6,
  ],
  ['ten seconds', Array.from({ length: 10 }, (_, second) => [20, second * 1_000] as const), 10_000, 20],
  [
    'what is older than ten seconds is gone',
    [
      [1_000, 0],
      [50, 15_000],
    ],
    20_000,
    5,
  ],
  ['nothing for long', [[1_000, 0]], 60_000, 0],
])('%s', (_, added, nowMs, perSecond) => {
  const rate = createRate();
  for (const [count, atMs] of added) rate.add(count, atMs);
  expect(rate.perSecond(nowMs)).toBe(perSecond);
});
