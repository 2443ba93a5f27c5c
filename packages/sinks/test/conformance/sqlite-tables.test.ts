// Tables of a user's own: types that are honoured or refused, and rows that constraints refuse.
import { DatabaseSync } from 'node:sqlite';
import { ExactNumber, type Key } from '@shardfold/changes';
import { describe, expect, test } from 'vitest';
import { at, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import { refusalOf } from '../support/refusals.ts';
import { filesForTests, never, onFile, query } from '../support/sqlite.ts';
import { openingsForTests } from '../support/sqlite-opened.ts';

const newFile = filesForTests();
const { sinkOn, tableOn } = openingsForTests();

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
    const error = await refusalOf(tableOn(withTable(ddl)));
    expect({ code: error.code, retryable: error.retryable }).toEqual({ code: 'SINK_TABLE_MISMATCH', retryable: false });
    expect(error.message).toMatch(says);
    expect(error.message).toMatch(/create table if not exists "orders"/);
  });

  test('a target with a schema is refused: SQLite has none', async () => {
    for (const key of [[{ name: 'id', type: 'text' as const }], []]) {
      const error = await refusalOf(tableOn(newFile(), target('public.orders', { key })));
      expect({ code: error.code, retryable: error.retryable }).toEqual({ code: 'SINK_TABLE_MISMATCH', retryable: false });
      expect(error.message).toBe(
        'SQLite has no schemas, and the target "public.orders" names the schema "public"; its changes are not written. Set tables[].target to the table\'s name alone, "orders".',
      );
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
      [1, 'NOT_UNICODE'],
      [2, 'NOT_UNICODE'],
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
