// Taking over a table that has rows already: they get versions older than all that comes, by the statements that the refusal prints.
import { describe, expect, test } from 'vitest';
import type { Sink, TargetTable } from '../../src/index.ts';
import { at, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { sinkFor as mysqlSink, query as queryMysql } from '../support/mysql.ts';
import { postgresForFile, sinkFor as postgresSink, query as queryPostgres } from '../support/postgres.ts';
import { filesForTests, onFile, query as querySqlite, sqliteSink } from '../support/sqlite.ts';

interface Place {
  readonly sink: Sink;
  run(statements: string): Promise<void>;
  ids(condition: string): Promise<unknown[]>;
}

type Open = (context: { skip(reason: string): never }) => Promise<Place>;

const newUrl = postgresForFile();
const newFile = filesForTests();
const mariadb = mariadbForFile();

const idsOf = (rows: readonly Record<string, unknown>[]): unknown[] => rows.map(({ id }) => String(id));
const select = (condition: string): string => `SELECT id FROM orders WHERE ${condition} ORDER BY id`;

const servers: readonly { readonly name: string; readonly key: string; readonly json: string; readonly types: readonly string[]; readonly open: Open }[] = [
  {
    name: 'PostgreSQL',
    key: 'text',
    json: 'jsonb',
    types: ['bigint', 'numeric'],
    async open() {
      const url = await newUrl();
      return {
        sink: postgresSink(url),
        async run(statements) {
          await queryPostgres(url, statements);
        },
        ids: async (condition) => idsOf(await queryPostgres(url, select(condition))),
      };
    },
  },
  {
    name: 'SQLite',
    key: 'TEXT',
    json: 'TEXT',
    types: ['INTEGER', 'TEXT'],
    async open() {
      const path = newFile();
      return {
        sink: sqliteSink(path),
        run: async (statements) => onFile(path, (file) => file.exec(statements)),
        ids: async (condition) => idsOf(querySqlite(path, select(condition))),
      };
    },
  },
  {
    name: 'MariaDB',
    key: 'VARBINARY(100)',
    json: 'JSON',
    types: ['BIGINT', 'DECIMAL(65,0)'],
    async open(context) {
      const url = await mariadb.database(context);
      return {
        sink: mysqlSink(url),
        async run(statements) {
          await queryMysql(url, statements);
        },
        ids: async (condition) => idsOf(await queryMysql(url, select(condition))),
      };
    },
  },
];

/** The statements that a refusal tells a person to run. */
async function statementsOf(opening: Promise<unknown>): Promise<string> {
  const refusal: unknown = await opening.catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: 'SINK_TABLE_MISMATCH', retryable: false });
  const message = refusal instanceof Error ? refusal.message : '';
  return message.slice(message.indexOf('\n') + 1);
}

describe.for(servers)('a table on $name that has rows already', ({ key, json, types: [bigint, digits], open }) => {
  async function adopt(place: Place, orders: TargetTable): Promise<Awaited<ReturnType<Sink['table']>>> {
    await place.run(await statementsOf(place.sink.table(orders, never)));
    return place.sink.table(orders, never);
  }

  async function on(context: Parameters<Open>[0], use: (place: Place) => Promise<void>): Promise<void> {
    const place = await open(context);
    try {
      await use(place);
    } finally {
      await place.sink.close();
    }
  }

  const rows = `CREATE TABLE orders (id ${key} PRIMARY KEY, data ${json}); INSERT INTO orders (id, data) VALUES ('a', '{"old":1}'), ('b', '{"old":1}'), ('c', '{"old":1}')`;

  test.for([
    ['NULL', `; ALTER TABLE orders ADD cdc_time ${bigint}; ALTER TABLE orders ADD cdc_seq ${digits}`],
    ['missing', ''],
  ] as const)('and versions that are %s: what comes is newer, once the printed statements were run', ([, more], context) =>
    on(context, async (place) => {
      await place.run(rows + more);
      const table = await adopt(place, target('orders'));
      expect(await table.write([put(textKey('a'), at(1), { new: 1 }), remove(textKey('b'), at(1))], never)).toMatchObject({ applied: 2 });
      expect(await place.ids(`data LIKE '%new%'`.replace('data', json === 'jsonb' ? 'data::text' : 'data'))).toEqual(['a']);
      expect(await place.ids('1 = 1')).toEqual(['a', 'c']);
    }),
  );

  test('keeps what a change leaves out', (context) =>
    on(context, async (place) => {
      await place.run(
        `CREATE TABLE orders (id ${key} PRIMARY KEY, n ${bigint}, m ${bigint}, cdc_partial ${json}); INSERT INTO orders (id, n, m) VALUES ('a', 1, 1)`,
      );
      const table = await adopt(place, target('orders', { layout: 'columns', patches: true }));
      expect(await table.write([patch(textKey('a'), at(1), { n: 2 })], never)).toMatchObject({ applied: 1 });
      expect(await place.ids('n = 2 AND m = 1')).toEqual(['a']);
    }));

  test('is flagged by a soft truncation, NULL or not', (context) =>
    on(context, async (place) => {
      await place.run(`${rows}; ALTER TABLE orders ADD cdc_deleted BOOLEAN`);
      const table = await adopt(place, target('orders', { deletes: 'soft' }));
      await table.truncate(at(5), never);
      expect(await place.ids('cdc_deleted')).toEqual(['a', 'b', 'c']);
    }));
});

describe('bookkeeping tables', () => {
  test.for([
    ['orders__tombstones', 'id text PRIMARY KEY, cdc_time bigint, cdc_seq numeric, deleted_at timestamptz'],
    ['shardfold_floors', 'target text PRIMARY KEY, cdc_time bigint, cdc_seq numeric, raised_at timestamptz'],
  ] as const)('%s that may hold NULL for a version is refused', async ([table, columns]) => {
    const url = await newUrl();
    const sink = postgresSink(url);
    try {
      await queryPostgres(url, `CREATE TABLE ${table} (${columns})`);
      const mending = await statementsOf(sink.table(target('orders'), never));
      expect(mending).toContain(table);
      await queryPostgres(url, mending);
      await sink.table(target('orders'), never);
    } finally {
      await sink.close();
    }
  });

  test('of another shape are refused', async () => {
    const url = await newUrl();
    const sink = postgresSink(url);
    try {
      await queryPostgres(url, 'CREATE TABLE shardfold_floors (target text PRIMARY KEY, at timestamptz)');
      for (const orders of [target('orders'), target('orders', { key: [] })]) {
        await expect(sink.table(orders, never)).rejects.toMatchObject({ code: 'SINK_TABLE_MISMATCH', message: expect.stringContaining('shardfold_floors') });
      }
    } finally {
      await sink.close();
    }
  });
});
