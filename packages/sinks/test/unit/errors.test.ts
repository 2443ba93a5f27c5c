// Every way a statement can fail, and what it means for the rows in it.
import { describe, expect, test } from 'vitest';
import { SinkError } from '../../src/index.ts';
import { isColumnLimit, isDeadlock, lostCreateRace, sortPostgresError } from '../../src/postgres/errors.ts';
import { createHider } from '../../src/postgres/secrets.ts';
import { asSinkError } from '../../src/sql/errors.ts';

const dialect = { product: 'PostgreSQL', sortError: sortPostgresError };

function failure(code: string, message = 'said the server'): Error {
  return Object.assign(new Error(message), code === '' ? {} : { code });
}

const rowFaults = [
  '09000',
  '21000',
  '22001',
  '22003',
  '22P02',
  '22P05',
  '23502',
  '23503',
  '23505',
  '23514',
  '42601',
  '44000',
  '45000',
  '45001',
  '54000',
  '54001',
  'P0001',
];
/** Nobody knows whose fault these are until other rows have landed, or not. */
const unknown = ['0A000', 'MY001', 'XX000', '42846'];

const environment: [code: string, message: string, sink: string, retryable: boolean][] = [
  ['08006', '', 'SINK_UNREACHABLE', true],
  ['ECONNREFUSED', '', 'SINK_UNREACHABLE', true],
  ['ECONNRESET', '', 'SINK_UNREACHABLE', true],
  ...['EMFILE', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'EAI_FAIL', 'ENOBUFS', 'ENETRESET', 'EPIPE'].map((code): [string, string, string, boolean] => [
    code,
    '',
    'SINK_UNREACHABLE',
    true,
  ]),
  ['EPERM', '', 'SINK_UNEXPECTED', false],
  ['57P01', '', 'SINK_UNREACHABLE', true],
  ['57P03', '', 'SINK_UNREACHABLE', true],
  ['', 'Connection terminated unexpectedly', 'SINK_UNREACHABLE', true],
  ['', 'Connection terminated due to connection timeout', 'SINK_UNREACHABLE', true],
  ['', 'timeout exceeded when trying to connect', 'SINK_UNREACHABLE', true],
  ['', 'Client has encountered a connection error and is not queryable', 'SINK_UNREACHABLE', true],
  ['40001', '', 'SINK_BUSY', true],
  ['40P01', '', 'SINK_BUSY', true],
  ['53100', '', 'SINK_BUSY', true],
  ['53300', '', 'SINK_BUSY', true],
  ['55P03', '', 'SINK_BUSY', true],
  ['57014', '', 'SINK_BUSY', true],
  ['58030', '', 'SINK_BUSY', true],
  ['25P02', '', 'SINK_BUSY', true],
  ['25006', '', 'SINK_READ_ONLY', true],
  ['26000', '', 'SINK_UNEXPECTED', true],
  ['XX001', '', 'SINK_UNEXPECTED', true],
  ['HV000', '', 'SINK_BUSY', true],
  ['28P01', '', 'SINK_DENIED', false],
  ['3D000', '', 'SINK_DENIED', false],
  ['42501', '', 'SINK_DENIED', false],
  ['SELF_SIGNED_CERT_IN_CHAIN', '', 'SINK_DENIED', false],
  ['', 'The server does not support SSL connections', 'SINK_DENIED', false],
  ['42P01', '', 'SINK_TABLE_MISSING', false],
  ['42703', '', 'SINK_TABLE_MISMATCH', false],
  ['42P10', '', 'SINK_TABLE_MISMATCH', false],
  ['', 'Cannot use a pool after calling end on the pool', 'SINK_CLOSED', false],
  ['', 'x is not a function', 'SINK_UNEXPECTED', false],
];

describe('errors of PostgreSQL', () => {
  test.for(rowFaults)('%s is a row’s fault, with the server’s code', (code) => {
    expect(sortPostgresError(failure(code))).toEqual({ kind: 'row', error: { code, message: 'said the server' } });
    expect(asSinkError(dialect, failure(code))).toMatchObject({ code: 'SINK_UNEXPECTED', retryable: false });
  });

  test.for(environment)('%s %s is %s, retryable: %s', ([code, message, sink, retryable]) => {
    const error = failure(code, message === '' ? 'said the server' : message);
    const sorted = sortPostgresError(error);
    expect(sorted).toMatchObject({ kind: 'sink', error: { code: sink, retryable, cause: error } });
    expect(sorted).not.toHaveProperty('perhaps');
    expect(asSinkError(dialect, error).message).toContain(error.message);
  });

  test.for(unknown)('%s may be a row’s fault', (code) => {
    expect(sortPostgresError(failure(code))).toMatchObject({ kind: 'sink', error: { code: 'SINK_UNEXPECTED' }, perhaps: { code, message: 'said the server' } });
  });

  test('that nothing mends by itself say that writing waits, not that it stops', () => {
    for (const [code, message] of environment) expect(asSinkError(dialect, failure(code, message || 'said')).message).not.toMatch(/stops\b/);
  });

  test.for([undefined, null, 'text', 5, {}, { code: 5 }, new AggregateError([], '')])('anything thrown is sorted: %s', (thrown) => {
    expect(sortPostgresError(thrown).kind).toBe('sink');
  });

  test('what is sorted already stays', () => {
    const error = new SinkError('SINK_BUSY', 'busy', { retryable: true });
    expect(asSinkError(dialect, error)).toBe(error);
  });

  test('what the engine asks of an error is told by its code', () => {
    const told = ['23505', '42P07', '42701', '40P01', '54011', '42501'].map((code) => {
      const error = asSinkError(dialect, failure(code));
      return [lostCreateRace(error), isDeadlock(error), isColumnLimit(error)].map(Number).join('');
    });
    expect(told).toEqual(['100', '100', '100', '010', '001', '000']);
  });
});

describe('passwords', () => {
  test.for([
    ['postgres://u:s3cret@h/d', 'password s3cret is wrong'],
    ['postgres://u:s%403cret@h/d', 'no host s@3cret in s%403cret'],
    ['postgres://h/d?password=s3cret', 'told s3cret'],
  ] as const)('of %s stay out of what is thrown', ([url, message]) => {
    const hidden = createHider(url)(failure('28P01', message));
    expect(hidden).toMatchObject({ code: '28P01' });
    expect(String(hidden)).not.toMatch(/s3cret|s@3cret|s%403cret/);
    expect(String(hidden)).toContain('***');
  });

  test('that are a word of the driver’s do not hide what it says', () => {
    const hidden = createHider('postgres://u:t@h/d')(failure('', 'Connection terminated unexpectedly'));
    expect(hidden).toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true, message: expect.not.stringContaining('t') });
  });

  test('of a url that cannot be read too', () => {
    const url = 'postgres://u:s3cret@h:port/d';
    const thrown = (() => {
      try {
        return new URL(url);
      } catch (error) {
        return error;
      }
    })();
    const hidden = createHider(url)(thrown);
    expect(hidden).toMatchObject({ code: 'SINK_DENIED', retryable: false });
    expect(JSON.stringify([String(hidden), hidden])).not.toContain('s3cret');
  });

  test('nothing else is touched', () => {
    const error = failure('28P01', 'no such user');
    expect(createHider('postgres://u:s3cret@h/d')(error)).toBe(error);
    expect(createHider('postgres://u@h/d')(error)).toBe(error);
  });
});
