// Every way a command can fail, and what it means for the rows in it.
import { describe, expect, test } from 'vitest';
import { alreadyThere, isCollision, isDuplicateId, packedState, sortMongoError } from '../../../src/mongodb/errors.ts';
import { SinkError } from '../../../src/types.ts';

function failure(name: string, code: number | string | undefined, message = 'said the server', more: object = {}): Error {
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code }, more);
}

function sortedAs(error: unknown, named = false): string {
  const sorted = sortMongoError(error, named);
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
    ['MongoServerError', 16_908_292, 'deadlock detected', 'SINK_BUSY again'],
    ['MongoWriteConcernError', 64, 'waiting for replication timed out', 'SINK_BUSY again'],
    ['MongoServerError', 1, 'terminating connection due to administrator command', 'SINK_UNREACHABLE again'],
    ['MongoServerError', 1, 'something broke', 'SINK_UNEXPECTED again'],
    ['MongoServerError', 18, 'Authentication failed.', 'SINK_DENIED stop'],
    ['MongoServerError', 8000, 'bad auth', 'SINK_DENIED stop'],
    ['MongoServerError', 13, 'not authorized', 'SINK_DENIED stop'],
    ['MongoServerError', 26, 'ns not found', 'SINK_TABLE_MISSING stop'],
    ['MongoServerError', 166, 'is a view', 'SINK_TABLE_MISMATCH stop'],
    ['MongoServerError', 61, 'shard key', 'SINK_TABLE_MISMATCH stop'],
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
    for (const code of [189, 112, 10_107, 16_908_292]) expect(sortedAs({ code, errmsg: 'x', index: 0 }, true)).toMatch(/ again$/);
  });
});

describe('a row’s faults', () => {
  test.for([2, 11_000, 121, 10_334, 66, 302_776_349, 419_430_429, 33_685_634])('%i is the row’s, however it is told', (code) => {
    expect(sortedAs(failure('MongoServerError', code))).toBe(`row ${code}`);
    expect(sortedAs({ code, errmsg: 'x', index: 0 }, true)).toBe(`row ${code}`);
  });

  test('an index’s limit is the row’s, though its number means something else to MongoDB', () => {
    expect(sortedAs({ code: 261, errmsg: 'index row requires 9008 bytes, maximum size is 8191' }, true)).toBe('row 261');
    expect(sortedAs({ code: 261, errmsg: 'too many logical sessions' }, true)).toBe('SINK_BUSY again');
  });

  test('a number that nobody knows is the row’s where a row was named, and stops the rest', () => {
    expect(sortedAs({ code: 51_273, errmsg: 'x' }, true)).toBe('row 51273');
    expect(sortedAs(failure('MongoServerError', 51_273))).toBe('SINK_UNEXPECTED stop');
  });

  test('what the driver cannot write is', () => {
    expect(sortedAs(failure('BSONError', undefined, 'cyclic'))).toBe('row BSONError');
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
  expect(packedState(16_908_292)).toBe('40P01');
  expect(packedState(112)).toBe(undefined);
  const duplicate = (more: object): unknown => ({ code: 11_000, ...more });
  expect(isDuplicateId(duplicate({ keyPattern: { _id: 1 } }))).toBe(true);
  expect(isDuplicateId(duplicate({ keyPattern: { email: 1 }, errmsg: "Index '_id_'" }))).toBe(false);
  expect(isDuplicateId(duplicate({ errmsg: "Duplicate key violation on the requested collection: Index '_id_'" }))).toBe(true);
  expect(isDuplicateId(duplicate({ errmsg: "Duplicate key violation on the requested collection: Index 'email_1'" }))).toBe(false);
  expect(isDuplicateId(duplicate({ errmsg: 'E11000 duplicate key error collection: a.b index: _id_ dup key: { _id: 1 }' }))).toBe(true);
  expect([112, 16_908_292, 11_600, 189].map((code) => isCollision({ code }))).toEqual([true, true, false, false]);
  expect(alreadyThere(new SinkError('SINK_UNEXPECTED', 'x', { retryable: false, cause: { code: 48 } }))).toBe(true);
  expect(alreadyThere({ code: 13 })).toBe(false);
});
