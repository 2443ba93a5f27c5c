// How long to wait before something is tried again.
import { expect, test } from 'vitest';
import { retryDelayMs } from '../../src/retry.ts';

test.each([
  [1, 0, 100],
  [1, 0.5, 150],
  [2, 0, 200],
  [8, 0, 12_800],
  [9, 0, 15_000],
  [10_000, 0.5, 22_500],
])('attempt %i with chance %d waits %i ms', (attempt, random, delayMs) => {
  expect(retryDelayMs(attempt, random)).toBe(delayMs);
});
