// Events in, log lines out: what goes on happening is said once and then every minute.
import type { ShardRef } from '@shardfold/consumer';
import { SinkError } from '@shardfold/sinks';
import { expect, test } from 'vitest';
import type { WorkerEvent } from '../../../src/observe/events.ts';
import { createLog } from '../../../src/observe/log.ts';
import { createNarrator } from '../../../src/observe/narrator.ts';

const shard: ShardRef = { stream: 's', shardId: 'shard-1', key: 'shard-1' };

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

function told(events: readonly WorkerEvent[], level: 'debug' | 'info' = 'info'): readonly Line[] {
  const lines: Line[] = [];
  const narrate = createNarrator({ log: createLog({ level, format: 'json', destination: { write: (line) => lines.push(JSON.parse(line) as Line) } }) });
  for (const event of events) narrate(event);
  return lines;
}

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
  const lines = told(
    [0, 100, 5_000, 59_999, 60_000, 61_000, 119_000, 125_000].map(waiting).concat([{ kind: 'sink-recovered', sink: 'main', ask: 1 }, waiting(0)]),
  );
  expect(lines.map(({ level, sinceMs }) => [level, sinceMs])).toEqual([
    ['warn', 0],
    ['warn', 60_000],
    ['warn', 125_000],
    ['info', undefined],
    ['warn', 0],
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
  const lines = told([...Array<WorkerEvent>(9).fill(fetchFailed), read, read, fetchFailed]);
  expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn', 'info', 'warn']);
  expect(lines[0]).toMatchObject({ code: 'STREAM_THROTTLED', shard: 'shard-1', stream: 's' });
  expect(lines[0]?.msg, 'the catalogue gives its own advice').toMatch(/It is throttled\.$/);
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

test('dead letters of one kind are told once', () => {
  const letter = (reason: string): WorkerEvent => ({ kind: 'dead-letter', sink: 'main', reason, count: 1 });
  expect(told([letter('NOT_JSON'), letter('NOT_JSON'), letter('22P05')]).map(({ reason }) => reason)).toEqual(['NOT_JSON', '22P05']);
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
    { kind: 'table-without-key', source: { system: 'mysql', schema: 'shop', table: 'log' }, keyless: 'append' },
    'warn',
    /^Table shop\.log has no key\..*tables\[\]\.key/,
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

test.each<WorkerEvent>([
  { kind: 'records', shard, outcome: 'decoded', count: 1 },
  { kind: 'changes-routed', sink: 'main', count: 1 },
  { kind: 'latency', stream: 's', ms: 1 },
  { kind: 'checkpoint-saved', shard, position: { kind: 'latest' } },
])('%j is none', (event) => {
  expect(told([event], 'debug')).toEqual([]);
});

test('people get one readable line for each', () => {
  let text = '';
  const log = createLog({ level: 'info', format: 'pretty', destination: { write: (line) => (text += line) } });
  log.warn('Careful', { error: Object.assign(new Error('odd'), { code: 'X' }) });
  log.debug('unheard');
  expect(text).toMatch(/WARN.*: Careful\n/);
  expect(text).toContain('odd');
  expect(text).not.toContain('unheard');
});
