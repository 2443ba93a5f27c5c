// What only SQLite has: files that are missing, damaged, read-only or taken away, tables of a user's own types, rows refused by constraints.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ExactNumber, type Key } from '@shardfold/changes';
import { afterEach, describe, expect, test } from 'vitest';
import { prepareGroup, type Sink, SinkError, type SinkErrorCode, type Table, type TargetTable } from '../../src/index.ts';
import { at, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import { filesForTests, never, onFile, query, sqliteSink, storedRows } from '../support/sqlite.ts';

const newFile = filesForTests();
const opened: Sink[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((sink) => sink.close()));
});

async function sinkOn(url: string): Promise<Sink> {
  const sink = sqliteSink(url);
  opened.push(sink);
  await sink.open(never);
  return sink;
}

async function tableOn(path: string, of: TargetTable = target('orders')): Promise<Table> {
  return (await sinkOn(path)).table(of, never);
}

async function refusal(of: Promise<unknown>): Promise<SinkError> {
  const error = await of.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SinkError)) throw new Error(`no SinkError: ${String(error)}`);
  return error;
}

function directoryAt(path: string): string {
  mkdirSync(path);
  return path;
}

function garbageAt(path: string): string {
  writeFileSync(path, 'x'.repeat(5_000));
  return path;
}

describe('files', () => {
  const places: [what: string, make: (path: string) => string, code: SinkErrorCode, retryable: boolean, says: RegExp][] = [
    ['no directory', (path) => join(path, 'deeper.db'), 'SINK_DENIED', false, /no directory .*Create it/],
    ['a directory', directoryAt, 'SINK_UNREACHABLE', true, /unable to open.*See that the path is a file/],
    ['no database', garbageAt, 'SINK_UNEXPECTED', false, /not a database.*restore a copy/],
    ['another scheme', () => 'mysql://host/orders', 'SINK_DENIED', false, /is of another database.*Give a path/],
  ];
  test.each(places)('%s: opening says what to do', async (_what, make, code, retryable, says) => {
    const error = await refusal(sinkOn(make(newFile())));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code, retryable });
    expect(error.message).toMatch(says);
  });

  test('a file that can only be read is refused when it is opened', async () => {
    const path = newFile();
    onFile(path, (database) => database.exec('CREATE TABLE t (id)'));
    // The header's way to say so holds for the superuser too, unlike permissions.
    const bytes = readFileSync(path);
    bytes[18] = 3;
    writeFileSync(path, bytes);
    chmodSync(path, 0o444);
    const error = await refusal(sinkOn(path));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code: 'SINK_READ_ONLY', retryable: true });
    expect(error.message).toMatch(/Make the file and its directory writable/);
  });

  test('a file that was damaged while it was open stops the writing, and a restored one goes on', async () => {
    const path = newFile();
    const table = await tableOn(path);
    const rows = Array.from({ length: 500 }, (_, index) => put(textKey(`k${index}`), at(1), { text: 'x'.repeat(500) }));
    await table.write(prepareGroup(rows), never);
    onFile(path, (database) => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.concat([whole.subarray(0, 4_096), Buffer.alloc(whole.length - 4_096, 0xaa)]));
    renameSync(path, `${path}.damaged`);
    writeFileSync(path, readFileSync(`${path}.damaged`));
    const error = await refusal(table.write([put(textKey('new'), at(1), {})], never));
    expect(error.code).toBe('SINK_UNEXPECTED');
    expect(error.message).toMatch(/damaged.*restore a copy/);
    renameSync(path, `${path}.damaged`);
    writeFileSync(path, whole);
    expect(await table.write([put(textKey('new'), at(1), {})], never)).toMatchObject({ applied: 1 });
    expect(storedRows(path, target('orders'))).toHaveLength(501);
  });

  test('a file that somebody took away is not written to any more, and a new one can be used at once', async () => {
    const path = newFile();
    const sink = await sinkOn(path);
    const table = await sink.table(target('orders'), never);
    await table.write([put(textKey('a'), at(1), {})], never);
    renameSync(path, `${path}.away`);
    const error = await refusal(table.write([put(textKey('b'), at(1), {})], never));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code: 'SINK_TABLE_MISSING', retryable: false });
    const again = await sink.table(target('orders'), never);
    expect(await again.write([put(textKey('c'), at(1), {})], never)).toMatchObject({ applied: 1 });
    expect(storedRows(path, target('orders')).map(({ key }) => key)).toEqual([['c']]);
  });

  test('a table that somebody dropped does not keep the others from being described', async () => {
    const path = newFile();
    const sink = await sinkOn(path);
    for (const name of ['orders', 'other']) await sink.table(target(name), never);
    onFile(path, (database) => database.exec('DROP TABLE orders'));
    const { tables } = await sink.describe(never);
    expect(tables.map(({ name, rows, tombstones }) => ({ name, rows, tombstones }))).toEqual([
      { name: 'orders', rows: undefined, tombstones: 0 },
      { name: 'other', rows: 0, tombstones: 0 },
    ]);
  });

  test('a table that somebody dropped is missed, and an open one that changed is told', async () => {
    const path = newFile();
    const table = await tableOn(path);
    onFile(path, (database) => database.exec('ALTER TABLE orders RENAME COLUMN data TO other'));
    expect((await refusal(table.write([put(textKey('a'), at(1), {})], never))).code).toBe('SINK_TABLE_MISMATCH');
    onFile(path, (database) => database.exec('DROP TABLE orders'));
    expect((await refusal(table.write([put(textKey('a'), at(1), {})], never))).code).toBe('SINK_TABLE_MISSING');
  });

  test('in memory there is one database for the sink, and none after it', async () => {
    for (const time of [1, 1]) {
      const table = await tableOn(':memory:');
      expect(await table.write([put(textKey('a'), at(time), { n: 1 })], never)).toMatchObject({ applied: 1 });
      expect(await table.write([put(textKey('a'), at(time), { n: 1 })], never)).toMatchObject({ superseded: 1 });
    }
  });

  test('what was acknowledged is on the disk: the file keeps it without being closed', async () => {
    const path = newFile();
    const table = await tableOn(path);
    await table.write([put(textKey('a'), at(1), {})], never);
    const copy = `${path}.copy`;
    writeFileSync(copy, readFileSync(path));
    writeFileSync(`${copy}-wal`, readFileSync(`${path}-wal`));
    expect(storedRows(copy, target('orders'))).toHaveLength(1);
  });

  test('closing waits for what the file was asked, breaks off the rest, and a closed sink says so', async () => {
    const path = newFile();
    const sink = await sinkOn(path);
    const orders = target('orders', { patches: true });
    const table = await sink.table(orders, never);
    const writes = Array.from({ length: 20 }, (_, index) => {
      const key = textKey(`k${index}`);
      return table.write([index % 2 === 0 ? put(key, at(1), {}) : patch(key, at(1), { n: 1 })], never);
    });
    const settling = Promise.allSettled(writes);
    await writes[0];
    await sink.close();
    const settled = await settling;
    const landed = settled.filter(({ status }) => status === 'fulfilled').length;
    for (const each of settled) if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'SINK_CLOSED' });
    expect(landed).toBeGreaterThan(0);
    expect(storedRows(path, orders).length).toBeGreaterThanOrEqual(landed);
    expect((await refusal(table.write([put(textKey('b'), at(1), {})], never))).code).toBe('SINK_CLOSED');
  });

  test('it tells its version, its size, and counts what is small', async () => {
    const path = newFile();
    const sink = await sinkOn(path);
    const table = await sink.table(target('orders'), never);
    await table.write([put(textKey('a'), at(1), {}), remove(textKey('b'), at(1))], never);
    const status = await sink.describe(never);
    expect(status.server).toMatch(/^SQLite 3\.\d+\.\d+, a file of \d+ bytes$/);
    expect(status.connections).toEqual({ open: 1, idle: 1, waiting: 0, max: 1 });
    expect(status.tables).toEqual([{ name: 'orders', rows: 1, tombstones: 1, problems: [] }]);
  });
});

describe('tables of a user’s own', () => {
  function withTable(ddl: string): string {
    const path = newFile();
    onFile(path, (database) => database.exec(ddl));
    return path;
  }
  const bookkeeping = 'cdc_time INTEGER NOT NULL, cdc_seq TEXT NOT NULL';
  const numberKey = target('orders', { key: [{ name: 'no', type: 'number' }] });
  const noKey = (no: number | bigint | ExactNumber): Key => [['no', no]];

  test('an integer that is the row’s number serves as a number key; a fraction is the fault of its row', async () => {
    const path = withTable(`CREATE TABLE orders (no INTEGER PRIMARY KEY, data TEXT NOT NULL, ${bookkeeping})`);
    const table = await tableOn(path, numberKey);
    const group = [1, 2.5, 9007199254740993n, 9223372036854775808n].map((no) => put(noKey(no), at(1), { n: 1 }));
    const report = await table.write(group, never);
    expect(report).toMatchObject({ applied: 2, superseded: 0 });
    expect(report.rejected.map(({ index, error }) => [index, error.code])).toEqual([
      [1, 'SQLITE_MISMATCH'],
      [3, 'NUMBER_RANGE'],
    ]);
    expect(query(path, 'SELECT no FROM orders ORDER BY no')).toEqual([{ no: 1n }, { no: 9007199254740993n }]);
    expect(await table.write([remove(noKey(new ExactNumber('1.0')), at(2))], never)).toMatchObject({ applied: 1 });
  });

  test('their types are honoured in layout columns: what they would round or change goes elsewhere', async () => {
    const path = withTable(
      `CREATE TABLE orders (id VARCHAR(40) PRIMARY KEY, made DATE, price DECIMAL(10,2), flag BOOLEAN, body BLOB, total REAL, twice AS (total * 2), ${bookkeeping}) WITHOUT ROWID`,
    );
    const orders = target('orders', { layout: 'columns' });
    const table = await tableOn(path, orders);
    const report = await table.write(
      [
        put(textKey('a'), at(1), { made: '2026-11-21', price: 12.5, flag: true, body: new Uint8Array([7]), total: 1.25, twice: 9, late: { x: 1 } }),
        put(textKey('b'), at(1), { price: new ExactNumber('0.12345678901234567890123456789') }),
        put(textKey('c'), at(1), { price: 'twelve', flag: 1, total: 2n ** 60n + 1n }),
        put(textKey('d'), at(1), { price: 'twelve', flag: 0 }),
      ],
      never,
    );
    expect(report).toMatchObject({ applied: 4, rejected: [] });
    const none = { made: null, price: null, flag: null, body: null, total: null, twice: null, late: null };
    expect(query(path, 'SELECT id, made, price, flag, body, total, twice, late, _extra FROM orders')).toEqual([
      { id: 'a', made: '2026-11-21', price: 12.5, flag: 1n, body: new Uint8Array([7]), total: 1.25, twice: 2.5, late: '{"x":1}', _extra: '{"twice":9}' },
      { ...none, id: 'b', _extra: '{"price":0.12345678901234567890123456789}' },
      { ...none, id: 'c', flag: 1n, _extra: '{"price":"twelve","total":1152921504606846977}' },
      { ...none, id: 'd', flag: 0n, _extra: '{"price":"twelve"}' },
    ]);
  });

  const unfit: [ddl: string, says: RegExp][] = [
    [`CREATE TABLE orders (id TEXT COLLATE NOCASE PRIMARY KEY, data TEXT, ${bookkeeping})`, /column "id" is TEXT COLLATE NOCASE/],
    // An upsert by "id" would go by this index, and take A for a.
    [
      `CREATE TABLE orders (id TEXT PRIMARY KEY, data TEXT, ${bookkeeping}); CREATE UNIQUE INDEX one_case ON orders (id COLLATE NOCASE)`,
      /column "id" is TEXT COLLATE NOCASE/,
    ],
    [`CREATE TABLE orders (id UUID PRIMARY KEY, data TEXT, ${bookkeeping})`, /column "id" is UUID/],
    [`CREATE TABLE orders (id TEXT, data TEXT, ${bookkeeping})`, /no primary key or unique index on \(id\)/],
    [`CREATE TABLE orders (id TEXT, data TEXT, ${bookkeeping}); CREATE UNIQUE INDEX few ON orders (id) WHERE id > 'a'`, /no primary key or unique index/],
    [`CREATE TABLE orders (id TEXT PRIMARY KEY, data TEXT, cdc_time REAL, cdc_seq TEXT)`, /column "cdc_time" is REAL/],
    [`CREATE TABLE orders (id TEXT PRIMARY KEY, data TEXT, needed TEXT NOT NULL, ${bookkeeping})`, /"needed" is NOT NULL without a default/],
    [`CREATE VIEW orders AS SELECT 1 AS id`, /it is no table/],
    [`CREATE VIRTUAL TABLE orders USING fts5(id, data)`, /it is no table/],
  ];
  test.each(unfit)('%s does not fit', async (ddl, says) => {
    const error = await refusal(tableOn(withTable(ddl)));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code: 'SINK_TABLE_MISMATCH', retryable: false });
    expect(error.message).toMatch(says);
    expect(error.message).toMatch(/create table if not exists "orders"/);
  });

  test('a target with a schema is refused: SQLite has none', async () => {
    for (const key of [[{ name: 'id', type: 'text' as const }], []]) {
      const error = await refusal(tableOn(newFile(), target('public.orders', { key })));
      expect({ code: error.code, retryable: error.retryable }).toEqual({ code: 'SINK_TABLE_MISMATCH', retryable: false });
      expect(error.message).toMatch(/Set tables\[\]\.target to the table's name alone/);
    }
    expect(await (await tableOn(newFile(), target('main.orders'))).write([put(textKey('a'), at(1), {})], never)).toMatchObject({ applied: 1 });
  });

  test('rows that a constraint refuses are rejected by index with SQLite’s code, the rest lands, on the fast way and on the slow one', async () => {
    const path = withTable(
      `CREATE TABLE orders (id TEXT PRIMARY KEY, data TEXT NOT NULL CHECK (data ->> 'n' >= 0), cdc_partial TEXT, ${bookkeeping});
      CREATE UNIQUE INDEX one_name ON orders (data ->> 'name')`,
    );
    const sink = await sinkOn(path);
    const table = await sink.table(target('orders', { patches: true }), never);
    const bad = [3, 17];
    const group = Array.from({ length: 20 }, (_, index) =>
      put(textKey(`k${String(index).padStart(2, '0')}`), at(1), { n: bad.includes(index) ? -1 : index, name: index === 19 ? '0' : String(index) }),
    );
    const report = await table.write(group, never);
    expect(report).toMatchObject({ applied: 17, superseded: 0 });
    expect(report.rejected.map(({ index, error }) => [index, error.code])).toEqual([
      [3, 'SQLITE_CONSTRAINT_CHECK'],
      [17, 'SQLITE_CONSTRAINT_CHECK'],
      [19, 'SQLITE_CONSTRAINT_UNIQUE'],
    ]);
    const patches = ['k00', 'k01', 'k02'].map((id, index) => patch(textKey(id), at(2), { n: index === 1 ? -5 : 50 }));
    const patched = await table.write(patches, never);
    expect(patched).toMatchObject({ applied: 2, superseded: 0 });
    expect(patched.rejected.map(({ index, error }) => [index, error.code])).toEqual([[1, 'SQLITE_CONSTRAINT_CHECK']]);
    const [status] = (await sink.describe(never)).tables;
    expect(status?.problems).toEqual([expect.stringContaining('"one_name"')]);
  });

  test('a foreign key that is only looked at when the transaction ends is still the fault of its row', async () => {
    const path = withTable(
      `CREATE TABLE customers (name TEXT PRIMARY KEY); INSERT INTO customers VALUES ('known');
      CREATE TABLE orders (id TEXT PRIMARY KEY, customer TEXT REFERENCES customers DEFERRABLE INITIALLY DEFERRED, _extra TEXT, ${bookkeeping})`,
    );
    const table = await tableOn(path, target('orders', { layout: 'columns' }));
    const group = ['a', 'b', 'c'].map((id) => put(textKey(id), at(1), { customer: id === 'b' ? 'unknown' : 'known' }));
    const report = await table.write(group, never);
    expect(report).toMatchObject({ applied: 2 });
    expect(report.rejected).toMatchObject([{ index: 1, error: { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' } }]);
    expect(await table.write([put(textKey('d'), at(1), { customer: 'known' })], never)).toMatchObject({ applied: 1 });
  });

  test('half a surrogate pair in a key or a column is the fault of its row', async () => {
    const table = await tableOn(newFile(), target('orders', { layout: 'columns' }));
    const report = await table.write(
      [put(textKey('a'), at(1), { t: 'fine' }), put(textKey('b'), at(1), { t: '\ud800' }), put(textKey('\ud801'), at(1), {})],
      never,
    );
    expect(report).toMatchObject({ applied: 1 });
    expect(report.rejected.map(({ index, error }) => [index, error.code])).toEqual([
      [1, 'BAD_TEXT'],
      [2, 'BAD_TEXT'],
    ]);
  });

  test('an older SQLite could read the file: the tables are plain', async () => {
    const path = newFile();
    await tableOn(path, target('orders', { deletes: 'soft', patches: true }));
    const database = new DatabaseSync(path);
    const schema = database.prepare("SELECT group_concat(sql, ';') AS sql FROM sqlite_schema").get();
    database.close();
    expect(String(schema?.sql)).not.toMatch(/STRICT|WITHOUT ROWID/i);
  });
});
