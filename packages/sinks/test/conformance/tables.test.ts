// Creating, checking and refusing tables on a real server.
import { describe, expect, test } from 'vitest';
import { createPostgresSink } from '../../src/index.ts';
import { at, put, remove, target, textKey } from '../../src/testing/index.ts';
import { machine, never } from '../support/machine.ts';
import { postgresForFile, query, sinkFor } from '../support/postgres.ts';
import { withSink } from '../support/with-sink.ts';

const newUrl = postgresForFile();

/** The statements that an error tells a person to run. */
function ddlOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return message.slice(message.indexOf('\n') + 1);
}

describe('tables', () => {
  test('are created as documented, schema included', async () => {
    const url = await newUrl();
    const key = [
      { name: 'customer', type: 'text' as const },
      { name: 'no', type: 'number' as const },
    ];
    await withSink(sinkFor(url), async (sink) => sink.table(target('shop.orders', { key }), never));
    const columns = await query(
      url,
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'shop.orders'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'customer text',
      'no numeric',
      'data jsonb',
      'cdc_time bigint',
      'cdc_seq numeric(65,0)',
    ]);
    const [primary] = await query(url, `SELECT pg_get_indexdef(indexrelid) AS text FROM pg_index WHERE indrelid = 'shop.orders'::regclass AND indisprimary`);
    expect(primary?.text).toContain('(customer, no)');
    const [collation] = await query(
      url,
      `SELECT collname FROM pg_attribute JOIN pg_collation c ON c.oid = attcollation WHERE attrelid = 'shop.orders'::regclass AND attname = 'customer'`,
    );
    expect(collation).toEqual({ collname: 'C' });
  });

  test('survive being created by many at once', async () => {
    const url = await newUrl();
    const sinks = Array.from({ length: 6 }, () => sinkFor(url));
    try {
      await Promise.all(sinks.map((sink) => sink.open(never)));
      await Promise.all(sinks.flatMap((sink) => ['a', 'b'].map((name) => sink.table(target(`shop.${name}`), never))));
    } finally {
      await Promise.all(sinks.map((sink) => sink.close()));
    }
  });

  test('that are missing and may not be created are refused with the DDL that helps', async () => {
    const url = await newUrl();
    const closed = target('shop.orders', { createTables: false });
    await withSink(sinkFor(url), async (sink) => {
      const refusal = await sink.table(closed, never).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'SINK_TABLE_MISSING', retryable: false });
      await query(url, ddlOf(refusal));
      await query(url, 'DROP TABLE shop.orders__tombstones');
      await query(url, `CREATE UNIQUE INDEX u ON shop.orders ((data->>'price'))`);
      const lacking = await sink.table(closed, never).catch((error: unknown) => error);
      expect(lacking).toMatchObject({
        code: 'SINK_TABLE_MISSING',
        missing: { names: ['shop.orders__tombstones'], problems: [expect.stringContaining('"shop.u"')] },
      });
      await query(url, `DROP INDEX shop.u; ${ddlOf(lacking)}`);
      const table = await sink.table(closed, never);
      expect(await table.write([put(textKey('a'), at(1), {}), remove(textKey('b'), at(1))], never)).toMatchObject({ applied: 2 });
    });
  });

  test('of dead letters likewise', async () => {
    const url = await newUrl();
    const sink = createPostgresSink({ url, application: 'test', machine, createTables: false });
    try {
      const refusal = await sink.open(never).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'SINK_TABLE_MISSING' });
      await query(url, ddlOf(refusal));
      await sink.open(never);
      expect(await sink.deadLetters().count(never)).toBe(0);
    } finally {
      await sink.close();
    }
  });

  test.for([
    [
      'another key',
      'CREATE TABLE orders (id text, no text, data jsonb, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL, PRIMARY KEY (id, no))',
      'no primary key',
    ],
    ['no bookkeeping', 'CREATE TABLE orders (id text PRIMARY KEY, data jsonb)', '"cdc_seq"'],
    [
      'a document that is no jsonb',
      'CREATE TABLE orders (id varchar(5) PRIMARY KEY, data json, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL)',
      '"data" is json',
    ],
    ['a view', 'CREATE VIEW orders AS SELECT 1 AS id', 'no table'],
    [
      'a version that the server makes',
      'CREATE TABLE orders (id text PRIMARY KEY, data jsonb, cdc_time bigint GENERATED ALWAYS AS (1) STORED, cdc_seq numeric NOT NULL)',
      'filled by the server',
    ],
    ['a foreign key type', 'CREATE TABLE orders (id date PRIMARY KEY, data jsonb, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL)', '"id" is date'],
    [
      'a partial unique index',
      'CREATE TABLE orders (id text, data jsonb, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL); CREATE UNIQUE INDEX ON orders (id) WHERE cdc_time > 0',
      'no primary key',
    ],
  ] as const)('that cannot hold the changes are refused: %s', async ([, ddl, words]) => {
    const url = await newUrl();
    await query(url, ddl);
    await withSink(sinkFor(url), async (sink) => {
      await expect(sink.table(target('orders'), never)).rejects.toMatchObject({
        code: 'SINK_TABLE_MISMATCH',
        retryable: false,
        message: expect.stringContaining(words),
      });
    });
  });

  test('of somebody’s own making are used when they fit', async () => {
    const url = await newUrl();
    await query(url, 'CREATE TABLE orders (note text, cdc_seq numeric NOT NULL, cdc_time bigint NOT NULL, data jsonb, id text, UNIQUE (id))');
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders'), never);
      expect(await table.write([put(textKey('a'), at(1), {})], never)).toMatchObject({ applied: 1 });
    });
  });

  test('a sweep takes a row that somebody put under its tombstone', async () => {
    const url = await newUrl();
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders'), never);
      await table.write([remove(textKey('a'), at(20)), put(textKey('b'), at(20), {})], never);
      await query(url, `INSERT INTO orders VALUES ('a', '{}', 10, 1)`);
      expect(await table.sweep(never)).toEqual({ healed: 1, forgotten: 0 });
      expect(await query(url, 'SELECT id FROM orders')).toEqual([{ id: 'b' }]);
    });
  });
});
