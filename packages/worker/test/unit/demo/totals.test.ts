// Prometheus text in, the demo's numbers out; the text is the one that metrics make.
import { expect, test } from 'vitest';
import { addTotals, noTotals, readTotals, totalsOf } from '../../../src/demo/totals.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';

test('counters add up over sinks, the lag is the worst, and the names are those of the metrics', async () => {
  const metrics = createMetrics({ version: '1', streams: ['s'], sinks: ['main', 'other'] });
  for (const [sink, outcome, count] of [
    ['main', 'applied', 3],
    ['other', 'applied', 4],
    ['main', 'superseded', 5],
    ['main', 'abandoned', 9],
  ] as const)
    metrics.onEvent({ kind: 'changes', sink, outcome, count });
  const shard = (shardId: string, behindLatestMs: number) => ({
    shard: { stream: 's', shardId, key: shardId },
    owner: 'w',
    unowned: false,
    position: { kind: 'latest' } as const,
    held: true,
    caughtUp: false,
    behindLatestMs,
    inFlightRecords: 0,
    lastError: undefined,
    state: 'running' as const,
    stateMs: 0,
    trouble: undefined,
    processingMs: undefined,
    readMs: undefined,
  });
  const { body } = await metrics.render(
    {
      worker: 'w',
      state: 'running',
      reached: true,
      settled: true,
      leases: [],
      shards: [shard('a', 1_500), shard('b', 2_500), shard('c', 0)],
      inFlightBytes: 0,
      loops: [],
    },
    false,
  );
  expect(totalsOf(body)).toEqual({ applied: 7, superseded: 5, behindMs: 2_500 });
});

test('no metrics are no rows', () => {
  expect(totalsOf('')).toEqual(noTotals);
});

test('workers add up, the lag is the worst', () => {
  expect(addTotals({ applied: 1, superseded: 2, behindMs: 30 }, { applied: 10, superseded: 20, behindMs: 3 })).toEqual({
    applied: 11,
    superseded: 22,
    behindMs: 30,
  });
});

test('a worker that does not answer counts as nothing', async () => {
  expect(await readTotals('http://nobody.invalid', AbortSignal.abort())).toEqual(noTotals);
});
