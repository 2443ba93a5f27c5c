// Events in, log lines out: what goes on happening is said once and then every minute.
import { SinkError } from '@shardfold/sinks';
import { expect, test } from 'vitest';
import type { WorkerEvent } from '../../../src/observe/events.ts';
import { listener, shard, told } from './support.ts';

const waiting = (sinceMs: number): WorkerEvent => ({
  kind: 'sink-waiting',
  sink: 'main',
  ask: 1,
  error: new Error('postgres://u:hunter2@h refused.'),
  sinceMs,
  attempt: 1,
});
const fetchFailed: WorkerEvent = {
  kind: 'fetch-failed',
  shard,
  error: Object.assign(new Error('It is throttled.'), { code: 'STREAM_THROTTLED' }),
  retryInMs: 15_000,
};

test('a sink that is waited for is told once, then every minute, then that it is back', () => {
  const heard = listener();
  for (const sinceMs of [0, 100, 5_000, 59_999, 60_000, 61_000, 119_000, 125_000]) {
    heard.nowMs = sinceMs;
    heard.narrate(waiting(sinceMs));
  }
  heard.narrate({ kind: 'sink-recovered', sink: 'main', ask: 1 });
  heard.narrate(waiting(0));
  const { lines } = heard;
  expect(lines.map(({ event, sinceMs, untold }) => [event, sinceMs, untold])).toEqual([
    ['sink-waiting', 0, undefined],
    ['sink-waiting', 60_000, 3],
    ['sink-waiting', 125_000, 2],
    ['sink-recovered', undefined, undefined],
    ['sink-waiting', 0, undefined],
  ]);
  expect(lines[1]?.msg).toBe(
    'Sink main cannot be written to for 60 s; the worker keeps its shards, waits and tries again. postgres://u:********@h refused. Check that the database runs and may be reached.',
  );
});

test('a table that somebody has to mend is told apart from its sink, and the place of dead letters from both', () => {
  const denied = new SinkError('SINK_DENIED', 'No grant.', { retryable: false });
  const lines = told([
    { kind: 'sink-waiting', sink: 'main', table: 'orders', ask: 1, error: denied, sinceMs: 0, attempt: 1 },
    { kind: 'sink-waiting', sink: 'main', table: 'items', ask: 2, error: new Error('Away.'), sinceMs: 0, attempt: 1 },
    { kind: 'sink-waiting', sink: 'main', table: 'things', ask: 3, error: new Error('Away.'), sinceMs: 0, attempt: 1 },
    { kind: 'sink-waiting', sink: '', ask: 1, error: new Error('Away.'), sinceMs: 0, attempt: 1 },
    { kind: 'sink-recovered', sink: 'main', table: 'items', ask: 2 },
    { kind: 'sink-recovered', sink: 'main', table: 'orders', ask: 1 },
  ]);
  expect(lines.map(({ msg }) => msg.replace(/(?: cannot be written to|;).*/, ''))).toEqual([
    'Table orders of sink main',
    'Sink main',
    'The place of the dead letters',
    'Sink main can be written to again',
    'Table orders of sink main can be written to again',
  ]);
});

test.each([
  ['taken', 'Lost shard-1 (taken).', 'raise lease.duration'],
  ['abandoned', 'Left shard-1 unfinished:', 'raise shutdown.drain'],
] as const)('a lease that went is told with its cause: %s', (reason, begin, advice) => {
  const [line] = told([{ kind: 'lease-lost', key: 'shard-1', reason }]);
  expect([line?.level, line?.msg.startsWith(begin), line?.msg.includes(advice)]).toEqual(['warn', true, true]);
});

test('a shard that cannot be read is told once, then every minute, then that it can be', () => {
  const read: WorkerEvent = { kind: 'batch-fetched', shard, records: 0, bytes: 0, behindLatestMs: 0 };
  const heard = listener();
  for (const nowMs of [0, 15_000, 59_999, 60_000, 100_000, 130_000]) {
    heard.nowMs = nowMs;
    heard.narrate(fetchFailed);
  }
  for (const event of [read, read, fetchFailed]) heard.narrate(event);
  const { lines } = heard;
  expect(lines.map(({ level, untold }) => [level, untold])).toEqual([
    ['warn', undefined],
    ['warn', 2],
    ['warn', 1],
    ['info', undefined],
    ['warn', undefined],
  ]);
  expect(lines[0]).toMatchObject({ code: 'STREAM_THROTTLED', shard: 'shard-1', stream: 's' });
  expect(lines[0]?.msg, 'the catalogue gives its own advice').toMatch(/It is throttled\.$/);
});

test('lines of leases say which stream and shard, whichever keys the table has', () => {
  const key = '000000000012:orders:1790000000:shardId-000000000003';
  const taken = (streams: readonly string[], lease: string) => {
    const heard = listener({ streams });
    heard.narrate({ kind: 'lease-taken', key: lease, from: undefined });
    return heard.lines;
  };
  expect(taken(['ord*'], key)).toMatchObject([{ lease: key, stream: 'orders', shard: 'shardId-000000000003' }]);
  expect(taken(['orders'], 'shardId-1')).toMatchObject([{ lease: 'shardId-1', stream: 'orders', shard: 'shardId-1' }]);
});

test('a lease table that is away is told once until it is back', () => {
  const away: WorkerEvent = { kind: 'lease-table-unreachable', error: new Error('refused.') };
  expect(told([away, away, { kind: 'lease-table-reached' }, { kind: 'lease-table-reached' }, away]).map(({ level }) => level)).toEqual([
    'error',
    'info',
    'error',
  ]);
});

test('a broken row of the catalogue says itself what to do', () => {
  const error = Object.assign(new Error('The row k cannot be read. Repair the attribute.'), { code: 'ROW_BROKEN' });
  const [line] = told([{ kind: 'lease-row-broken', key: 'k', error }]);
  expect(line).toMatchObject({ code: 'ROW_BROKEN', msg: expect.stringMatching(/cannot be read\. Repair the attribute\.$/) });
});

test('dead letters of one kind are told once a minute', () => {
  const heard = listener();
  const letter = (reason: string, shardId = 'shard-1') => heard.narrate({ kind: 'dead-letter', shard: { ...shard, shardId }, sink: 'main', reason, count: 1 });
  for (const reason of ['NOT_JSON', 'NOT_JSON', '22P05', 'NOT_JSON']) letter(reason);
  heard.nowMs = 60_000;
  letter('NOT_JSON', 'shard-2');
  expect(heard.lines.map(({ stream, shard: of, reason, untold }) => [stream, of, reason, untold])).toEqual([
    ['s', 'shard-1', 'NOT_JSON', undefined],
    ['s', 'shard-1', '22P05', undefined],
    ['s', 'shard-2', 'NOT_JSON', 2],
  ]);
});

test.each<readonly [WorkerEvent, string, RegExp]>([
  [{ kind: 'shard-started', shard, from: { kind: 'latest' } }, 'info', /^Reading shard shard-1 of s$/],
  [{ kind: 'shard-stopped', shard, reason: 'failed' }, 'error', /gives it back/],
  [{ kind: 'shard-stopped', shard, reason: 'released', drainMs: 3.7 }, 'info', /released/],
  [{ kind: 'lease-taken', key: 'k', from: 'w-2' }, 'info', /^Took k from w-2$/],
  [{ kind: 'lease-lost', key: 'k', reason: 'fenced' }, 'warn', /raise lease\.duration/],
  [{ kind: 'lease-finished', key: 'k', children: ['a', 'b'] }, 'info', /read to its end/],
  [{ kind: 'lease-created', key: 'k', position: { kind: 'trim-horizon' } }, 'debug', /^Made the lease k, to be read from trim-horizon$/],
  [{ kind: 'lease-requested', key: 'k', from: 'w-2' }, 'info', /^Asked w-2 for k$/],
  [{ kind: 'lease-released', key: 'k', to: undefined }, 'debug', /^Gave k back$/],
  [{ kind: 'lease-released', key: 'k', to: 'w-2' }, 'info', /^Gave k to w-2$/],
  [{ kind: 'lease-removed', key: 'k' }, 'info', /^Removed the lease k: .*children are begun$/],
  [
    { kind: 'lease-row-broken', key: 'k', error: new Error('It has no counter.') },
    'error',
    /waits, .* goes on .* no counter\. Repair the row k, or delete it\.$/,
  ],
  [{ kind: 'coordinator-state', from: 'joining', to: 'watching' }, 'debug', /^Fleet: from joining to watching$/],
  [{ kind: 'peers-watched', peers: { mode: 'CLIENT_VERSION_3X', metrics: [] }, forMs: 64_500 }, 'warn', /takes nothing .* waits up to 65 s; .*leases adopt/],
  [{ kind: 'peers-appeared', peers: { metrics: [] } }, 'error', /keeps the shards it has, takes no others/],
  [{ kind: 'peers-gone' }, 'info', /takes shards again$/],
  [{ kind: 'batch-failed', shard, error: new Error('Odd.'), attempt: 2, retryInMs: 1_000, records: 3 }, 'error', /skips nothing and tries again in 1 s/],
  [{ kind: 'checkpoint-failed', shard, error: new Error('Away.') }, 'warn', /could not be saved; the worker goes on .* Away\. Check the lease table\.$/],
  [{ kind: 'records-abandoned', shard, records: 3 }, 'info', /left to its next owner/],
  [
    { kind: 'table-without-key', shard, source: { system: 'mysql', schema: 'shop', table: 'log' }, keyless: 'append' },
    'warn',
    /^Table shop\.log of stream s has no key\..*tables\[\]\.key/,
  ],
  [
    { kind: 'dead-letter', shard, sink: '', reason: 'NOT_JSON', count: 1 },
    'warn',
    /^A record of shard shard-1 of s cannot be applied \(NOT_JSON\)\. It is kept .* goes on; .* `shardfold dlq list`/,
  ],
  [{ kind: 'format-chosen', stream: 's', format: 'dynamodb' }, 'info', /read as dynamodb/],
  [
    { kind: 'counts-off', of: 'records', place: 'of all shards', tally: { came: 9, outcomes: { decoded: 7, dead_lettered: 1 } } },
    'error',
    /^The counts of records of all shards do not add up: 9 came, and of them were 7 decoded, 1 dead-lettered\. .*goes on\. .*report it/,
  ],
  [{ kind: 'counts-off', of: 'changes', place: 'for sink main', tally: { came: 1, outcomes: {} } }, 'error', /1 came, and of them were none told of/],
  [{ kind: 'lease-operation', operation: 'renew', outcome: 'stale', key: 'k' }, 'debug', /renew of k: stale/],
])('%j is a line', (event, level, message) => {
  const [line, ...more] = told([event], 'debug');
  expect(more).toEqual([]);
  expect(line).toMatchObject({ level, msg: expect.stringMatching(message) });
});
