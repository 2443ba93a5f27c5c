// What the suite does not ask: tables of somebody's own making, every type of key, and what goes wrong, on either server.
import { ExactNumber, type Key, type Value } from '@shardfold/changes';
import { expect, test } from 'vitest';
import { SinkError, type TargetTable } from '../../src/index.ts';
import { at, put, remove, target, textKey } from '../../src/testing/index.ts';
import { never } from './machine.ts';
import { query, type ServerForFile, sinkFor, storedRows } from './mysql.ts';
import { refusalOf } from './refusals.ts';
import { withSink } from './with-sink.ts';

const beside = `CREATE TABLE orders__tombstones (id VARBINARY(3072) PRIMARY KEY, cdc_time BIGINT NOT NULL, cdc_seq DECIMAL(65,0) NOT NULL, deleted_at DATETIME(3) NOT NULL)`;
const columns = 'data JSON NOT NULL, cdc_time BIGINT NOT NULL, cdc_seq DECIMAL(65,0) NOT NULL';

function ownTables(server: ServerForFile): void {
  test.for([
    [
      'a second unique index',
      `CREATE TABLE orders (id VARBINARY(100) PRIMARY KEY, email VARCHAR(50) UNIQUE, ${columns})`,
      /another unique index.*email.*overwrite/,
    ],
    ['an engine without transactions', `CREATE TABLE orders (id VARBINARY(100) PRIMARY KEY, ${columns}) ENGINE = MyISAM`, /MyISAM.*no transactions/],
    [
      'a key that ignores case',
      `CREATE TABLE orders (id VARCHAR(100) COLLATE utf8mb4_general_ci PRIMARY KEY, ${columns})`,
      /its column "id" is varchar\(100\) collate utf8mb4_general_ci/,
    ],
    [
      'a key that ignores spaces at the end',
      `CREATE TABLE orders (id VARCHAR(100) COLLATE utf8mb4_bin PRIMARY KEY, ${columns})`,
      /its column "id" is varchar\(100\) collate utf8mb4_bin/,
    ],
    ['a unique index in place of the primary key', `CREATE TABLE orders (id VARBINARY(100) NOT NULL UNIQUE, ${columns})`, /no primary key/],
    [
      'a primary key over the beginnings of keys',
      `CREATE TABLE orders (id VARBINARY(100) NOT NULL, ${columns}, PRIMARY KEY (id(3)))`,
      /primary key.*first 3.*"id".*different keys are one row/,
    ],
    ['a view', `CREATE TABLE base (id VARBINARY(100) PRIMARY KEY, ${columns}); CREATE VIEW orders AS SELECT * FROM base`, /it is no table/],
  ] as const)('%s is refused, and the reason said', async ([, ddl, reason], context) => {
    const url = await server.database(context);
    await query(url, ddl);
    await withSink(sinkFor(url), async (sink) => {
      const refusal = await refusalOf(sink.table(target('orders'), never));
      expect(refusal).toMatchObject({ code: 'SINK_TABLE_MISMATCH', retryable: false, message: expect.stringMatching(reason) });
    });
  });

  test('keys longer than the sink’s own, and numbers, go into a table made for them', async (context) => {
    const url = await server.database(context);
    await query(
      url,
      `CREATE TABLE orders (id VARBINARY(3072) PRIMARY KEY, ${columns}); ${beside}; CREATE TABLE numbers (no DECIMAL(20,2) PRIMARY KEY, ${columns})`,
    );
    await withSink(sinkFor(url), async (sink) => {
      const long = 'é'.repeat(1_500);
      const table = await sink.table(target('orders'), never);
      expect(await table.write([put(textKey(long), at(1), {}), put(textKey('b'), at(1), {})], never)).toMatchObject({ applied: 2 });
      expect(await table.write([remove(textKey(long), at(2))], never)).toMatchObject({ applied: 1 });
      expect(await table.write([put(textKey(long), at(1), {})], never)).toMatchObject({ superseded: 1 });
      expect(await query(url, 'SELECT CAST(id AS CHAR) AS id FROM orders')).toEqual([{ id: 'b' }]);
      const numbers = await sink.table(target('numbers', { key: [{ name: 'no', type: 'number' }] }), never);
      const rows = ['1.50', '9007199254740993', '0.005', '9'.repeat(19)].map((digits) => put([['no', new ExactNumber(digits)]], at(1), {}));
      const report = await numbers.write(rows, never);
      expect({ applied: report.applied, codes: report.rejected.map(({ index, error }) => `${index} ${error.code}`) }).toEqual({
        applied: 2,
        codes: ['2 NUMBER_RANGE', '3 NUMBER_RANGE'],
      });
      expect(await numbers.write([remove([['no', 9007199254740993n]], at(2))], never)).toMatchObject({ applied: 1 });
      expect(await query(url, 'SELECT no FROM numbers')).toEqual([{ no: '1.50' }]);
    });
  });
}

const keys: readonly (readonly [name: string, key: TargetTable['key'], values: readonly (readonly Value[])[]])[] = [
  ['text', [{ name: 'a', type: 'text' }], [['x'], ['x '], ['X'], [''], ['"\\'], ['\u0000']]],
  ['number', [{ name: 'a', type: 'number' }], [[1], [new ExactNumber('1.000000000000000000001')], [-1], [new ExactNumber('1E30')], [0]]],
  ['integer', [{ name: 'a', type: 'integer' }], [[9223372036854775807n], [9223372036854775806n], [-1]]],
  ['binary', [{ name: 'a', type: 'binary' }], [[new Uint8Array([0])], [new Uint8Array([0, 0])], [new Uint8Array([255])], [new Uint8Array()]]],
  ['boolean', [{ name: 'a', type: 'boolean' }], [[true], [false]]],
  [
    'several parts',
    [
      { name: 'a', type: 'text' },
      { name: 'b', type: 'binary' },
      { name: 'c', type: 'number' },
      { name: 'd', type: 'integer' },
      { name: 'e', type: 'boolean' },
    ],
    [
      ['x', new Uint8Array([1]), 1.5, 1, true],
      ['x', new Uint8Array([1]), 1.5, 1, false],
      ['x', new Uint8Array([1]), 1.25, 1, true],
    ],
  ],
];

function keyTypes(server: ServerForFile): void {
  test.for(keys.flatMap(([name, key, values]) => (['hard', 'soft'] as const).map((deletes) => [name, deletes, key, values] as const)))(
    'a key of %s, %s deletes: deleted rows stay deleted, the others stay',
    async ([, deletes, key, values], context) => {
      const url = await server.database(context);
      const orders = target('orders', { key, deletes, patches: true });
      const keyOf = (parts: readonly Value[]): Key => parts.map((part, index) => [key[index]?.name ?? '', part] as const);
      await withSink(sinkFor(url), async (sink) => {
        const table = await sink.table(orders, never);
        for (const parts of values) expect(await table.write([put(keyOf(parts), at(1), { n: 1 })], never), String(parts)).toMatchObject({ applied: 1 });
        const [first = [], ...rest] = values;
        expect(await table.write([remove(keyOf(first), at(3))], never)).toMatchObject({ applied: 1 });
        expect(await table.write([remove(keyOf(first), at(3))], never)).toMatchObject({ superseded: 1 });
        const older = await table.write([put(keyOf(first), at(2), { n: 2 })], never);
        expect(older).toMatchObject(deletes === 'soft' ? { applied: 1 } : { superseded: 1 });
        const rows = await storedRows(url, orders);
        expect(rows.filter(({ deleted }) => !deleted).length).toBe(rest.length);
        expect(rows.length).toBe(deletes === 'soft' ? values.length : rest.length);
        expect(await table.write([put(keyOf(first), at(4), { n: 4 })], never)).toMatchObject({ applied: 1 });
        expect((await storedRows(url, orders)).filter(({ deleted }) => !deleted).length).toBe(values.length);
      });
    },
  );
}

function faults(server: ServerForFile): void {
  test('rows are rejected one by one, with the server’s code or ours', async (context) => {
    const url = await server.database(context);
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders'), never);
      await query(url, "ALTER TABLE orders ADD CHECK (json_value(data, '$.state') IS NULL OR json_value(data, '$.state') <> 'bad')");
      const group = [
        put(textKey('a'), at(1), {}),
        put(textKey('b'), at(1), { state: 'bad' }),
        put(textKey('c'.repeat(769)), at(1), {}),
        put(textKey('\ud800'), at(1), {}),
        remove(textKey('d'.repeat(769)), at(1)),
        remove(textKey('e'), at(1)),
      ];
      const { applied, rejected } = await table.write(group, never);
      expect(applied).toBe(2);
      expect(rejected.map(({ index, error }) => `${index} ${error.code}`)).toEqual([
        expect.stringMatching(/^1 (ER_CHECK_CONSTRAINT_VIOLATED|4025)$/),
        '2 ER_DATA_TOO_LONG',
        '3 NOT_UNICODE',
        '4 ER_DATA_TOO_LONG',
      ]);
    });
  });

  test('a row above max_allowed_packet is rejected, the rest of its group lands', async (context) => {
    const url = await server.database(context);
    const [before] = await query(url, 'SELECT @@global.max_allowed_packet AS bytes');
    await query(url, 'SET GLOBAL max_allowed_packet = 1048576');
    try {
      await withSink(sinkFor(url), async (sink) => {
        const table = await sink.table(target('orders'), never);
        const text = (length: number): string => 'é'.repeat(length);
        const group = [600_000, 200_000, 200_000, 200_000, 1].map((length, index) => put(textKey(`k${index}`), at(1), { text: text(length) }));
        const { applied, rejected } = await table.write(group, never);
        expect({ applied, codes: rejected.map(({ index, error }) => `${index} ${error.code}`) }).toEqual({ applied: 4, codes: ['0 ROW_TOO_LARGE'] });
      });
    } finally {
      await query(url, `SET GLOBAL max_allowed_packet = ${Number(before?.bytes)}`);
    }
  });

  test('a server that takes no writes is waited for', async (context) => {
    const url = await server.database(context);
    await query(url, 'SET GLOBAL read_only = 1');
    try {
      await withSink(sinkFor(url), async (sink) => {
        expect(await refusalOf(sink.open(never))).toMatchObject({ code: 'SINK_READ_ONLY', retryable: true });
      });
    } finally {
      await query(url, 'SET GLOBAL read_only = 0');
    }
    await withSink(sinkFor(url), (sink) => sink.open(never));
  });

  test('a broken connection costs one write, which may be repeated', async (context) => {
    const url = await server.database(context);
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(target('orders'), never);
      const own = await query(url, 'SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()');
      for (const { id } of own) await query(url, `KILL ${Number(id)}`);
      let refused = 0;
      for (let applied = 0; applied === 0; ) {
        const report = await table.write([put(textKey('a'), at(1), {})], never).catch((error: unknown) => error);
        if (report instanceof SinkError) {
          expect(report).toMatchObject({ code: 'SINK_UNREACHABLE', retryable: true });
          refused += 1;
        } else applied = 1;
      }
      expect(refused).toBeLessThanOrEqual(own.length);
    });
  });

  test('a sink whose connection the server has closed can be closed', async (context) => {
    const url = await server.database(context);
    const sink = sinkFor(url);
    await sink.table(target('orders'), never);
    const own = await query(url, 'SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()');
    expect(own.length).toBe(1);
    for (const { id } of own) await query(url, `KILL ${Number(id)}`);
    await sink.close();
    expect(await refusalOf(sink.open(never))).toMatchObject({ code: 'SINK_CLOSED' });
  });

  test('wrong credentials are told without them', async (context) => {
    const url = new URL(await server.database(context));
    await query(url.href, "CREATE USER IF NOT EXISTS 'hidden'@'127.0.0.1' IDENTIFIED BY 'right'");
    url.username = 'hidden';
    url.password = 'wr%40ng-s3cret';
    await withSink(sinkFor(url.href), async (sink) => {
      const refusal = await refusalOf(sink.open(never));
      expect(refusal).toMatchObject({ code: 'SINK_DENIED', retryable: false });
      expect(JSON.stringify(refusal) + refusal.message + String(refusal.cause)).not.toMatch(/s3cret/);
    });
  });
}

function columnTables(server: ServerForFile): void {
  const orders = target('orders', { layout: 'columns' });

  test('more texts than a page has room for keep the rest beside, and none is lost', async (context) => {
    const url = await server.database(context);
    const image = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`text_${index}`, `value ${index}`]));
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(orders, never);
      expect(await table.write([put(textKey('a'), at(1), image)], never)).toMatchObject({ applied: 1 });
      const [row] = await storedRows(url, orders);
      const { id: _, ...stored } = JSON.parse(row?.data ?? '{}');
      expect(stored).toEqual(image);
      const [made] = await query(url, "SELECT count(*) AS count FROM information_schema.columns WHERE table_schema = database() AND table_name = 'orders'");
      expect(Number(made?.count)).toBeGreaterThan(100);
    });
  });

  test('a number that a column would round goes beside', async (context) => {
    const url = await server.database(context);
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(orders, never);
      const digits = `0.${'1'.repeat(31)}`;
      await table.write(
        [put(textKey('a'), at(1), { n: new ExactNumber(`0.${'1'.repeat(30)}`) }), put(textKey('b'), at(1), { n: new ExactNumber(digits) })],
        never,
      );
      const rows = await query(url, 'SELECT n, CAST(_extra AS CHAR) AS extra FROM orders ORDER BY id');
      expect(rows[0]).toEqual({ n: `0.${'1'.repeat(30)}`, extra: null });
      expect(rows[1]?.n).toBeNull();
      expect(String(rows[1]?.extra)).toContain(digits);
    });
  });

  test('a person’s own columns take what they are for', async (context) => {
    const url = await server.database(context);
    await query(
      url,
      `CREATE TABLE orders (id VARBINARY(100) PRIMARY KEY, at_ DATETIME(3), price DECIMAL(10,2), small INT, state ENUM('a','b'), cdc_time BIGINT NOT NULL, cdc_seq DECIMAL(65,0) NOT NULL)`,
    );
    await withSink(sinkFor(url), async (sink) => {
      const table = await sink.table(orders, never);
      const image = { at_: '2026-11-21T04:38:00.123Z', price: 9.5, small: 7, state: 'b' };
      expect(await table.write([put(textKey('a'), at(1), image)], never)).toMatchObject({ applied: 1 });
      expect(await table.write([put(textKey('b'), at(1), { price: 9.555, small: 3_000_000_000 })], never)).toMatchObject({ applied: 1 });
      expect(await query(url, "SELECT at_, price, small, state FROM orders WHERE id = 'a'")).toEqual([
        { at_: '2026-11-21 04:38:00.123', price: '9.50', small: 7, state: 'b' },
      ]);
      const [beside] = await query(url, "SELECT price, small, CAST(_extra AS CHAR) AS extra FROM orders WHERE id = 'b'");
      expect({ ...beside, extra: JSON.parse(String(beside?.extra)) }).toEqual({ price: null, small: null, extra: { price: 9.555, small: 3_000_000_000 } });
    });
  });
}

/** Registers the tests. */
export function tablesAndFaults(server: ServerForFile): void {
  ownTables(server);
  keyTypes(server);
  columnTables(server);
  faults(server);
}
