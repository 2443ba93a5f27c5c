// A table of somebody's own keeps its columns' types: values are cast where nothing of them is lost, and what would be rounded or
// cut stays whole in the extra column.
import { ExactNumber } from '@shardfold/changes';
import { describe, expect, test } from 'vitest';
import { at, put, target, textKey } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { mysqlForFile, sinkFor as mysqlSink, query as queryMysql } from '../support/mysql.ts';
import { beside, manyDigits, type OwnColumn, ownColumnsHold } from '../support/own-columns.ts';
import { postgresForFile } from '../support/postgres.ts';
import { postgresColumnsHold } from '../support/postgres-own-columns.ts';
import { filesForTests, onFile, query as querySqlite, sqliteSink } from '../support/sqlite.ts';

const servers = [
  ['MariaDB', mariadbForFile()],
  ['MySQL', mysqlForFile()],
] as const;
const newUrl = postgresForFile();
const newFile = filesForTests();

const postgresCases: readonly OwnColumn[] = [
  ['numeric(10,2)', '12.50', '12.50'],
  ['numeric(10,2)', new ExactNumber('12.345'), beside],
  ['numeric(4,2)', 100, beside],
  ['real', 1.5, '1.5'],
  ['real', 16777217, beside],
  ['double precision', 0.1, '0.1'],
  ['double precision', manyDigits, beside],
  ['boolean', 1, 'true'],
  ['boolean', 2, beside],
  ['bigint', '7', '7'],
  ['bigint', '007', beside],
  ['bigint', 1.5, beside],
  ['integer', true, '1'],
  ['integer', 3_000_000_000, beside],
  ['text', 5, '5'],
  ['text', new ExactNumber('12.50'), '12.5'],
  ['varchar(3)', false, beside],
  ['varchar(3)', 'ab ', 'ab '],
  ['varchar(3)', 'abc ', beside],
  ['char(3)', 'ab ', beside],
  ['date', '2026-11-21', '2026-11-21'],
  ['date', '2026-11-21T10:00:00Z', beside],
  ['timestamp', '2026-11-21T10:00:00Z', '2026-11-21 10:00:00'],
  ['timestamp', '2026-11-21T10:00:00+02:00', beside],
  ['timestamptz(0)', '2026-11-21T10:00:00.5Z', beside],
];

const postgresOtherCases: readonly OwnColumn[] = [
  ['date', 'Jan 8 1999 12:34:56', beside],
  ['date', '0044-03-15 BC', '0044-03-15 BC'],
  ['timestamp', '2026-11-21T10:00:60Z', beside],
  ['timestamp', '2026-11-21 10:30.5', beside],
  ['timestamp', 'Jan 8 1999 12:34:56.7', beside],
  ['timestamp', '12345-01-02 03:04:05', '12345-01-02 03:04:05'],
  ['timestamp', 'infinity', 'infinity'],
  ['time(0)', '12:34:56.7', beside],
  ['time(0)', '2024-02-29 12:34:56', beside],
  ['time(0)', '12:34:56.000', '12:34:56'],
  ['time(3)', '12:34:56.789', '12:34:56.789'],
  ['time', '12:34', '12:34:00'],
  ['time', '12:34:60', beside],
  ['time', '12:34:56+02:00', beside],
  ['time', 12, beside],
  ['timetz', '12:34:56.789123+02:00', '12:34:56.789123+02'],
  ['timetz', '12:34:56', beside],
  ['money', 1.005, beside],
  ['money', new ExactNumber('0.000000000000000000000000000001'), beside],
  ['money', '', beside],
  ['money', 12, '$12.00'],
  ['interval second(0)', '1.5', beside],
  ['interval year', '1 year 2 days', beside],
  ['interval(0)', '00:00:01.5', beside],
  ['interval(1)', '00:00:01.5', '00:00:01.5'],
  ['interval', '1 year 2 mons 3 days 04:05:06.789012', '1 year 2 mons 3 days 04:05:06.789012'],
  ['interval', 'P1Y2M3DT4H5M6.789S', '1 year 2 mons 3 days 04:05:06.789'],
  ['interval', '0.0000001 year', beside],
  ['interval', 0.0000001, beside],
  ['"char"', 'abcdefg', beside],
  ['"char"', 'é', beside],
  ['"char"', ['a'], beside],
  ['"char"', 'a', 'a'],
  ['name', BigInt('7'.repeat(126)), beside],
  ['name', 'é'.repeat(32), beside],
  ['name', 'x'.repeat(63), 'x'.repeat(63)],
  ['oid', 18446744073709551615n, beside],
  ['oid', -1, beside],
  ['oid', 4294967295, '4294967295'],
  ['oid', '26', '26'],
  ['xid', -1, beside],
];

const mysqlCases: readonly OwnColumn[] = [
  ['tinyint(1)', 1, '1'],
  ['tinyint(1)', 2, beside],
  ['bit(1)', true, '1'],
  ['bit(1)', 1, '1'],
  ['bit(12)', 2049, '2049'],
  ['bit(12)', 4096, beside],
  ['bit(64)', 18446744073709551615n, '18446744073709551615'],
  ['bigint unsigned', 18446744073709551615n, '18446744073709551615'],
  ['int unsigned', -1, beside],
  ['double', 0.1, '0.1'],
  ['double', manyDigits, beside],
  ['double', 'abc', beside],
  ['double(5,2)', 1.005, beside],
  ['float', 1.5, '1.5'],
  ['float', 16777217, beside],
  ['float unsigned', -1, beside],
  ['decimal(5,2)', '12.50', '12.50'],
  ['decimal(5,2)', 1.239, beside],
  ['int', '7', '7'],
  ['bigint', 1.5, beside],
  ['varchar(3)', 5, '5'],
  ['varchar(3)', 'abc ', beside],
  ['char(3)', 'ab ', beside],
  ['tinytext', 'x'.repeat(256), beside],
  ['date', '2026-11-21', '2026-11-21'],
  ['date', '2026-11-21T10:00:00Z', beside],
  ['datetime', '2026-11-21T10:00:00Z', '2026-11-21 10:00:00'],
  ['datetime', '2026-11-21T10:00:00.5Z', beside],
  ['datetime(3)', '2026-11-21T10:00:00.123Z', '2026-11-21 10:00:00.123'],
];

const mysqlOtherCases: readonly OwnColumn[] = [
  ['date', '24:00:00', beside],
  ['date', 1.005, beside],
  ['date', '2026-11-21T00:00:00Z', beside],
  ['date', '2026-11-21T00:00:00', '2026-11-21'],
  ['datetime', '10:11:12', beside],
  ['datetime', 20240229123456.5, beside],
  ['time', '12:34:56.7', beside],
  ['time', 1.5, beside],
  ['time', '2024-02-29 12:34:56', beside],
  ['time', '', beside],
  ['time', '12:34', '12:34:00'],
  ['time', '-838:59:59', '-838:59:59'],
  ['time(1)', '12:34:56.70', '12:34:56.7'],
  ['binary(5)', Uint8Array.of(0, 1, 255), beside],
  ['binary(5)', 'a', beside],
  ['binary(5)', Uint8Array.of(0, 1, 255, 32, 0), '0001FF2000'],
  ['year', 1.5, beside],
  ['year', 0.1, beside],
  ['year', 0, beside],
  ['year', true, beside],
  ['year', '24', beside],
  ['year', 2024, '2024'],
  ['year', '2155', '2155'],
  ['year', '0000', '0000'],
  ["enum('New','it''s','7')", 0, beside],
  ["enum('New','it''s','7')", false, beside],
  ["enum('New','it''s','7')", '1', beside],
  ["enum('New','it''s','7')", 'new', beside],
  ["enum('New','it''s','7')", 'New', 'New'],
  ["enum('New','it''s','7')", "it's", "it's"],
  ["enum('New','it''s','7')", '7', '7'],
  ["enum('a\\\\b','c')", 'a\\b', beside],
  ["enum('a\\\\b','c')", 'c', 'c'],
  ["set('a','b','c')", '1', beside],
  ["set('a','b','c')", 3, beside],
  ["set('a','b','c')", 'c,a', beside],
  ["set('a','b','c')", 'a,c', 'a,c'],
  ["set('a','b','c')", '', ''],
];

const sqliteCases: readonly OwnColumn[] = [
  ['STRING', '123', '123'],
  ['STRING', 'abc', 'abc'],
  ['STRING', '00123', beside],
  ['DATE', '1e5', beside],
  ['DATE', '2026-11-21', '2026-11-21'],
  ['GUID', '123456789012345678901234', beside],
  ['REAL', 1.5, '1.5'],
  ['REAL', manyDigits, beside],
  ['DECIMAL(10,2)', '12.50', '12.5'],
  ['BOOL', 1, '1'],
  ['VARCHAR(9)', 5, '5'],
  ['NVARCHAR(9)', '00123', '00123'],
];

describe('columns of somebody’s own', () => {
  test.for([
    ['', postgresCases],
    [', written in ways of its own', postgresOtherCases],
  ] as const)('on PostgreSQL%s', async ([, cases]) => {
    await postgresColumnsHold(await newUrl(), cases);
  });

  test('on SQLite', async () => {
    const path = newFile();
    const sink = sqliteSink(path);
    try {
      await ownColumnsHold({
        sink,
        cases: sqliteCases,
        create: async (columns) =>
          onFile(path, (database) => database.exec(`CREATE TABLE orders (id TEXT PRIMARY KEY, ${columns}, cdc_time INTEGER NOT NULL, cdc_seq TEXT NOT NULL)`)),
        read: async (id, names) =>
          querySqlite(path, `SELECT ${names.map((name) => `CAST(${name} AS TEXT) AS ${name}`).join(', ')}, _extra FROM orders WHERE id = ?`, [id])[0] ?? {},
      });
    } finally {
      await sink.close();
    }
  });

  for (const [product, server] of servers) {
    test.for([
      ['', mysqlCases],
      [', neither numbers nor texts', mysqlOtherCases],
    ] as const)(`on ${product}%s`, async ([, cases], context) => {
      const url = await server.database(context);
      const sink = mysqlSink(url);
      const shown = ([type]: OwnColumn, index: number): string =>
        `${type.startsWith('binary') ? `HEX(c${index})` : `CAST(c${index}${type.startsWith('bit') ? ' + 0' : ''} AS CHAR)`} AS c${index}`;
      try {
        await ownColumnsHold({
          sink,
          cases,
          numbers: product === 'MySQL' ? 'double-or-text' : 'exact',
          create: async (columns) => {
            await queryMysql(
              url,
              `CREATE TABLE orders (id VARBINARY(100) PRIMARY KEY, ${columns}, cdc_time BIGINT NOT NULL, cdc_seq DECIMAL(65,0) NOT NULL) CHARACTER SET utf8mb4`,
            );
          },
          read: async (id) =>
            (await queryMysql(url, `SELECT ${cases.map(shown).join(', ')}, CAST(_extra AS CHAR) AS _extra FROM orders WHERE id = '${id}'`))[0] ?? {},
        });
      } finally {
        await sink.close();
      }
    });

    test(`on ${product} keep their default and their comment when a number comes that does not fit`, async (context) => {
      const url = await server.database(context);
      await queryMysql(
        url,
        `CREATE TABLE orders (id VARBINARY(100) PRIMARY KEY, n BIGINT DEFAULT 5 COMMENT 'mine', cdc_time BIGINT NOT NULL, cdc_seq DECIMAL(65,0) NOT NULL)`,
      );
      const sink = mysqlSink(url);
      try {
        const table = await sink.table(target('orders', { layout: 'columns' }), never);
        expect(await table.write([put(textKey('a'), at(1), { n: 1.5 })], never)).toMatchObject({ applied: 1 });
        const about = 'SELECT data_type AS type, column_default AS fallback, column_comment AS comment FROM information_schema.columns';
        expect(await queryMysql(url, `${about} WHERE table_schema = database() AND table_name = 'orders' AND column_name = 'n'`)).toEqual([
          { type: 'bigint', fallback: '5', comment: 'mine' },
        ]);
      } finally {
        await sink.close();
      }
    });
  }
});
