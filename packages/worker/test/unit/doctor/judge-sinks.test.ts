// What the doctor makes of databases, places of dead letters and this machine: one row of a table for each thing it must find.
import { SinkError } from '@shardfold/sinks';
import { describe, expect, test } from 'vitest';
import { byWeight, type Finding, masked } from '../../../src/doctor/finding.ts';
import { judgeFile, judgePort } from '../../../src/doctor/judge-machine.ts';
import { judgeLetterPlace, judgeSink, type SinkFacts } from '../../../src/doctor/judge-sinks.ts';
import { text, told } from './support.ts';

describe('a sink', () => {
  const facts: SinkFacts = {
    name: 'main',
    createTables: true,
    createDenied: undefined,
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
    [
      'away',
      { error: new SinkError('SINK_UNREACHABLE', 'No connection. The write is retried. Check that the server runs.', { retryable: true }) },
      ['fault sink.main.unreachable'],
      'Sink main: No connection. Check that the server runs.',
    ],
    ['read-only', { error: new SinkError('SINK_READ_ONLY', 'No writes.', { retryable: true }) }, ['fault sink.main.read-only'], 'No writes.'],
    [
      'new',
      { error: missing, targets: [{ ...target, error: missing }] },
      ['ok sink.main', 'note sink.main.letters.missing', 'note table.main.orders.missing'],
      'Sink main lacks tables; a worker makes what is missing.',
    ],
    [
      'without its tables',
      { targets: [{ ...target, createTables: false, error: missing }] },
      ['ok sink.main', 'fault table.main.orders.missing'],
      'createTables is false',
    ],
    [
      'new, whose user may make no tables',
      { createDenied: 'create tables in schema "public"', error: missing, targets: [{ ...target, error: missing }] },
      ['ok sink.main', 'fault sink.main.letters.missing', 'fault table.main.orders.missing'],
      'could not make what is missing: the user of the url may not create tables in schema "public". Allow it, or run these statements',
    ],
    [
      'whose user may make no tables, and that has those that are known',
      { createDenied: 'create tables in schema "public"', targets: [target] },
      ['ok sink.main', 'ok table.main.orders', 'warning sink.main.create'],
      'Tables of which nothing is known yet could not be made.',
    ],
    [
      'whose user may make no tables, and need not',
      { createTables: false, createDenied: 'create tables in schema "public"', targets: [{ ...target, createTables: false, error: missing }] },
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
    for (const { what } of found) expect(what).not.toContain('create table a');
  });

  test('names what is missing, and tells what it knows of the table that is there', () => {
    const missingNames = { names: ['orders__tombstones', 'shardfold_floors'], problems: [] };
    const error = new SinkError('SINK_TABLE_MISSING', 'Tables are missing. Run this:\ncreate table a;', { retryable: false, missing: missingNames });
    const found = judgeSink({ ...facts, targets: [{ ...target, error, problems: ['Another unique index, (email).'] }] });
    expect(told(found)).toEqual(['ok sink.main', 'note table.main.orders.missing', 'warning table.main.orders.remark']);
    expect(found[1]?.what).toBe('Target orders in sink main lacks orders__tombstones, shardfold_floors; a worker makes what is missing.');
  });

  test('says what to do apart, and nothing of what a worker would try again', () => {
    const away = new SinkError('SINK_UNREACHABLE', 'PostgreSQL: connect ECONNREFUSED 127.0.0.1:1. The write is retried. Check the server.', {
      retryable: true,
    });
    expect(judgeSink({ ...facts, error: away })).toEqual([
      { id: 'sink.main.unreachable', severity: 'fault', what: 'Sink main: PostgreSQL: connect ECONNREFUSED 127.0.0.1:1.', remedy: 'Check the server.' },
    ]);
    expect(judgeSink({ ...facts, targets: [{ ...target, error: mismatch }] }).at(-1)).toEqual({
      id: 'table.main.orders.mismatch',
      severity: 'fault',
      what: 'Target orders in sink main: It has no primary key.',
      remedy: 'Let it be created as:',
      ddl: 'create table a;',
    });
    expect(judgeLetterPlace('s3', away)[0]?.what).toBe('The place of the dead letters (s3): PostgreSQL: connect ECONNREFUSED 127.0.0.1:1.');
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
