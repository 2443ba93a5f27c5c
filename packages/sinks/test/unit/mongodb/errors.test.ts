// Every way a command can fail, and what it means for the rows in it.
import { describe, expect, test } from 'vitest';
import { alreadyThere, asSinkError, type Circumstances, isCollision, isDuplicateId, sortMongoError } from '../../../src/mongodb/errors.ts';
import { packedState } from '../../../src/mongodb/sqlstate.ts';
import { SinkError } from '../../../src/types.ts';

function failure(name: string, code: number | string | undefined, message = 'said the server', more: object = {}): Error {
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code }, more);
}

const named = { named: true };
const ferret = { isFerretDb: true };

/** As PostgreSQL packs it. */
function packed(state: string): number {
  return [...state].reduce((number, character, index) => number + (character.charCodeAt(0) - 48) * 64 ** index, 0);
}

function sortedAs(error: unknown, circumstances: Circumstances = {}): string {
  const sorted = sortMongoError(error, circumstances);
  return sorted.kind === 'row' ? `row ${sorted.error.code}` : `${sorted.error.code} ${sorted.error.retryable ? 'again' : 'stop'}`;
}

describe('the environment’s faults', () => {
  test.for<[name: string, code: number | string | undefined, message: string, wanted: string]>([
    ['MongoServerSelectionError', undefined, 'connect ECONNREFUSED 127.0.0.1:1', 'SINK_UNREACHABLE again'],
    ['MongoServerSelectionError', undefined, 'self-signed certificate', 'SINK_DENIED stop'],
    ['MongoNetworkError', undefined, 'read ECONNRESET', 'SINK_UNREACHABLE again'],
    ['MongoNetworkTimeoutError', undefined, 'connection 1 timed out', 'SINK_UNREACHABLE again'],
    ['MongoPoolClearedError', undefined, 'cleared', 'SINK_UNREACHABLE again'],
    ['Error', 'ECONNRESET', '', 'SINK_UNREACHABLE again'],
    ['MongoWaitQueueTimeoutError', undefined, 'timed out', 'SINK_BUSY again'],
    ['MongoServerError', 189, 'stepped down', 'SINK_UNREACHABLE again'],
    ['MongoServerError', 91, 'shutdown in progress', 'SINK_UNREACHABLE again'],
    ['MongoServerError', 10_107, 'not primary', 'SINK_READ_ONLY again'],
    ['MongoServerError', 13_435, 'not primary', 'SINK_READ_ONLY again'],
    ['MongoServerError', 112, 'write conflict', 'SINK_BUSY again'],
    ['MongoServerError', 50, 'exceeded time limit', 'SINK_BUSY again'],
    ['MongoWriteConcernError', 64, 'waiting for replication timed out', 'SINK_BUSY again'],
    ['MongoServerError', 1, 'terminating connection due to administrator command', 'SINK_UNREACHABLE again'],
    ['MongoServerError', 1, 'something broke', 'SINK_UNEXPECTED again'],
    ['MongoServerError', 18, 'Authentication failed.', 'SINK_DENIED stop'],
    ['MongoServerError', 8000, 'bad auth', 'SINK_DENIED stop'],
    ['MongoServerError', 13, 'not authorized', 'SINK_DENIED stop'],
    ['MongoServerError', 26, 'ns not found', 'SINK_TABLE_MISSING stop'],
    ['MongoServerError', 166, 'is a view', 'SINK_TABLE_MISMATCH stop'],
    ['MongoServerError', 61, 'shard key', 'SINK_TABLE_MISMATCH stop'],
    ['MongoServerError', 365, 'temporarily unavailable', 'SINK_BUSY again'],
    ['MongoServerError', 388, 'transaction is too large for the cache', 'SINK_BUSY again'],
    ['MongoServerError', 246, 'snapshot unavailable', 'SINK_BUSY again'],
    ['MongoServerError', 70, 'shard not found', 'SINK_BUSY again'],
    ['MongoServerError', 249, 'stale version of the database', 'SINK_UNREACHABLE again'],
    ['MongoServerError', 96, 'operation failed', 'SINK_UNEXPECTED again'],
    ['MongoServerError', 125, 'command failed', 'SINK_UNEXPECTED again'],
    ['MongoServerError', 302_776_349, 'a number that nobody knows', 'SINK_UNEXPECTED stop'],
    ['MongoServerError', 59, 'no such command', 'SINK_UNEXPECTED stop'],
    ['MongoClientClosedError', undefined, 'closed', 'SINK_CLOSED stop'],
    ['MongoParseError', undefined, 'bad url', 'SINK_DENIED stop'],
    ['TypeError', undefined, 'x is not a function', 'SINK_UNEXPECTED stop'],
  ])('%s %s %s: %s', ([name, code, message, wanted]) => {
    expect(sortedAs(failure(name, code, message))).toBe(wanted);
  });

  test('a bulk that failed with its connection names no row', () => {
    expect(sortedAs(failure('MongoBulkWriteError', undefined, 'read ECONNRESET', { writeErrors: [] }))).toBe('SINK_UNREACHABLE again');
    expect(sortedAs(failure('MongoBulkWriteError', 11_000, 'E11000', { writeErrors: { code: 11_000 } }))).toBe('row 11000');
  });

  test('stay what they are where the server reports them of one row', () => {
    for (const code of [189, 112, 10_107, 365, 372, 388, 246, 249, 70, 96, 125]) expect(sortedAs({ code, errmsg: 'x', index: 0 }, named)).toMatch(/ again$/);
  });
});

describe('a row’s faults', () => {
  test.for([2, 11_000, 121, 10_334, 66])('%i is the row’s, however it is told', (code) => {
    expect(sortedAs(failure('MongoServerError', code))).toBe(`row ${code}`);
    expect(sortedAs({ code, errmsg: 'x', index: 0 }, named)).toBe(`row ${code}`);
    expect(sortedAs({ code, errmsg: 'x', index: 0 }, { ...named, ...ferret })).toBe(`row ${code}`);
  });

  test('a number that nobody knows is the row’s where a row was named, and stops the rest', () => {
    expect(sortedAs({ code: 51_273, errmsg: 'x' }, named)).toBe('row 51273');
    expect(sortedAs(failure('MongoServerError', 51_273))).toBe('SINK_UNEXPECTED stop');
  });

  test('what the driver cannot write is', () => {
    expect(sortedAs(failure('BSONError', undefined, 'cyclic'))).toBe('row BSONError');
  });
});

describe('FerretDB passes on SQLSTATEs as numbers', () => {
  test.for<[state: string, number: number, wanted: string]>([
    ['53100', 4_293, 'SINK_BUSY again'],
    ['53200', 8_389, 'SINK_BUSY again'],
    ['53300', 12_485, 'SINK_BUSY again'],
    ['58030', 786_949, 'SINK_BUSY again'],
    ['55000', 325, 'SINK_BUSY again'],
    ['40P01', 16_908_292, 'SINK_BUSY again'],
    ['XX000', 2_600, 'SINK_UNEXPECTED again'],
    ['3F000', 1_411, 'SINK_UNEXPECTED again'],
    ['3D000', 1_283, 'SINK_UNEXPECTED again'],
    ['26000', 386, 'SINK_UNEXPECTED again'],
    ['25006', 100_663_618, 'SINK_READ_ONLY again'],
    ['57P01', 16_908_741, 'SINK_UNREACHABLE again'],
    ['42501', 16_797_828, 'SINK_UNEXPECTED stop'],
    ['22P02', 33_685_634, 'row 33685634'],
    ['54000', 261, 'row 261'],
    ['23514', 67_391_682, 'row 67391682'],
  ])('%s', ([state, number, wanted]) => {
    expect([packed(state), packedState(number)]).toEqual([number, state]);
    expect(sortedAs({ code: number, errmsg: 'x', index: 0 }, { ...named, ...ferret })).toBe(wanted);
    expect(sortedAs(failure('MongoServerError', number), ferret)).toBe(wanted);
  });

  test('the extension’s own are the row’s, however they are told', () => {
    for (const code of [302_776_349, 419_430_429]) {
      expect(packedState(code)).toMatch(/^M/);
      expect(sortedAs(failure('MongoServerError', code), ferret)).toBe(`row ${code}`);
    }
  });

  test('a number with a name is MongoDB’s own, as are all of a MongoDB', () => {
    expect(sortedAs(failure('MongoServerError', 386, 'x', { codeName: 'DuplicateKeyId' }), ferret)).toBe('SINK_UNEXPECTED stop');
    expect(sortedAs({ code: 261, errmsg: 'too many logical sessions' }, named)).toBe('SINK_BUSY again');
    for (const code of [4_293, 33_685_634]) expect(sortedAs(failure('MongoServerError', code))).toBe('SINK_UNEXPECTED stop');
  });

  test('a command that belongs to no row is sorted likewise', () => {
    expect(asSinkError(failure('MongoServerError', 4_293), true)).toMatchObject({ code: 'SINK_BUSY', retryable: true });
    expect(asSinkError(failure('MongoServerError', 4_293))).toMatchObject({ code: 'SINK_UNEXPECTED', retryable: false });
  });
});

test('any thrown value is sorted', () => {
  for (const thrown of [undefined, null, 'text', 5, {}, { code: {} }, new Error('')]) expect(sortMongoError(thrown).kind).toBe('sink');
  const ours = new SinkError('SINK_BUSY', 'x', { retryable: true });
  expect(sortMongoError(ours)).toEqual({ kind: 'sink', error: ours });
});

test('no secret is told', () => {
  const sorted = sortMongoError(failure('MongoParseError', undefined, 'Invalid connection string "mongodb://u:p@ss/word@host/db"'));
  expect(sorted.kind === 'sink' && sorted.error.message).toContain('host/db');
  expect(sorted.kind === 'sink' && sorted.error.message).not.toContain('word');
  expect(sorted.kind === 'sink' && sorted.error.cause).toBe(undefined);
});

test('writers that met are told from what will not go away', () => {
  for (const number of [112, 121, 11_000, -1, 0.5, 2 ** 30]) expect(packedState(number)).toBe(undefined);
  const duplicate = (more: object): unknown => ({ code: 11_000, ...more });
  expect(isDuplicateId(duplicate({ keyPattern: { _id: 1 } }))).toBe(true);
  expect(isDuplicateId(duplicate({ keyPattern: { email: 1 }, errmsg: "Index '_id_'" }))).toBe(false);
  expect(isDuplicateId(duplicate({ errmsg: "Duplicate key violation on the requested collection: Index '_id_'" }))).toBe(true);
  expect(isDuplicateId(duplicate({ errmsg: "Duplicate key violation on the requested collection: Index 'email_1'" }))).toBe(false);
  expect(isDuplicateId(duplicate({ errmsg: 'E11000 duplicate key error collection: a.b index: _id_ dup key: { _id: 1 }' }))).toBe(true);
  const numbers = [112, 16_908_292, 11_600, 189];
  expect(numbers.map((code) => isCollision({ code }, true))).toEqual([true, true, false, false]);
  expect(numbers.map((code) => isCollision({ code }, false))).toEqual([true, false, false, false]);
  expect(alreadyThere(new SinkError('SINK_UNEXPECTED', 'x', { retryable: false, cause: { code: 48 } }))).toBe(true);
  expect(alreadyThere({ code: 13 })).toBe(false);
});
