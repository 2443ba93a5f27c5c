// The last minutes, and how long statements took in them.
import { expect, test } from 'vitest';
import { createDurations } from '../../../src/status/durations.ts';
import { createHistory } from '../../../src/status/history.ts';

const sample = (atMs: number, records: number, lagMs: number | null = 0) => ({ atMs, records, rows: records / 2, lagMs, elsewhereLagMs: null });

test('what was counted since the start becomes so many a second', () => {
  const history = createHistory();
  history.add(sample(10_000, 500));
  history.add(sample(12_000, 560));
  history.add(sample(16_000, 560));
  expect(history.view()).toEqual({
    atMs: [10_000, 12_000, 16_000],
    recordsPerSecond: [0, 30, 0],
    rowsPerSecond: [0, 15, 0],
    lagMs: [0, 0, 0],
    elsewhereLagMs: [null, null, null],
  });
});

test('holds the last 300 samples', () => {
  const history = createHistory();
  for (let index = 0; index < 400; index += 1) history.add(sample(index * 2_000, index));
  const { atMs, recordsPerSecond } = history.view();
  expect([atMs.length, atMs[0], recordsPerSecond[0]]).toEqual([300, 200_000, 0.5]);
});

test('begins anew when the wall clock was put back', () => {
  const history = createHistory();
  history.add(sample(10_000, 1));
  history.add(sample(5_000, 2));
  expect(history.view().atMs).toEqual([5_000]);
});

test.each<readonly [title: string, lags: readonly (number | null)[], by: number | undefined]>([
  ['shrinks by two seconds a second', [60_000, 56_000, 52_000, 48_000, 44_000, 40_000], 2],
  ['grows', [1_000, 3_000, 5_000, 7_000, 9_000, 11_000], undefined],
  ['stays', [5_000, 5_000, 5_000, 5_000, 5_000, 5_000], undefined],
  ['was seen too seldom', [60_000, 56_000], undefined],
  ['is not known', [60_000, 50_000, 40_000, 30_000, 20_000, null], undefined],
  ['was not known at first', [null, null, 60_000, 58_000, 56_000, 54_000, 52_000, 50_000], 1],
])('a lag that %s', (_title, lags, by) => {
  const history = createHistory();
  for (const [index, lagMs] of lags.entries()) history.add(sample(index * 2_000, 0, lagMs));
  expect(history.shrinksBy()).toBe(by);
});

test('the median and the worst but one in a hundred, of the last minute', () => {
  const durations = createDurations();
  expect(durations.view(0)).toBeUndefined();
  durations.add(9_000, 0);
  for (let ms = 1; ms <= 100; ms += 1) durations.add(ms, 30_000);
  expect(durations.view(60_000)).toEqual({ count: 101, p50Ms: 51, p99Ms: 100 });
  expect(durations.view(60_001)).toEqual({ count: 100, p50Ms: 50, p99Ms: 99 });
  for (let more = 0; more < 1_000; more += 1) durations.add(3, 61_000);
  expect(durations.view(61_000)).toEqual({ count: 512, p50Ms: 3, p99Ms: 3 });
});
