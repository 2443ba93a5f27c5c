// Tables in layout columns, tables of somebody's own making, and truncations of tables whose key is not known, on a real server.
import { ExactNumber, type Image } from '@shardfold/changes';
import { describe, expect, test } from 'vitest';
import { append, at, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { postgresForFile, query, storedRows, withSinkOn } from '../support/postgres.ts';

const newUrl = postgresForFile();

const withSink = withSinkOn(newUrl);

async function columnsOf(url: string, table = 'orders'): Promise<string[]> {
  const columns = await query(
    url,
    `SELECT attname || ' ' || format_type(atttypid, atttypmod) AS text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  );
  return columns.map(({ text }) => String(text));
}

const orders = target('orders', { layout: 'columns' });

describe('layout columns', () => {
  test('has a typed column per attribute, added as attributes appear and widened as declared', async () => {
    await withSink(async ({ url, sink }) => {
      const table = await sink.table({ ...orders, deletes: 'soft', patches: true }, never);
      const bookkeeping = ['id text', '_extra jsonb', 'cdc_time bigint', 'cdc_seq numeric(65,0)', 'cdc_deleted boolean', 'cdc_partial jsonb'];
      expect(await columnsOf(url)).toEqual(bookkeeping);
      await table.write([put(textKey('a'), at(1), { id: 'a', n: 1, t: 'x', b: true, nothing: null })], never);
      expect(await columnsOf(url)).toEqual([...bookkeeping, 'n bigint', 't text', 'b boolean']);
      await table.write([put(textKey('a'), at(2), { n: new ExactNumber('1.5'), raw: new Uint8Array([1]), list: [1] })], never);
      expect(await columnsOf(url)).toEqual([...bookkeeping, 'n numeric', 't text', 'b boolean', 'raw bytea', 'list jsonb']);
      expect(await query(url, `SELECT n, t, b, raw, list FROM orders`)).toEqual([{ n: '1.5', t: null, b: null, raw: Buffer.from([1]), list: [1] }]);
    });
  });

  test('adds nothing where tables may not be made: what fits no column is kept beside, or the error says what to run', async () => {
    await withSink(async ({ url, sink }) => {
      const closed = { ...orders, createTables: false };
      await query(
        url,
        `CREATE TABLE orders (id text PRIMARY KEY, n bigint, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL);
        CREATE TABLE orders__tombstones (id text PRIMARY KEY, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL, deleted_at timestamptz);
        CREATE TABLE shardfold_floors (target text PRIMARY KEY, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL, raised_at timestamptz)`,
      );
      const table = await sink.table(closed, never);
      expect(await table.write([put(textKey('a'), at(1), { n: 1 })], never)).toMatchObject({ applied: 1 });
      const refusal = await table.write([put(textKey('a'), at(2), { n: 1.5, t: 'x' })], never).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'SINK_TABLE_MISMATCH', retryable: false });
      const message = refusal instanceof Error ? refusal.message : '';
      await query(url, message.slice(message.indexOf('\n') + 1));
      expect(await columnsOf(url)).toEqual(['id text', 'n bigint', 'cdc_time bigint', 'cdc_seq numeric', 't text', '_extra jsonb']);
      const again = await sink.table(closed, never);
      expect(await again.write([put(textKey('a'), at(2), { n: 1.5, t: 'x', u: 1 })], never)).toMatchObject({ applied: 1 });
      expect(await query(url, 'SELECT n, t, _extra FROM orders')).toEqual([{ n: null, t: 'x', _extra: { n: 1.5, u: 1 } }]);
    });
  });

  test('takes a change of its columns by somebody else for what it is', async () => {
    await withSink(async ({ url, sink }) => {
      const table = await sink.table({ ...orders, patches: true }, never);
      const row = (time: number, image: Image) => table.write([put(textKey('a'), at(time), image)], never);
      await row(1, { n: 1, t: 'x' });
      await query(url, `ALTER TABLE orders RENAME COLUMN t TO other; ALTER TABLE orders ALTER COLUMN n TYPE text`);
      await row(2, { n: 2, t: 'y' });
      await query(url, 'ALTER TABLE orders DROP COLUMN other, DROP COLUMN _extra');
      await row(3, { n: 3, t: 'z' });
      await table.write([patch(textKey('a'), at(4), { t: 'w' })], never);
      await query(url, 'ALTER TABLE orders DROP COLUMN t');
      await table.write([patch(textKey('a'), at(5), { t: 'v' }), remove(textKey('b'), at(5))], never);
      const [stored] = await storedRows(url, orders);
      expect(JSON.parse(stored?.data ?? '')).toEqual({ id: 'a', n: 3, t: 'v' });
    });
  });
});

describe('a table of somebody’s own', () => {
  test('keeps its types: values are cast by them, and what cannot be cast is the fault of the row', async () => {
    await withSink(async ({ url, sink }) => {
      await query(
        url,
        `CREATE TYPE mood AS ENUM ('sad', 'glad');
        CREATE TABLE orders (no integer, id uuid, at timestamptz, day date, price numeric(10, 2), mood mood, tags text[], rate float8, doc json, raw bytea, code varchar(3),
          made timestamptz GENERATED ALWAYS AS (at) STORED, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL, cdc_partial jsonb, PRIMARY KEY (no, id))`,
      );
      const key = (no: number, id: string) =>
        [
          ['no', no],
          ['id', id],
        ] as const;
      const own = {
        ...orders,
        patches: true,
        key: [
          { name: 'no', type: 'number' as const },
          { name: 'id', type: 'text' as const },
        ],
      };
      const id = '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b';
      const table = await sink.table(own, never);
      const image = {
        at: '2026-11-21T10:00:00Z',
        day: '2026-11-21',
        price: new ExactNumber('12.50'),
        mood: 'glad',
        tags: ['a', 'b'],
        rate: 0.5,
        doc: { n: 1 },
        raw: new Uint8Array([255]),
        code: 'abc',
        made: 'mine',
      };
      const group = [
        put(key(1, id), at(1), image),
        put(key(2, id), at(1), { mood: 'happy' }),
        put(key(3, id), at(1), { code: 'abcd' }),
        put(
          [
            ['no', new ExactNumber('1.5')],
            ['id', id],
          ],
          at(1),
          {},
        ),
        put(key(5, 'no uuid'), at(1), {}),
        remove(key(6, id), at(1)),
      ];
      const { applied, rejected } = await table.write(group, never);
      expect({ applied, codes: rejected.map(({ index, error }) => `${index} ${error.code}`) }).toEqual({
        applied: 3,
        codes: ['1 22P02', '3 22P02', '4 22P02'],
      });
      await table.write([patch(key(1, id), at(2), { day: '2026-11-22', raw: new Uint8Array([254]) })], never);
      const [row, other] = await query(url, 'SELECT at, day::text, price, mood, tags, rate, doc, raw, code, _extra FROM orders ORDER BY no');
      expect(row).toEqual({
        at: new Date('2026-11-21T10:00:00Z'),
        day: '2026-11-22',
        price: '12.50',
        mood: 'glad',
        tags: ['a', 'b'],
        rate: 0.5,
        doc: { n: 1 },
        raw: Buffer.from([254]),
        code: 'abc',
        _extra: { made: 'mine' },
      });
      expect(other).toMatchObject({ code: null, _extra: { code: 'abcd' } });
      expect((await columnsOf(url, 'orders__tombstones')).slice(0, 2)).toEqual(['no integer', 'id uuid']);
      await table.write([remove(key(1, id), at(3))], never);
      expect(await query(url, 'SELECT no FROM orders')).toEqual([{ no: 3 }]);
    });
  });

  test('keeps its own collation, so that its index serves', async () => {
    await withSink(async ({ url, sink }) => {
      await query(
        url,
        `CREATE COLLATION own (provider = icu, locale = 'de'); CREATE TABLE orders (id text COLLATE own PRIMARY KEY, data jsonb, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL)`,
      );
      const table = await sink.table(target('orders'), never);
      await table.write([put(textKey('ä'), at(1), {}), remove(textKey('z'), at(1))], never);
      await table.write([remove(textKey('ä'), at(2))], never);
      expect(await table.write([put(textKey('ä'), at(1), {}), put(textKey('z'), at(1), {})], never)).toMatchObject({ applied: 0, superseded: 2 });
    });
  });

  test('says in describe what a person should know of it', async () => {
    await withSink(async ({ url, sink }) => {
      await query(
        url,
        `CREATE TABLE orders (id text PRIMARY KEY, email text UNIQUE, data jsonb, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL); CREATE UNIQUE INDEX mails ON orders (lower(email))`,
      );
      const table = await sink.table(target('orders'), never);
      await table.write([put(textKey('a'), at(1), {}), remove(textKey('b'), at(1))], never);
      await query(url, 'ANALYZE orders; ANALYZE orders__tombstones');
      const { tables, connections, latencyMs, server } = await sink.describe(never);
      expect(server).toContain('PostgreSQL');
      expect(latencyMs).toBeGreaterThanOrEqual(0);
      expect(connections).toMatchObject({ max: 4, waiting: 0 });
      expect(tables).toEqual([
        {
          name: 'orders',
          rows: 1,
          bytes: expect.any(Number),
          tombstones: 1,
          problems: [expect.stringContaining('(email)'), expect.stringContaining('"mails"')],
        },
      ]);
    });
  });

  test('that takes no row without a value is refused in layout columns', async () => {
    await withSink(async ({ url, sink }) => {
      await query(url, `CREATE TABLE orders (id text PRIMARY KEY, state text NOT NULL DEFAULT 'new', cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL)`);
      await expect(sink.table(orders, never)).rejects.toMatchObject({ code: 'SINK_TABLE_MISMATCH', message: expect.stringContaining('"state" is NOT NULL') });
    });
  });
});

describe('a partitioned table', () => {
  test('is swept without touching the rows of other partitions', async () => {
    await withSink(async ({ url, sink }) => {
      await query(
        url,
        `CREATE TABLE orders (id text PRIMARY KEY, data jsonb, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL) PARTITION BY LIST (id);
        CREATE TABLE orders_a PARTITION OF orders FOR VALUES IN ('a'); CREATE TABLE orders_b PARTITION OF orders FOR VALUES IN ('b')`,
      );
      const table = await sink.table(target('orders'), never);
      await table.write([remove(textKey('a'), at(20))], never);
      await query(url, `TRUNCATE orders_a; INSERT INTO orders VALUES ('a', '{}', 10, 1), ('b', '{}', 10, 1)`);
      expect(await query(url, 'SELECT count(DISTINCT ctid)::int AS places FROM orders')).toEqual([{ places: 1 }]);
      expect(await table.sweep(never)).toEqual({ healed: 1, forgotten: 0 });
      expect(await query(url, 'SELECT id FROM orders')).toEqual([{ id: 'b' }]);
    });
  });
});

describe('a truncation by a source that tells no key', () => {
  const keyless = { ...orders, key: [] };

  test.for(['hard', 'soft'] as const)('takes the rows of the table as it is, patches above it excepted, deletes %s', async (deletes) => {
    await withSink(async ({ url, sink }) => {
      const keyed = { ...orders, deletes, patches: true };
      const table = await sink.table(keyed, never);
      await table.write(
        [put(textKey('a'), at(10), { n: 1, m: 1 }), put(textKey('b'), at(30), { n: 2 }), put(textKey('c'), at(10), { n: 3 }), remove(textKey('d'), at(10))],
        never,
      );
      await table.write([patch(textKey('a'), at(25), { m: 9 })], never);
      await (await sink.table({ ...keyless, deletes }, never)).truncate(at(20), never);
      const rows = new Map((await storedRows(url, keyed)).map((row) => [row.key[0], row]));
      expect([...rows.keys()].sort()).toEqual(deletes === 'hard' ? ['a', 'b'] : ['a', 'b', 'c']);
      expect([...rows.values()].filter(({ deleted }) => deleted).map(({ key }) => key[0])).toEqual(deletes === 'hard' ? [] : ['c']);
      expect(JSON.parse(rows.get('a')?.data ?? '')).toEqual(deletes === 'hard' ? { id: 'a', m: 9 } : { id: 'a', n: 1, m: 9 });
      expect(await query(url, 'SELECT FROM orders__tombstones')).toHaveLength(0);
      expect((await sink.describe(never)).tables.map(({ name }) => name)).toEqual(['orders']);
      await table.write([remove(textKey('z'), at(40))], never);
      expect(await (await sink.table({ ...keyless, deletes, tombstoneRetentionMs: 0 }, never)).sweep(never)).toEqual({ healed: 0, forgotten: 1 });
      expect(await table.write([put(textKey('e'), at(15), {})], never)).toMatchObject(deletes === 'hard' ? { superseded: 1 } : { applied: 1 });
    });
  });

  test('of a table that is not there makes no table, and holds for the one that is made later', async () => {
    await withSink(async ({ url, sink }) => {
      const early = await sink.table(keyless, never);
      await early.truncate(at(20), never);
      expect(await early.sweep(never)).toEqual({ healed: 0, forgotten: 0 });
      expect(await query(url, `SELECT to_regclass('orders') AS found`)).toEqual([{ found: null }]);
      const table = await sink.table(orders, never);
      expect(await table.write([put(textKey('a'), at(10), {}), put(textKey('b'), at(30), {})], never)).toMatchObject({ applied: 1, superseded: 1 });
      await expect(early.write([append('s:1', at(40), {})], never)).rejects.toMatchObject({
        code: 'SINK_TABLE_MISMATCH',
        message: expect.stringContaining('cdc_position'),
      });
    });
  });

  test('reads the columns again when somebody added one', async () => {
    await withSink(async ({ url, sink }) => {
      const keyed = { ...orders, patches: true };
      const stale = await sink.table(keyed, never);
      const other = await sink.table(keyed, never);
      await other.write([put(textKey('a'), at(10), { x: 'old' })], never);
      await other.write([patch(textKey('a'), at(30), { y: 'new' })], never);
      await stale.truncate(at(20), never);
      expect((await storedRows(url, keyed)).map(({ data }) => JSON.parse(data))).toEqual([{ id: 'a', y: 'new' }]);
    });
  });

  test('of more rows with patches than one page holds folds them all', async () => {
    await withSink(async ({ url, sink }) => {
      const keyed = { ...target('orders'), patches: true };
      const table = await sink.table(keyed, never);
      const ids = Array.from({ length: 1_200 }, (_, index) => textKey(`k${String(index).padStart(4, '0')}`));
      await table.write(
        ids.map((key, index) => patch(key, at(index % 2 === 0 ? 10 : 30), { n: index })),
        never,
      );
      await table.truncate(at(20), never);
      expect(await query(url, 'SELECT count(*)::int AS rows FROM orders')).toEqual([{ rows: 600 }]);
    });
  });
});
