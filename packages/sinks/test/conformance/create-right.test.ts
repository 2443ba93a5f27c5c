// Who may make tables, as real servers tell it: the sink's own user may, one who was only given rows may not, and it is right.
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createPostgresSink, type Sink, SinkError } from '../../src/index.ts';
import { plainLetter, target } from '../../src/testing/index.ts';
import { machine, never } from '../support/machine.ts';
import { mariadbForFile } from '../support/mariadb.ts';
import { query as askMysql, mysqlForFile, type ServerForFile, sinkFor } from '../support/mysql.ts';
import { query as askPostgres, postgresForFile } from '../support/postgres.ts';

interface Server {
  database: ServerForFile['database'];
  /** May look and write, and make nothing. */
  user(url: string, name: string): Promise<void>;
  sink(url: string, createTables: boolean): Sink;
  readonly phrase: RegExp;
}

async function asUser(url: string, { user }: Server): Promise<string> {
  const name = `u${randomUUID().replaceAll('-', '').slice(0, 20)}`;
  await user(url, name);
  return Object.assign(new URL(url), { username: name, password: 'secret' }).href;
}

function laws(server: Server): void {
  test('a user of all rights', async (context) => {
    const sink = server.sink(await server.database(context), true);
    try {
      await sink.open(never);
      expect(await sink.createDenial?.(never)).toBeUndefined();
    } finally {
      await sink.close();
    }
  });

  test('a user of rows', async (context) => {
    const url = await server.database(context);
    const owner = server.sink(url, true);
    await owner.open(never);
    await owner.deadLetters().put([plainLetter], never);
    await owner.close();
    const sink = server.sink(await asUser(url, server), false);
    try {
      await sink.open(never);
      expect(await sink.createDenial?.(never)).toMatch(server.phrase);
      await expect(sink.table(target('new'), never)).rejects.toBeInstanceOf(SinkError);
    } finally {
      await sink.close();
    }
  });
}

const newUrl = postgresForFile();
describe('on PostgreSQL', () =>
  laws({
    database: newUrl,
    user: async (url, name) =>
      void (await askPostgres(url, `CREATE ROLE ${name} LOGIN PASSWORD 'secret'; GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA public TO ${name}`)),
    sink: (url, createTables) => createPostgresSink({ url, application: 'test', machine, createTables }),
    phrase: /^create tables in schema "public"$/,
  }));

const mysql = ({ database }: ServerForFile): Server => ({
  database,
  async user(url, name) {
    await askMysql(url, `CREATE USER ${name}@'%' IDENTIFIED BY 'secret'`);
    await askMysql(url, `GRANT SELECT, INSERT, UPDATE, DELETE ON \`${new URL(url).pathname.slice(1)}\`.* TO ${name}@'%'`);
  },
  sink: (url, createTables) => sinkFor(url, { createTables }),
  phrase: /^create tables in database \S+$/,
});
describe('on MariaDB', () => laws(mysql(mariadbForFile())));
describe('on MySQL', () => laws(mysql(mysqlForFile())));
