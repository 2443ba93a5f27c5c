// Events in, Prometheus text out. Names and labels are an interface: this holds the list.
import type { ConsumerStatus, ShardRef } from '@shardfold/consumer';
import { expect, test } from 'vitest';
import type { WorkerEvent } from '../../../src/observe/events.ts';
import { createMetrics } from '../../../src/observe/metrics.ts';

const shard: ShardRef = { stream: 's', shardId: 'shard-1', key: 'shard-1' };
const other: ShardRef = { stream: 's', shardId: 'shard-2', key: 'shard-2' };
const idle: ConsumerStatus = { worker: 'w', state: 'running', reached: true, settled: true, leases: [], shards: [], inFlightBytes: 0, loops: [] };

function create(events: readonly WorkerEvent[] = []) {
  const metrics = createMetrics({ version: '1.2.3', streams: ['s', 'orders-*'], sinks: ['main'] });
  for (const event of events) metrics.onEvent(event);
  return async (status: ConsumerStatus = idle, openMetrics = false): Promise<readonly string[]> => (await metrics.render(status, openMetrics)).body.split('\n');
}

test('the names are those that dashboards know', async () => {
  const lines = await create()();
  const names = lines.filter((line) => line.startsWith('# TYPE shardfold_')).map((line) => line.slice('# TYPE shardfold_'.length));
  expect(names.sort()).toEqual([
    'build_info gauge',
    'changes_total counter',
    'checkpoint_saves_total counter',
    'counts_off_total counter',
    'dead_letters_total counter',
    'drain_duration_seconds histogram',
    'end_to_end_latency_seconds histogram',
    'fetch_bytes_total counter',
    'fetch_records_total counter',
    'inflight_bytes gauge',
    'lease_losses_total counter',
    'lease_operations_total counter',
    'records_total counter',
    'shard_behind_latest_seconds gauge',
    'shard_checkpoint_timestamp_seconds gauge',
    'shards_known gauge',
    'shards_owned gauge',
    'shards_unowned gauge',
    'sink_group_rows histogram',
    'sink_write_duration_seconds histogram',
    'source_gaps_total counter',
    'worker_state gauge',
  ]);
  expect(lines).toContain('# TYPE process_cpu_seconds_total counter');
});

test('counters are at zero from the start', async () => {
  expect(await create()()).toEqual(
    expect.arrayContaining([
      'shardfold_fetch_records_total{stream="s"} 0',
      'shardfold_fetch_bytes_total{stream="s"} 0',
      'shardfold_records_total{stream="s",outcome="abandoned"} 0',
      'shardfold_changes_total{sink="main",outcome="applied"} 0',
      'shardfold_changes_total{sink="main",outcome="unresolved"} 0',
      'shardfold_dead_letters_total{sink="main",reason="NOT_JSON"} 0',
      'shardfold_lease_operations_total{operation="renew",outcome="failed"} 0',
      'shardfold_lease_losses_total{reason="fenced"} 0',
      'shardfold_checkpoint_saves_total{outcome="failed"} 0',
      'shardfold_sink_write_duration_seconds_count{sink="main",outcome="ok"} 0',
    ]),
  );
});

test.each<readonly [WorkerEvent, string]>([
  [{ kind: 'batch-fetched', shard, records: 3, bytes: 99, behindLatestMs: 0 }, 'shardfold_fetch_records_total{stream="s"} 3'],
  [{ kind: 'batch-fetched', shard, records: 3, bytes: 99, behindLatestMs: 0 }, 'shardfold_fetch_bytes_total{stream="s"} 99'],
  [{ kind: 'records', shard, outcome: 'ignored', count: 2 }, 'shardfold_records_total{stream="s",outcome="ignored"} 2'],
  [{ kind: 'records-abandoned', shard, records: 4 }, 'shardfold_records_total{stream="s",outcome="abandoned"} 4'],
  [{ kind: 'counts-off', of: 'changes', place: 'for sink main', tally: { came: 2, outcomes: {} } }, 'shardfold_counts_off_total{of="changes"} 1'],
  [{ kind: 'changes', sink: 'main', outcome: 'superseded', count: 5 }, 'shardfold_changes_total{sink="main",outcome="superseded"} 5'],
  [{ kind: 'changes', sink: '', outcome: 'filtered', count: 5 }, 'shardfold_changes_total{sink="none",outcome="filtered"} 5'],
  [
    { kind: 'sink-write', sink: 'main', outcome: 'failed', durationMs: 1_500, rows: 7 },
    'shardfold_sink_write_duration_seconds_sum{sink="main",outcome="failed"} 1.5',
  ],
  [{ kind: 'sink-write', sink: 'main', outcome: 'ok', durationMs: 1_500, rows: 7 }, 'shardfold_sink_group_rows_sum 7'],
  [{ kind: 'latency', stream: 's', ms: 250 }, 'shardfold_end_to_end_latency_seconds_bucket{le="0.25"} 1'],
  [{ kind: 'dead-letter', shard, sink: 'main', reason: '22P05', count: 1 }, 'shardfold_dead_letters_total{sink="main",reason="22P05"} 1'],
  [{ kind: 'dead-letter', shard, sink: 'main', reason: 'a message, not a code', count: 1 }, 'shardfold_dead_letters_total{sink="main",reason="other"} 1'],
  [{ kind: 'lease-operation', operation: 'renew', outcome: 'stale', key: 'k' }, 'shardfold_lease_operations_total{operation="renew",outcome="stale"} 1'],
  [{ kind: 'lease-operation', operation: 'dance', outcome: 'applied', key: 'k' }, 'shardfold_lease_operations_total{operation="other",outcome="applied"} 1'],
  [{ kind: 'lease-lost', key: 'k', reason: 'taken' }, 'shardfold_lease_losses_total{reason="taken"} 1'],
  [{ kind: 'checkpoint-saved', shard, position: { kind: 'latest' } }, 'shardfold_checkpoint_saves_total{outcome="ok"} 1'],
  [{ kind: 'checkpoint-failed', shard, error: new Error('x') }, 'shardfold_checkpoint_saves_total{outcome="failed"} 1'],
  [{ kind: 'shard-stopped', shard, reason: 'released', drainMs: 500 }, 'shardfold_drain_duration_seconds_sum 0.5'],
])('%j is counted: %s', async (event, line) => {
  expect(await create()()).not.toContain(line);
  expect(await create([event])()).toContain(line);
});

test('reasons of dead letters stay few, whatever a server says', async () => {
  const lines = await create(
    Array.from({ length: 500 }, (_, index): WorkerEvent => ({ kind: 'dead-letter', shard, sink: 'main', reason: `E${index}`, count: 1 })),
  )();
  const series = lines.filter((line) => line.startsWith('shardfold_dead_letters_total{'));
  expect(series.length).toBeLessThanOrEqual(51);
  expect(series.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)).toBe(500);
});

const held = {
  owner: 'w',
  unowned: false,
  held: true,
  caughtUp: false,
  inFlightRecords: 0,
  lastError: undefined,
  position: { kind: 'latest' },
  state: 'running',
  stateMs: 0,
  trouble: undefined,
  processingMs: undefined,
  readMs: 1_700_000_000_500,
} as const;

test('a stream that a pattern found begins at zero, too; the pattern is none', async () => {
  const lines = create();
  expect(await lines()).not.toContainEqual(expect.stringContaining('orders-'));
  const status = { ...idle, shards: [{ ...held, shard: { ...shard, stream: 'orders-1' }, behindLatestMs: 0 }] };
  expect(await lines(status)).toEqual(
    expect.arrayContaining(['shardfold_source_gaps_total{stream="orders-1"} 0', 'shardfold_records_total{stream="orders-1",outcome="dead_lettered"} 0']),
  );
});

test('gauges say what the consumer says now, and a shard given up is gone', async () => {
  const lines = create();
  const both: ConsumerStatus = {
    ...idle,
    inFlightBytes: 77,
    shards: [
      { ...held, shard, behindLatestMs: 1_500 },
      { ...held, shard: other, behindLatestMs: 0, readMs: undefined },
      { ...held, shard: { ...shard, shardId: 'shard-3' }, owner: 'dead', unowned: true, held: false, behindLatestMs: undefined },
      { ...held, shard: { ...shard, shardId: 'shard-4' }, owner: undefined, held: false, behindLatestMs: undefined, position: { kind: 'shard-end' } },
      { ...held, shard: { ...shard, shardId: 'shard-5' }, owner: undefined, held: false, behindLatestMs: undefined },
    ],
  };
  expect(await lines(both)).toEqual(
    expect.arrayContaining([
      'shardfold_shards_known 4',
      'shardfold_shards_owned 2',
      'shardfold_shards_unowned 1',
      'shardfold_inflight_bytes 77',
      'shardfold_shard_behind_latest_seconds{stream="s",shard="shard-1"} 1.5',
      'shardfold_worker_state{state="running"} 1',
      'shardfold_worker_state{state="draining"} 0',
    ]),
  );
  const read = 'shardfold_shard_checkpoint_timestamp_seconds';
  expect(
    (await lines(both)).filter((line) => line.startsWith(`${read}{`)),
    'of shards that are held, where it is known',
  ).toEqual([`${read}{stream="s",shard="shard-1"} 1700000000.5`]);
  const after = await lines({ ...both, state: 'draining', shards: both.shards.slice(1) });
  expect(after.filter((line) => line.includes('shard="shard-1"'))).toEqual([]);
  expect(after).toEqual(
    expect.arrayContaining(['shardfold_shard_behind_latest_seconds{stream="s",shard="shard-2"} 0', 'shardfold_worker_state{state="draining"} 1']),
  );
});

test.each<readonly [ConsumerStatus['state'], boolean, string]>([
  ['starting', false, 'starting'],
  ['running', false, 'starting'],
  ['running', true, 'running'],
  ['draining', false, 'draining'],
  ['stopped', false, 'stopped'],
])('the state of a consumer that is %s (the lease table answered: %s) is %s, and no other', async (state, reached, shown) => {
  const lines = (await create()({ ...idle, state, reached })).filter((line) => line.startsWith('shardfold_worker_state{'));
  expect(lines.filter((line) => line.endsWith(' 1'))).toEqual([`shardfold_worker_state{state="${shown}"} 1`]);
  expect(lines).toHaveLength(4);
});

test('a sink that cannot be opened has failed, with no group of rows', async () => {
  const lines = await create([{ kind: 'sink-write', sink: 'main', outcome: 'failed', durationMs: 500, rows: 0 }])();
  expect(lines).toEqual(
    expect.arrayContaining(['shardfold_sink_write_duration_seconds_count{sink="main",outcome="failed"} 1', 'shardfold_sink_group_rows_count 0']),
  );
});

test('OpenMetrics has the same numbers under the names that it wants, and its own ending', async () => {
  const look = create([{ kind: 'records', shard, outcome: 'decoded', count: 9 }]);
  const text = await look();
  const open = await look(idle, true);
  expect(open).toContain('shardfold_records_total{stream="s",outcome="decoded"} 9');
  expect(open).toContain('# TYPE shardfold_records counter');
  expect(open).toContain('# TYPE process_cpu_seconds counter');
  expect(open.filter((line) => line === '')).toEqual(['']);
  expect(open.slice(-2)).toEqual(['# EOF', '']);
  // Whoever asks for text after that has the names that text has.
  const names = (lines: readonly string[]) => lines.filter((line) => line.startsWith('shardfold_')).map((line) => line.replace(/ \S+$/, ''));
  expect(names(await look())).toEqual(names(text));
  expect(names(open)).toEqual(names(text));
  expect((await look()).filter((line) => line.startsWith('# TYPE'))).toEqual(text.filter((line) => line.startsWith('# TYPE')));
});
