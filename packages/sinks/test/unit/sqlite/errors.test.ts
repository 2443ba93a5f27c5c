// Every way SQLite can fail, as it really does, and what it means for the rows.
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SinkError } from '../../../src/index.ts';
import { RowFault } from '../../../src/row-fault.ts';
import { asSinkError } from '../../../src/sql/errors.ts';
import { isColumnLimit, lostCreateRace, sortSqliteError } from '../../../src/sqlite/errors.ts';

const dialect = { product: 'SQLite', sortError: sortSqliteError };

let database: DatabaseSync;
beforeEach(() => {
  database = new DatabaseSync(':memory:');
  database.exec(`CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0 CHECK (n >= 0), u TEXT UNIQUE, p INTEGER REFERENCES parent, g AS (n + 1));
    CREATE TRIGGER no BEFORE INSERT ON t WHEN NEW.n = 7 BEGIN SELECT raise(ABORT, 'no sevens'); END;
    CREATE VIEW v AS SELECT 1; CREATE TABLE strict_one (id INTEGER) STRICT;
    INSERT INTO t (id, u) VALUES ('a', 'u')`);
});
afterEach(() => database.close());

function thrownBy(text: string): unknown {
  try {
    database.exec(text);
  } catch (error) {
    return error;
  }
  throw new Error(`Nothing was thrown by ${text}`);
}

function fault(errcode: number, message = 'said SQLite'): Error {
  return Object.assign(new Error(message), { errcode });
}

const rowFaults: [code: string, text: string][] = [
  ['SQLITE_CONSTRAINT_CHECK', "INSERT INTO t (id, n) VALUES ('b', -1)"],
  ['SQLITE_CONSTRAINT_NOTNULL', "INSERT INTO t (id, n) VALUES ('b', NULL)"],
  ['SQLITE_CONSTRAINT_UNIQUE', "INSERT INTO t (id, u) VALUES ('b', 'u')"],
  ['SQLITE_CONSTRAINT_PRIMARYKEY', "INSERT INTO t (id) VALUES ('a')"],
  ['SQLITE_CONSTRAINT_FOREIGNKEY', "INSERT INTO t (id, p) VALUES ('b', 5)"],
  ['SQLITE_CONSTRAINT_TRIGGER', "INSERT INTO t (id, n) VALUES ('b', 7)"],
  ['SQLITE_CONSTRAINT_DATATYPE', "INSERT INTO strict_one VALUES ('a')"],
  ['SQLITE_MISMATCH', "INSERT INTO parent VALUES ('a')"],
  ['SQLITE_TOOBIG', 'SELECT zeroblob(2000000000)'],
];

const environment: [text: string, code: string, retryable: boolean][] = [
  ['SELECT 1 FROM nowhere', 'SINK_TABLE_MISSING', false],
  ['SELECT gone FROM t', 'SINK_TABLE_MISMATCH', false],
  ["INSERT INTO t (gone) VALUES ('a')", 'SINK_TABLE_MISMATCH', false],
  ["INSERT INTO t (id) VALUES ('b') ON CONFLICT (n) DO NOTHING", 'SINK_TABLE_MISMATCH', false],
  ['INSERT INTO v VALUES (1)', 'SINK_TABLE_MISMATCH', false],
  ['UPDATE t SET g = 1', 'SINK_TABLE_MISMATCH', false],
  ['SELEC', 'SINK_UNEXPECTED', false],
];

const byCode: [errcode: number, code: string, retryable: boolean][] = [
  [3, 'SINK_DENIED', false],
  [5, 'SINK_BUSY', true],
  [517, 'SINK_BUSY', true],
  [6, 'SINK_BUSY', true],
  [7, 'SINK_BUSY', true],
  [8, 'SINK_READ_ONLY', true],
  [1032, 'SINK_READ_ONLY', true],
  [10, 'SINK_UNREACHABLE', true],
  [778, 'SINK_UNREACHABLE', true],
  [11, 'SINK_UNEXPECTED', false],
  [13, 'SINK_BUSY', true],
  [14, 'SINK_UNREACHABLE', true],
  [15, 'SINK_BUSY', true],
  [23, 'SINK_DENIED', false],
  [26, 'SINK_UNEXPECTED', false],
  [99, 'SINK_UNEXPECTED', false],
];

describe('errors of SQLite', () => {
  test.each(rowFaults)('%s is the row’s: %s', (code, text) => {
    const sorted = sortSqliteError(thrownBy(text));
    expect(sorted.kind).toBe('row');
    expect(sorted.error.code).toBe(code);
    expect(sorted.error.message).not.toBe('');
  });

  test.each(environment)('%s is %s', (text, code, retryable) => {
    const error = asSinkError(dialect, thrownBy(text));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code, retryable });
    expect(error.message).toMatch(/^SQLite: .+\. Writing .+\.$/);
  });

  test.each(byCode)('result code %i is %s', (errcode, code, retryable) => {
    const error = asSinkError(dialect, fault(errcode));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code, retryable });
    expect(error.message).toMatch(/^SQLite: said SQLite.*\. (?:The write is retried|Writing waits until that is mended).*\.$/);
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('a full file is told as one, with what to do', () => {
    database.exec('CREATE TABLE filler (x BLOB); PRAGMA max_page_count = 20');
    const error = asSinkError(dialect, thrownBy('INSERT INTO filler VALUES (zeroblob(200000))'));
    expect(error.message).toMatch(/SQLITE_FULL.*make room/);
  });

  test('faults of a row that SQLite never saw keep their code; what is a SinkError stays one', () => {
    expect(sortSqliteError(new RowFault('NOT_UNICODE', 'half a pair'))).toEqual({ kind: 'row', error: { code: 'NOT_UNICODE', message: 'half a pair' } });
    const error = new SinkError('SINK_CLOSED', 'closed', { retryable: false });
    expect(sortSqliteError(error)).toEqual({ kind: 'sink', error });
  });

  test.each([undefined, null, 'text', 5, {}, new Error('')])('whatever is thrown, it is sorted: %j', (thrown) => {
    expect(asSinkError(dialect, thrown)).toBeInstanceOf(SinkError);
  });

  test('two who add a column at once, and a table that takes no further one', () => {
    database.exec('ALTER TABLE t ADD COLUMN late TEXT');
    expect(lostCreateRace(asSinkError(dialect, thrownBy('ALTER TABLE t ADD COLUMN late TEXT')))).toBe(true);
    expect(lostCreateRace(asSinkError(dialect, thrownBy('CREATE TABLE t (id TEXT)')))).toBe(true);
    const columns = Array.from({ length: 2_000 }, (_, index) => `c${index}`).join(', ');
    database.exec(`CREATE TABLE wide (${columns})`);
    const full = asSinkError(dialect, thrownBy('ALTER TABLE wide ADD COLUMN late TEXT'));
    expect(isColumnLimit(full)).toBe(true);
    expect(lostCreateRace(full)).toBe(false);
  });
});
