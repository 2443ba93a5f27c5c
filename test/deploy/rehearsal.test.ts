// bench/rollout.ts in small, and what it reads from logs: a roll-out of one worker keeps its promises, and a broken promise is seen.
import { expect, test } from 'vitest';
import { custodies, drainsMs, movesOf, recordsRead, unwanted } from '../../bench/rollout/log-book.ts';
import { brokenPromises } from '../../bench/rollout/promises.ts';
import { type Figures, rehearse } from '../../bench/rollout/rehearse.ts';

const shards = 4;
const line = (second: number, event: string, msg: string, more: object = {}) => ({
  level: 'info',
  time: new Date(second * 1_000).toISOString(),
  event,
  msg,
  ...more,
});
const begin = (second: number, shard: string) => line(second, 'shard-started', `Reading shard ${shard} of s`, { shard });
const read = (second: number, records: number) => line(second, 'batch-fetched', `${records} records`, { level: 'debug', records });
const end = (second: number, shard: string, reason = 'released') =>
  line(second, 'shard-stopped', `Shard ${shard} of s: ${reason}`, { shard, reason, drainMs: 20 });
const books = [
  { worker: 'a', lines: [begin(0, '1'), begin(0, '2'), read(1, 3), end(5, '1'), end(9, '2', 'failed')] },
  { worker: 'b', lines: [begin(6, '1'), read(7, 4), begin(12, '2'), line(13, 'lease-lost', 'Lost 2 (fenced). The worker')] },
];
const good: Figures = {
  exitCodes: [0, 0],
  settledMs: [100],
  stopMs: [50],
  drainsMs: [20],
  moves: [1, 1, 2, 0],
  gapsMs: [300, -1],
  sent: 7,
  read: 7,
  appliedTwice: 0,
  unwanted: [],
  differences: [],
};

test('a roll-out under load keeps its promises', async () => {
  const figures = await rehearse({ shards, workers: 1, recordsPerSecond: 200 });
  // How long a shard lies is for the bench to say: this machine may be busy.
  expect(brokenPromises({ ...figures, gapsMs: [] })).toEqual([]);
  expect(figures.exitCodes).toEqual([0]);
  expect(figures.sent).toBeGreaterThan(100);
  expect(figures.read).toBeGreaterThanOrEqual(figures.sent);
  expect(figures.moves.length).toBe(shards);
  // Every shard went from an old worker to a new one.
  expect(Math.min(...figures.moves)).toBeGreaterThan(0);
  expect(figures.gapsMs.length).toBeGreaterThanOrEqual(shards);
}, 120_000);

test('moves, gaps and reads come from the logs', () => {
  const { count, gapsMs } = movesOf(custodies(books));
  expect([...count]).toEqual([
    ['1', 1],
    ['2', 1],
  ]);
  expect(gapsMs).toEqual([1_000, 3_000]);
  expect(recordsRead(books)).toBe(7);
  expect(drainsMs(books)).toEqual([20, 20]);
  expect(unwanted(books)).toEqual(['a: Shard 2 of s: failed', 'b: Lost 2 (fenced). The worker']);
});

test.each([
  ['a forced drain', { exitCodes: [0, 1] }, /forced/],
  ['a signal', { exitCodes: ['SIGKILL'] }, /forced/],
  ['a version twice', { appliedTwice: 1 }, /twice/],
  ['a shard that lies', { gapsMs: [100, 2_001] }, /lay for 2001 ms/],
  ['shards that move too often', { moves: [3, 3, 2, 2] }, /2\.50 times/],
  ['a lease that is lost', { unwanted: ['a: Lost 2'] }, /Lost 2/],
  ['a row that is missing', { differences: ['orders 1: missing'] }, /missing/],
] as const)('%s breaks one', (_, change, words) => {
  expect(brokenPromises(good)).toEqual([]);
  const broken = brokenPromises({ ...good, ...change });
  expect(broken.length).toBe(1);
  expect(broken[0]).toMatch(words);
});
