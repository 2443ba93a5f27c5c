// Names of targets at the limits of real servers: what the rules take, the server takes, each as a table of its own; what the rules
// refuse, the server refuses too, or has for itself.
import { describe, expect, test } from 'vitest';
import { databaseOf } from '../../src/mongodb/connection.ts';
import { shapeOf } from '../../src/mongodb/shape.ts';
import type { SinkUnderTest } from '../../src/testing/index.ts';
import { at, put, remove, target, textKey } from '../../src/testing/index.ts';
import { mongoForFile, sinksOn as mongoOn, withDatabase } from '../support/ferretdb.ts';
import { never } from '../support/machine.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { connected, mysqlForFile, sinksOn as mysqlOn, type ServerForFile } from '../support/mysql.ts';
import { postgresForFile, sinksOn as postgresOn, query } from '../support/postgres.ts';
import { refusalOf } from '../support/refusals.ts';

interface Named {
  /** The url of a database that nobody has used; may skip the test. */
  database(context: { skip(reason: string): never }): Promise<string>;
  sinksOn(url: string): Promise<SinkUnderTest>;
  /** Makes a table of that very name, past the sink. Rejects where the server does not. */
  make(url: string, name: string): Promise<unknown>;
  readonly taken: readonly string[];
  /** The server has no such table, or not for everybody. */
  readonly refused: readonly string[];
  /** The server would take them, and this program has them for itself or must be able to tell them apart. */
  readonly kept: readonly string[];
}

const reserved = ['select', 'table', 'order', 'group', 'user', 'key', 'values', 'null', 'dual', 'constructor', '__proto__'];
const odd = [
  'Orders 1',
  'ünïcode',
  '名前',
  "o'rder",
  'o"rder',
  'o`rder',
  'back\\slash',
  'semi;colon--',
  '-',
  '1',
  '1e5',
  '%s',
  '?',
  'tab\there',
  'line\nbreak',
  ' a',
  'a/b',
  '@a',
  '#a',
];
const own = ['shardfold_floors', 'shardfold_dead_letters', 'orders__tombstones'];

/** Two of each length, alike but for their ends. */
function ofLength(character: string, lengths: readonly number[]): readonly string[] {
  return lengths.flatMap((length) => ['a', 'b'].map((end) => character.repeat(length - 1) + end));
}

/** Registers the tests. */
function names({ database, sinksOn, make, taken, refused, kept }: Named): void {
  test('that the rules take are tables of their own, with their tombstones beside them', async (context) => {
    const subject = await sinksOn(await database(context));
    const [first, second] = subject.sinks;
    try {
      for (const name of taken) {
        const table = await first.table(target(name), never);
        const late = await second.table(target(name), never);
        await table.write([put(textKey('a'), at(1), { name }), put(textKey(name.slice(0, 100)), at(1), { name })], never);
        await table.write([remove(textKey('a'), at(3))], never);
        expect([name, await late.write([put(textKey('a'), at(2), { name })], never)]).toMatchObject([name, { applied: 0 }]);
      }
      for (const name of taken) {
        const rows = (await subject.rows(target(name))).map(({ key, data }) => [key, JSON.parse(data).name]);
        expect([name, rows]).toEqual([name, [[[name.slice(0, 100)], name]]]);
      }
    } finally {
      await subject.close();
    }
  });

  test('that the rules refuse are refused by the server too, or kept for this program', async (context) => {
    const url = await database(context);
    const subject = await sinksOn(url);
    try {
      for (const name of [...refused, ...kept, ...own]) {
        const refusal = await refusalOf(subject.sinks[0].table(target(name), never));
        expect([name, refusal.code, refusal.retryable]).toEqual([name, 'SINK_TABLE_MISMATCH', false]);
      }
      for (const name of refused) await expect(make(url, name), JSON.stringify(name)).rejects.toThrow();
    } finally {
      await subject.close();
    }
  });
}

function onMysql({ database }: ServerForFile): Named {
  return {
    database,
    sinksOn: mysqlOn,
    make: (url, name) => connected(url, (connection) => connection.query(`CREATE TABLE \`${name.replaceAll('`', '``')}\` (id INT)`)),
    taken: [
      ...reserved,
      ...odd,
      ...ofLength('x', [63, 64, 65, 128, 300]),
      ...ofLength('é', [63, 64, 65, 128]),
      ...ofLength('名', [38, 40, 50, 51, 52, 64, 65]),
      ...ofLength('-', [50, 51, 64]),
    ],
    refused: ['', 'a\u0000b', 'orders '],
    // MySQL takes 😀 for a question mark.
    kept: ['😀', '#sql-1', '#mysql50#a', 'a.b.c', '.a', 'a.', 'mysql.user', 'information_schema.orders', 'SHARDFOLD_FLOORS', 'orders__TOMBSTONES'],
  };
}

const newUrl = postgresForFile();

describe('of tables, on PostgreSQL', () => {
  names({
    database: newUrl,
    sinksOn: postgresOn,
    make: (url, name) => query(url, `CREATE TABLE "${name.replaceAll('"', '""')}" (id int)`),
    taken: [
      ...reserved,
      ...odd,
      'Orders',
      'orders',
      '😀',
      'orders ',
      'public.ORDERS',
      ...ofLength('x', [62, 63, 64, 128, 300]),
      ...ofLength('é', [31, 32, 33]),
      ...ofLength('名', [21, 22]),
    ],
    refused: ['', 'a\u0000b'],
    kept: ['a.b.c', '.a', 'a.', 'pg_catalog.orders', 'pg_temp.orders', 'information_schema.orders', 'public.shardfold_floors'],
  });
});

const [mariadb, mysql] = [mariadbForFile(), mysqlForFile()];

describe('of tables, on MariaDB', () => names(onMysql(mariadb)));

describe('of tables, on MySQL', () => names(onMysql(mysql)));

describe('of collections, on a server that speaks MongoDB’s protocol', () => {
  const server = mongoForFile();
  names({
    database: async (context) => server.database(context),
    async sinksOn(url) {
      const subject = await mongoOn(url);
      return { ...subject, rows: (table) => subject.rows({ ...table, name: shapeOf(table, databaseOf(url)).rows }) };
    },
    make: (url, name) => withDatabase(url, (db) => db.command({ create: name })),
    taken: [
      ...reserved,
      ...odd,
      'Orders',
      'orders',
      'public.orders',
      'a.b.c',
      ...ofLength('x', [63, 64, 119, 120, 121, 235, 255, 300]),
      ...ofLength('é', [60, 61, 120, 128]),
    ],
    refused: ['', 'a\u0000b', 'a$b', '$a', '.a', 'system.users'],
    kept: ['a.', 'a..b'],
  });
});
