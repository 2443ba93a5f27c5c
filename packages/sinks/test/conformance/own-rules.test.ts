// What a user's own table asks of its rows by checks, foreign keys, triggers and types with a syntax, on a real server: a row that it
// refuses is the row's fault, whatever it says, and a delete needs no row that would pass.
import { describe, expect, test } from 'vitest';
import type { Mutation, Table } from '../../src/index.ts';
import { at, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { sinkFor as mysqlSink, query as queryMysql } from '../support/mysql.ts';
import { postgresForFile, query, withSinkOn } from '../support/postgres.ts';
import { filesForTests, onFile, sqliteSink } from '../support/sqlite.ts';

const newUrl = postgresForFile();
const newFile = filesForTests();
const mariadb = mariadbForFile();

const withSink = withSinkOn(newUrl);

const versions = 'cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL';

async function codesOf(table: Table, group: readonly Mutation[]): Promise<{ applied: number; codes: string[] }> {
  const { applied, rejected } = await table.write(group, never);
  return { applied, codes: rejected.map(({ index, error }) => `${index} ${error.code}`) };
}

describe('a row that the table refuses', () => {
  const rules = `CREATE TABLE orders (id text PRIMARY KEY, query tsquery, path jsonpath, state text, ${versions}, _extra jsonb);
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.state IS NOT NULL AND NEW.state <> 'fine' THEN RAISE EXCEPTION 'not this one' USING ERRCODE = NEW.state; END IF; RETURN NEW; END $$;
    CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION refuse()`;

  test.for([
    ['a state of the trigger’s own', { state: '45000' }, '45000'],
    ['a state of a class that nobody knows', { state: 'MY001' }, 'MY001'],
    ['an internal error', { state: 'XX000' }, 'XX000'],
    ['a search term that is none', { query: 'a b &' }, '42601'],
    ['a path that is none', { path: '$.[' }, '42601'],
  ] as const)('is rejected alone, the rest of its group lands: %s', ([, image, code]) =>
    withSink(async ({ url, sink }) => {
      await query(url, rules);
      const table = await sink.table(target('orders', { layout: 'columns' }), never);
      const good = ['a', 'c'].map((id) => put(textKey(id), at(1), { state: 'fine' }));
      expect(await codesOf(table, [...good.slice(0, 1), put(textKey('b'), at(1), image), ...good.slice(1)])).toEqual({ applied: 2, codes: [`1 ${code}`] });
    }),
  );

  test('is rejected when it comes alone too, unless the fault may pass by itself', () =>
    withSink(async ({ url, sink }) => {
      await query(url, rules);
      const table = await sink.table(target('orders', { layout: 'columns' }), never);
      expect(await codesOf(table, [put(textKey('a'), at(1), { state: 'MY001' })])).toEqual({ applied: 0, codes: ['0 MY001'] });
      await expect(table.write([put(textKey('a'), at(1), { state: 'XX000' })], never)).rejects.toMatchObject({ code: 'SINK_UNEXPECTED', retryable: true });
    }));

  test('is no row when the table refuses everything', () =>
    withSink(async ({ url, sink }) => {
      await query(
        url,
        `CREATE TABLE orders (id text PRIMARY KEY, data jsonb, ${versions});
        CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'closed' USING ERRCODE = 'MY001'; END $$;
        CREATE TRIGGER closed BEFORE INSERT ON orders EXECUTE FUNCTION closed()`,
      );
      const table = await sink.table(target('orders'), never);
      const group = ['a', 'b'].map((id) => put(textKey(id), at(1), {}));
      await expect(table.write(group, never)).rejects.toMatchObject({ code: 'SINK_UNEXPECTED', message: expect.stringContaining('waits') });
    }));
});

describe('a delete', () => {
  const checks = ["data ? 'name'", "jsonb_typeof(data) = 'object'"] as const;

  test.for(checks)('needs no row that would pass a check: %s', (check) =>
    withSink(async ({ url, sink }) => {
      await query(url, `CREATE TABLE orders (id text PRIMARY KEY, data jsonb CHECK (${check}), ${versions})`);
      const table = await sink.table(target('orders'), never);
      const group = [put(textKey('a'), at(1), { name: 'x' }), put(textKey('b'), at(1), { name: 'y' })];
      await table.write(group, never);
      expect(await codesOf(table, [remove(textKey('a'), at(2)), put(textKey('c'), at(2), { name: 'z' }), remove(textKey('d'), at(2))])).toEqual({
        applied: 3,
        codes: [],
      });
      expect(await codesOf(table, [remove(textKey('b'), at(2))])).toEqual({ applied: 1, codes: [] });
      expect(await query(url, 'SELECT id FROM orders')).toEqual([{ id: 'c' }]);
      expect(await codesOf(table, [put(textKey('d'), at(1), { name: 'late' })])).toEqual({ applied: 0, codes: [] });
    }),
  );

  test.for(['hard', 'soft'] as const)('and a patch pass a trigger that asks for values, %s deletes', (deletes) =>
    withSink(async ({ url, sink }) => {
      await query(
        url,
        `CREATE TABLE kinds (kind text PRIMARY KEY); INSERT INTO kinds VALUES ('x');
        CREATE TABLE orders (id text PRIMARY KEY, kind text REFERENCES kinds, n bigint, _extra jsonb, cdc_partial jsonb, ${deletes === 'soft' ? 'cdc_deleted boolean NOT NULL, ' : ''}${versions}, CHECK (kind IS NOT NULL));
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.kind IS NULL THEN RAISE EXCEPTION 'no kind'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER noted BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION noted()`,
      );
      const table = await sink.table(target('orders', { layout: 'columns', patches: true, deletes }), never);
      expect((await sink.describe(never)).tables[0]?.problems.join()).toMatch(/"noted".*"orders_kind_check"|"orders_kind_check".*"noted"/);
      await table.write([put(textKey('a'), at(1), { kind: 'x', n: 1 }), put(textKey('b'), at(1), { kind: 'x' })], never);
      const group = [patch(textKey('a'), at(2), { n: 2 }), remove(textKey('b'), at(2)), patch(textKey('c'), at(2), { n: 3 })];
      expect(await codesOf(table, group)).toEqual({ applied: 2, codes: ['2 P0001'] });
      expect(await query(url, `SELECT id, n FROM orders ${deletes === 'soft' ? 'WHERE NOT cdc_deleted' : ''}`)).toEqual([{ id: 'a', n: '2' }]);
    }),
  );

  test('that is at fault itself leaves the fast way to the others', () =>
    withSink(async ({ url, sink }) => {
      await query(url, `CREATE TABLE orders (id uuid PRIMARY KEY, data jsonb, ${versions})`);
      const table = await sink.table(target('orders'), never);
      const id = '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b';
      expect(await codesOf(table, [remove(textKey(id), at(1)), remove(textKey('none'), at(1))])).toEqual({ applied: 1, codes: ['1 22P02'] });
      await query(url, 'ALTER TABLE orders ADD CHECK (data IS NOT NULL)');
      expect(await codesOf(table, [remove(textKey(id), at(2))])).toEqual({ applied: 1, codes: [] });
    }));
});

describe('a column that a view uses', () => {
  test('stays as it is: numbers that it does not hold go to the extra column', () =>
    withSink(async ({ url, sink }) => {
      const table = await sink.table(target('orders', { layout: 'columns' }), never);
      await table.write([put(textKey('a'), at(1), { n: 1, m: 1 })], never);
      await query(url, 'CREATE VIEW report AS SELECT id, n FROM orders');
      expect(await codesOf(table, [put(textKey('a'), at(2), { n: 1.5, m: 1.5, new: true }), put(textKey('b'), at(2), { n: 2 })])).toEqual({
        applied: 2,
        codes: [],
      });
      expect(await query(url, 'SELECT id, n, m, new, _extra FROM orders ORDER BY id')).toEqual([
        { id: 'a', n: null, m: '1.5', new: true, _extra: { n: 1.5 } },
        { id: 'b', n: '2', m: null, new: null, _extra: null },
      ]);
    }));
});

describe('elsewhere', () => {
  test('what a function of SQLite says of a value is the fault of its row', async () => {
    const path = newFile();
    onFile(path, (file) =>
      file.exec(
        `CREATE TABLE orders (id TEXT PRIMARY KEY, t TEXT, cdc_time INTEGER NOT NULL, cdc_seq TEXT NOT NULL, a GENERATED ALWAYS AS (json_extract(t, '$.a')) STORED)`,
      ),
    );
    const sink = sqliteSink(path);
    try {
      const table = await sink.table(target('orders', { layout: 'columns' }), never);
      const group = ['{"a":1}', 'none', '{}'].map((t, index) => put(textKey(`k${index}`), at(1), { t }));
      expect(await codesOf(table, group)).toEqual({ applied: 2, codes: ['1 SQLITE_ERROR'] });
    } finally {
      await sink.close();
    }
  });

  test('a delete needs no row that would pass a check, on MariaDB', async (context) => {
    const url = await mariadb.database(context);
    await queryMysql(
      url,
      `CREATE TABLE orders (id VARBINARY(100) PRIMARY KEY, data JSON CHECK (JSON_VALUE(data, '$.name') IS NOT NULL), cdc_time BIGINT NOT NULL, cdc_seq DECIMAL(65,0) NOT NULL)`,
    );
    const sink = mysqlSink(url);
    try {
      const table = await sink.table(target('orders'), never);
      await table.write([put(textKey('a'), at(1), { name: 'x' })], never);
      expect(await codesOf(table, [remove(textKey('a'), at(2)), remove(textKey('b'), at(2)), put(textKey('c'), at(2), { name: 'z' })])).toEqual({
        applied: 3,
        codes: [],
      });
      expect(await codesOf(table, [put(textKey('b'), at(1), { name: 'late' })])).toEqual({ applied: 0, codes: [] });
      expect((await queryMysql(url, 'SELECT id FROM orders')).map(({ id }) => String(id))).toEqual(['c']);
    } finally {
      await sink.close();
    }
  });
});
