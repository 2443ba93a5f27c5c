// What the doctor makes of what was learnt: one row of a table for each thing it must find.
import { ConsumerError, LeaseError, type TableRows } from '@shardfold/consumer';
import { SinkError } from '@shardfold/sinks';
import { describe, expect, test } from 'vitest';
import { byWeight, type Finding, masked } from '../../../src/doctor/finding.ts';
import { judgeClock } from '../../../src/doctor/judge-clock.ts';
import { judgeLeases, type LeaseFacts } from '../../../src/doctor/judge-leases.ts';
import { judgeLimits, leaseWritesPerSecond } from '../../../src/doctor/judge-limits.ts';
import { judgeFile, judgePort } from '../../../src/doctor/judge-machine.ts';
import { judgeLetterPlace, judgeSink, type SinkFacts } from '../../../src/doctor/judge-sinks.ts';
import { judgePattern, judgeStream, type StreamFacts } from '../../../src/doctor/judge-streams.ts';
import { refusal } from '../../../src/doctor/refusal.ts';
import { configWith } from '../dead-letters/support.ts';

const told = (findings: readonly Finding[]) => findings.map(({ id, severity }) => `${severity} ${id}`);
const text = (findings: readonly Finding[]) => findings.map(({ what, remedy = '' }) => `${what} ${remedy}`).join('\n');

const hourMs = 3_600_000;
const named = (name: string, message = 'said so', more: object = {}) => Object.assign(new Error(message), { name }, more);
const denied = named('AccessDeniedException', 'User: arn:aws:iam::1:user/u is not authorized');

describe('what AWS refuses', () => {
  test.each<readonly [unknown, string, string]>([
    [denied, 'fault x.denied', 'kinesis:ListShards is not allowed'],
    [named('ExpiredTokenException'), 'fault x.credentials', 'Log in again'],
    [named('CredentialsProviderError'), 'fault x.credentials', 'Log in again'],
    [named('Error', 'Region is missing'), 'fault x.region', 'AWS_REGION'],
    [named('InvalidSignatureException', 'old', { $metadata: { clockSkewCorrected: true } }), 'fault x.clock', 'NTP'],
    [named('LimitExceededException'), 'warning x.throttled', 'LimitExceededException: said so'],
    [named('ThrottlingException'), 'warning x.throttled', 'later'],
    [named('KMSDisabledException'), 'fault x.key', 'kms:Decrypt'],
    [named('UnknownOperationException'), 'fault x.endpoint', 'endpoint'],
    [named('Error', 'connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' }), 'fault x.unreachable', 'connect ECONNREFUSED 127.0.0.1:1'],
    [named('AggregateError', '', { code: 'ECONNREFUSED' }), 'fault x.unreachable', 'AggregateError: ECONNREFUSED'],
    ['a text', 'fault x.unreachable', 'a text'],
  ])('%s', (error, finding, says) => {
    const wrapped = new LeaseError('TABLE_DENIED', 'outer', { cause: new ConsumerError('STREAM_DENIED', 'inner', { retryable: false, cause: error }) });
    for (const each of [error, wrapped]) {
      const found = [refusal('x', 'It', { ok: false, action: 'kinesis:ListShards', error: each })];
      expect(told(found)).toEqual([finding]);
      expect(text(found)).toContain(says);
      expect(text(found)).not.toMatch(/inner|outer/);
    }
  });
});

describe('a stream', () => {
  const facts: StreamFacts = {
    stream: 'orders',
    described: { ok: true, value: { name: 'orders', arn: 'arn:aws:kinesis:eu-west-1:1:stream/orders', retentionMs: 24 * hourMs } },
    others: [],
    shards: { ok: true, value: { open: 4, closed: 2 } },
  };
  const gone = {
    ok: false,
    action: 'kinesis:DescribeStreamSummary',
    error: new ConsumerError('STREAM_MISSING', 'gone', { retryable: false, cause: named('ResourceNotFoundException') }),
  } as const;
  const withView = (viewType: string): StreamFacts => ({ ...facts, described: { ok: true, value: { name: 'orders', arn: 'a', viewType } } });

  test.each<readonly [Partial<StreamFacts>, readonly string[], string]>([
    [{}, ['ok stream.orders'], '4 open and 2 closed shards, records are kept for 24 h'],
    [{ described: gone, others: ['customers', 'order'] }, ['fault stream.orders.missing'], 'Did you mean order?'],
    [{ described: gone, others: ['orders-cdc-eu'] }, ['fault stream.orders.missing'], 'Did you mean orders-cdc-eu?'],
    [{ described: gone, others: ['a', 'b'] }, ['fault stream.orders.missing'], 'does not exist in eu-west-1. There are a, b.'],
    [{ described: gone }, ['fault stream.orders.missing'], 'No stream is to be seen'],
    [{ described: { ...gone, error: denied } }, ['fault stream.orders.denied'], 'kinesis:DescribeStreamSummary is not allowed'],
    [{ shards: { ok: false, action: 'kinesis:ListShards', error: denied } }, ['fault stream.orders.denied'], 'kinesis:ListShards is not allowed'],
    [withView('KEYS_ONLY'), ['fault stream.orders.images'], 'KEYS_ONLY'],
    [withView('OLD_IMAGE'), ['fault stream.orders.images'], 'OLD_IMAGE'],
    [withView('NEW_AND_OLD_IMAGES'), ['ok stream.orders'], '4 open'],
    [{ stream: 'arn:aws:kinesis:us-east-1:1:stream/orders', described: gone }, ['fault stream.orders.region'], 'aws.region: us-east-1'],
  ])('%j', (more, findings, says) => {
    const found = judgeStream({ ...facts, ...more }, 'eu-west-1');
    expect(told(found)).toEqual(findings);
    expect(text(found)).toContain(says);
  });

  test('without a region is no missing stream', () => {
    const error = new ConsumerError('STREAM_MISSING', 'no region', { retryable: false, cause: new Error('Region is missing') });
    expect(told(judgeStream({ ...facts, described: { ...gone, error } }, undefined))).toEqual(['fault stream.orders.region']);
  });

  test('of a pattern may come later', () => {
    expect(told(judgePattern('o*', { ok: true, value: ['orders'] }))).toEqual(['ok stream.o*']);
    expect(told(judgePattern('o*', { ok: true, value: [] }))).toEqual(['warning stream.o*.none']);
    expect(text(judgePattern('o*', { ok: false, action: 'kinesis:ListStreams', error: denied }))).toContain('kinesis:ListStreams');
  });
});

describe('the lease table', () => {
  const config = configWith();
  const rows: TableRows = { leases: [], broken: [], bytes: 0 };
  const facts: LeaseFacts = {
    table: { ok: true, value: { status: 'ACTIVE', key: 'leaseKey S HASH' } },
    writes: [],
    rows: { ok: true, value: rows },
    peers: { ok: true, value: { metrics: [] } },
    foreign: undefined,
    lags: undefined,
    retentionMs: 24 * hourMs,
  };
  /** Leases with the age of their position and how far behind they are, in hours. */
  const late = (...all: readonly (readonly [string, number, number])[]): Partial<LeaseFacts> => ({
    lags: { ok: true, value: new Map(all.map(([lease, age, behind]) => [lease, { ageMs: age * hourMs, behindMs: behind * hourMs }])) },
  });
  test.each<readonly [string, Partial<LeaseFacts>, readonly string[], string]>([
    ['fine', {}, ['ok lease-table'], '0 leases'],
    ['not there', { table: { ok: true, value: undefined }, rows: undefined, peers: undefined }, ['note lease-table.missing'], 'dynamodb:CreateTable'],
    ['of another kind', { table: { ok: true, value: { status: 'ACTIVE', key: 'id S HASH' } }, rows: undefined }, ['fault lease-table.schema'], '(id S HASH)'],
    ['out of reach', { table: { ok: true, value: { status: 'ARCHIVED', key: 'leaseKey S HASH' } } }, ['fault lease-table.status'], 'ARCHIVED'],
    [
      'not to be read',
      { table: { ok: false, action: 'dynamodb:DescribeTable', error: denied }, rows: undefined },
      ['fault lease-table.denied'],
      'dynamodb:DescribeTable',
    ],
    ['not to be scanned', { rows: { ok: false, action: 'dynamodb:Scan', error: denied } }, ['fault lease-table.denied'], 'dynamodb:Scan'],
    [
      'not to be written',
      {
        writes: [
          { ok: true, value: undefined },
          { ok: false, action: 'dynamodb:DeleteItem', error: denied },
        ],
      },
      ['fault lease-table.denied'],
      'Allow dynamodb:DeleteItem',
    ],
    [
      'of another application',
      { foreign: new LeaseError('TABLE_FOREIGN', 'It belongs to the stream x.') },
      ['fault lease-table.foreign'],
      'belongs to the stream x',
    ],
    ['with a broken row', { foreign: new LeaseError('ROW_BROKEN', 'Row a cannot be read.') }, ['fault lease-table.broken'], 'Row a'],
    [
      'of a KCL 3.x fleet',
      { peers: { ok: true, value: { leader: { owner: 'java-1', beat: '1', leaseDurationMs: 1 }, mode: 'M', metrics: [{ worker: 'w', beat: '1' }] } } },
      ['ok lease-table', 'warning lease-table.kcl-3'],
      'leader java-1',
    ],
    ['half late', late(['a', 13, 13]), ['ok lease-table', 'warning lease-table.lag'], 'a: behind by more than half'],
    ['too late', late(['a', 30, 23.5], ['b', 30, 13]), ['fault lease-table.gap', 'warning lease-table.lag'], 'onGap: stop'],
    ['old, but with nothing behind it', late(['a', 99, 0]), ['ok lease-table'], ''],
    ['late, and nobody knows for how long records are kept', { ...late(['a', 99, 99]), retentionMs: undefined }, ['ok lease-table'], ''],
    ['whose lag cannot be asked for', { lags: { ok: false, action: 'kinesis:GetRecords', error: denied } }, ['fault lease-table.denied'], 'kinesis:GetRecords'],
  ])('%s', (_, more, findings, says) => {
    const found = judgeLeases(config, { ...facts, ...more });
    expect(told(found)).toEqual(findings);
    expect(text(found)).toContain(says);
  });
});

describe('limits', () => {
  const at = (more: string, openShards: number, writes?: number, retentionMs?: number) =>
    told(judgeLimits(configWith(more), { openShards, ...(writes === undefined ? {} : { provisioned: { writes, reads: 1 } }) }, retentionMs));
  const withSource = (options: string) => {
    const base = configWith();
    const [pollIntervalMs, limits, mode] = options.split(' ');
    return { ...base, source: { ...base.source, pollIntervalMs: Number(pollIntervalMs), limits: limits as 'aws', mode: mode as 'polling' } };
  };

  test.each([
    ['1000 aws polling', []],
    ['400 aws polling', []],
    ['300 aws polling', ['warning limits.reads']],
    ['200 aws polling', ['warning limits.reads']],
    ['100 none polling', []],
    ['100 aws fan-out', []],
  ])('reads: %s', (options, findings) => {
    expect(told(judgeLimits(withSource(options), { openShards: 1 }, undefined))).toEqual(findings);
  });

  test.each<readonly [string, number, number | undefined, readonly string[]]>([
    ['', 10, undefined, []],
    ['', 10, 10, ['ok limits.lease-table']],
    ['', 45, 10, ['warning limits.lease-table']],
    ['', 51, 10, ['fault limits.lease-table']],
    ['checkpoint: { interval: 1s }', 11, 10, ['fault limits.lease-table']],
    ['lease: { maxPerWorker: 3 }', 7, undefined, ['note limits.workers']],
  ])('%s with %i shards and %s units', (more, shards, writes, findings) => {
    expect(at(more, shards, writes)).toEqual(findings);
  });

  test('of tombstones and the stream', () => {
    expect(at('', 1, undefined, 7 * 24 * hourMs)).toEqual([]);
    expect(at('', 1, undefined, 9 * 24 * hourMs)).toEqual(['warning limits.tombstones']);
  });

  test('a lease is written by its renewals, or by its checkpoints where they are more frequent', () => {
    expect(
      leaseWritesPerSecond({ lease: { table: '', durationMs: 10_000, maxPerWorker: 1, joinDelayMs: 0 }, checkpoint: { intervalMs: 60_000, records: 1 } }, 10),
    ).toBe(2);
    expect(
      leaseWritesPerSecond({ lease: { table: '', durationMs: 10_000, maxPerWorker: 1, joinDelayMs: 0 }, checkpoint: { intervalMs: 1_000, records: 1 } }, 10),
    ).toBe(10);
  });
});

test.each<readonly [number, readonly string[]]>([
  [0, ['ok clock']],
  [3_400, ['ok clock']],
  [-2_400, ['ok clock']],
  [10_000, ['warning clock.skew']],
  [-10_000, ['warning clock.skew']],
  [200_000, ['fault clock.skew']],
  [-4_000_000, ['fault clock.skew']],
])('a clock that is %i ms off', (offMs, findings) => {
  expect(told(judgeClock({ serverMs: 1_000_000, ownMs: 1_000_000 + offMs }))).toEqual(findings);
});

describe('a sink', () => {
  const facts: SinkFacts = {
    name: 'main',
    createTables: true,
    error: undefined,
    server: 'PostgreSQL 18.4 on x86_64',
    latencyMs: 3,
    targets: [],
    denied: [],
    problems: [],
  };
  const target = { target: 'orders', createTables: true, error: undefined, problems: [] };
  const missing = new SinkError('SINK_TABLE_MISSING', 'Tables are missing. Run this:\ncreate table a;\ncreate table b;', { retryable: false });
  const mismatch = new SinkError('SINK_TABLE_MISMATCH', 'It has no primary key. Let it be created as:\ncreate table a;', { retryable: false });
  const old = new SinkError('SINK_DENIED', 'CrateDB: a node has version 5.4; upgrade.', { retryable: false });
  test.each<readonly [string, Partial<SinkFacts>, readonly string[], string]>([
    ['fine', { targets: [target] }, ['ok sink.main', 'ok table.main.orders'], 'is PostgreSQL 18.4, answers within 3 ms'],
    ['too old', { error: old }, ['fault sink.main.denied'], 'version 5.4'],
    ['away', { error: new SinkError('SINK_UNREACHABLE', 'No connection.', { retryable: true }) }, ['fault sink.main.unreachable'], 'No connection.'],
    ['read-only', { error: new SinkError('SINK_READ_ONLY', 'No writes.', { retryable: true }) }, ['fault sink.main.read-only'], 'No writes.'],
    [
      'new',
      { error: missing, targets: [{ ...target, error: missing }] },
      ['ok sink.main', 'note sink.main.letters.missing', 'note table.main.orders.missing'],
      'a worker makes them',
    ],
    [
      'without its tables',
      { targets: [{ ...target, createTables: false, error: missing }] },
      ['ok sink.main', 'fault table.main.orders.missing'],
      'createTables is false',
    ],
    ['without a primary key', { targets: [{ ...target, error: mismatch }] }, ['ok sink.main', 'fault table.main.orders.mismatch'], 'It has no primary key.'],
    [
      'with a second unique index',
      { targets: [{ ...target, problems: ['Another unique index, (email).'] }] },
      ['ok sink.main', 'warning table.main.orders.remark'],
      '(email)',
    ],
    [
      'whose user may not do all of it',
      { denied: ['insert, remove on "a"', 'find on "b"'] },
      ['ok sink.main', 'fault sink.main.denied'],
      'may not insert, remove on "a"; find on "b". Give that user a role',
    ],
    ['with a limit that is near', { problems: ['The disk is 95 % full.'] }, ['ok sink.main', 'warning sink.main.remark'], 'Sink main: The disk is 95 % full.'],
  ])('%s', (_, more, findings, says) => {
    const found = judgeSink({ ...facts, ...more });
    expect(told(found)).toEqual(findings);
    expect(text(found)).toContain(says);
    for (const { what } of found) expect(what).not.toContain('create table');
  });

  test('keeps the statements apart', () => {
    expect(judgeSink({ ...facts, targets: [{ ...target, error: missing }] }).at(-1)?.ddl).toBe('create table a;\ncreate table b;');
  });

  test('may have its letters elsewhere', () => {
    expect(told(judgeLetterPlace('sink', undefined))).toEqual([]);
    expect(told(judgeLetterPlace('sqs', undefined))).toEqual(['ok dead-letters']);
    expect(told(judgeLetterPlace('s3', new SinkError('SINK_DENIED', 'Not allowed.', { retryable: false })))).toEqual(['fault dead-letters.denied']);
  });
});

test.each([
  [undefined, 'ok http.port'],
  ['EADDRINUSE', 'warning http.port.taken'],
  ['EACCES', 'fault http.port.denied'],
  ['EADDRNOTAVAIL', 'fault http.port.host'],
  ['EWHAT', 'fault http.port.failed'],
])('a port that says %s', (errorCode, finding) => {
  expect(told(judgePort({ host: '0.0.0.0', port: 80, errorCode }))).toEqual([finding]);
});

test.each([
  [undefined, 'ok file./a/b'],
  ['EACCES', 'fault file./a/b.denied'],
])('a file that says %s', (errorCode, finding) => {
  expect(told(judgeFile({ about: 'it', path: '/a/b', errorCode }))).toEqual([finding]);
});

test('findings come by weight, and without passwords', () => {
  const of = (id: string, severity: Finding['severity']): Finding => ({ id, severity, what: '' });
  expect(
    byWeight([of('a', 'ok'), of('b', 'fault'), of('c', 'note'), of('d', 'fault'), of('e', 'warning')])
      .map(({ id }) => id)
      .join(''),
  ).toBe('bdeca');
  const url = 'postgres://u:hunter2@h/d';
  expect(JSON.stringify(masked({ id: 'a', severity: 'ok', what: url, remedy: url, ddl: url }))).not.toContain('hunter2');
});
