// What the doctor makes of the lease table, of limits and of clocks: one row of a table for each thing it must find.
import { LeaseError, type TableRows } from '@shardfold/consumer';
import { describe, expect, test } from 'vitest';
import { judgeClock } from '../../../src/doctor/judge-clock.ts';
import { judgeLeases, type LeaseFacts } from '../../../src/doctor/judge-leases.ts';
import { judgeLimits, leaseWritesPerSecond } from '../../../src/doctor/judge-limits.ts';
import { configWith } from '../dead-letters/support.ts';
import { denied, hourMs, text, told } from './support.ts';

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
