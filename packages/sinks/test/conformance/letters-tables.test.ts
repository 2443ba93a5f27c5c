// Tables of dead letters as an older version made them, on every SQL server that is to be had.
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createPostgresSink, createSqliteSink } from '../../src/index.ts';
import { plainLetter } from '../../src/testing/index.ts';
import { keysIn, type LettersServer, lettersTables, olderTable } from '../support/letters-tables.ts';
import { machine, never } from '../support/machine.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { query as askMysql, mysqlForFile, type ServerForFile, sinkFor } from '../support/mysql.ts';
import { query as askPostgres, postgresForFile } from '../support/postgres.ts';
import { filesForTests, onFile } from '../support/sqlite.ts';

const newUrl = postgresForFile();

const postgres: LettersServer = {
  database: newUrl,
  query: askPostgres,
  sink: (url, createTables) => createPostgresSink({ url, application: 'test', machine, createTables }),
};

const mysql = ({ database }: ServerForFile): LettersServer => ({ database, query: askMysql, sink: (url, createTables) => sinkFor(url, { createTables }) });
const [mariadb, ownMysql] = [mysql(mariadbForFile()), mysql(mysqlForFile())];

describe('on PostgreSQL', () => {
  lettersTables(postgres);

  test('a user who may not change the table keeps letters without partition keys, and is told', async () => {
    const url = await newUrl();
    await olderTable(postgres, url);
    const role = `writer_${randomUUID().replaceAll('-', '')}`;
    await askPostgres(url, `CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT SELECT, INSERT, DELETE ON shardfold_dead_letters TO ${role}`);
    const own = new URL(url);
    own.username = role;
    own.password = 'secret';
    const sink = postgres.sink(own.href, true);
    try {
      await sink.open(never);
      await sink.deadLetters().put([{ ...plainLetter, id: 'newer', partitionKey: 'p' }], never);
      expect(await keysIn(sink)).toEqual([
        ['newer', undefined],
        ['older', undefined],
      ]);
      expect((await sink.describe(never)).problems).toEqual([expect.stringMatching(/Run this:\n/)]);
    } finally {
      await sink.close();
    }
  });
});

describe('on MariaDB', () => lettersTables(mariadb));

describe('on MySQL', () => lettersTables(ownMysql));

describe('on SQLite', () => {
  const newFile = filesForTests();
  lettersTables({
    database: async () => newFile(),
    query: async (path, text) => onFile(path, (database) => database.prepare(text).all()),
    sink: (url, createTables) => createSqliteSink({ url, machine, createTables }),
  });
});
