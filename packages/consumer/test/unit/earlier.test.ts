// A beginning that the stream takes for the future, put back.
import { expect, test } from 'vitest';
import { earlier } from '../../src/shard/earlier.ts';
import type { ReadFrom } from '../../src/types.ts';

const nowMs = 1_800_000_000_000;
const dayMs = 86_400_000;

test.each<[string, ReadFrom | undefined, number, number | undefined]>([
  ['a moment', { kind: 'timestamp', atMs: nowMs }, 0, 5_000],
  ['a moment that was put back before: twice as far', { kind: 'timestamp', atMs: nowMs }, 5_000, 10_000],
  ['the moment of a start at the latest', { kind: 'latest', sinceMs: nowMs }, 0, 10_000],
  ['a start at the latest without one, which is now', { kind: 'latest' }, 0, 10_000],
  ['as far as any clock is wrong', { kind: 'timestamp', atMs: nowMs }, dayMs / 2, dayMs],
  ['no further than that', { kind: 'timestamp', atMs: nowMs }, dayMs / 2 + 1, undefined],
  ['a sequence number, which is none', { kind: 'sequence', sequence: '7', subSequence: 0 }, 0, undefined],
  ['the horizon, which is none', { kind: 'trim-horizon' }, 0, undefined],
  ['nothing', undefined, 0, undefined],
])('%s', (_, from, backMs, byMs) => {
  const back = earlier(from, backMs, nowMs);
  expect(back?.from).toEqual(byMs === undefined ? undefined : { kind: 'timestamp', atMs: nowMs - byMs });
});

test('it comes past any clock that is wrong by less than a day, in few steps', () => {
  let step = earlier({ kind: 'timestamp', atMs: nowMs + dayMs - 1 }, 0, nowMs);
  let steps = 1;
  for (; step !== undefined && step.from.atMs > nowMs; steps += 1) step = earlier(step.from, step.backMs, nowMs);
  expect(step?.from.atMs).toBeLessThanOrEqual(nowMs);
  expect(steps).toBeLessThan(20);
});
