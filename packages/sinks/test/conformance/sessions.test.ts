// What sessions on a real server cost it: statements that nobody waits for any more, prepared statements, rows kept in memory.
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { createConnections } from '../../src/postgres/connections.ts';
import { postgresDialect } from '../../src/postgres/dialect.ts';
import type { Patience, SqlConnections } from '../../src/sql/connections.ts';
import { createSqlSink } from '../../src/sql/sink.ts';
import { at, put, target, textKey } from '../../src/testing/index.ts';
import type { Mutation, Table } from '../../src/types.ts';
import { clock, never, timers } from '../support/machine.ts';
import { postgresForFile, query, sinkFor } from '../support/postgres.ts';

const newUrl = postgresForFile();

async function withConnections(use: (connections: SqlConnections, url: string) => Promise<void>, poolMax = 1): Promise<void> {
  const url = await newUrl();
  const connections = createConnections({ url, application: 'test', poolMax, timers });
  try {
    await use(connections, url);
  } finally {
    await connections.close();
  }
}

describe('a session', () => {
  test.for([
    ['statement', '59s'],
    ['long', '3599s'],
  ] as const)('has the server give up by itself what is not waited for any more: %s', ([patience, limit]) =>
    withConnections(async (connections) => {
      const ask = { text: `SELECT current_setting('statement_timeout') AS limit` };
      const asked: Patience = patience;
      const answers = [
        await connections.run(ask, never, asked),
        ...(await connections.transaction([ask], never, asked)),
        ...(await connections.session((send) => send([ask]), never, asked)),
      ];
      expect(answers.map(({ rows }) => rows)).toEqual([[{ limit }], [{ limit }], [{ limit }]]);
    }),
  );

  test('keeps a limited number of prepared statements, however often a table’s columns change', () =>
    withConnections(async (connections) => {
      const count = 70;
      const statement = (number: number) => ({ name: `s${number}`, text: `SELECT ${number} AS n`, values: [] });
      for (let number = 0; number < count; number += 1) await connections.transaction([statement(number)], never);
      const held = async () => (await connections.run({ text: 'SELECT count(*)::int AS held FROM pg_prepared_statements' }, never)).rows[0]?.held;
      expect(await held()).toBe(64);
      const again = [0, count - 1].map(statement);
      expect((await connections.transaction(again, never)).map(({ rows }) => rows)).toEqual([[{ n: 0 }], [{ n: count - 1 }]]);
      expect(await held()).toBe(64);
    }));

  test('that appears to be full goes on writing', () =>
    withConnections(async (connections) => {
      const sink = createSqlSink({ dialect: postgresDialect, connections, clock, createTables: true });
      const tables: Table[] = [];
      for (let number = 0; number < 66; number += 1) tables.push(await sink.table(target(`t${number}`), never));
      for (const time of [1, 2]) for (const table of tables) expect(await table.write([put(textKey('a'), at(time), {})], never)).toMatchObject({ applied: 1 });
    }));
});

describe('a group that was given up', () => {
  test('is not kept in memory, though some of it had landed', async () => {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    const url = await newUrl();
    const sink = sinkFor(url);
    const table = await sink.table(target('orders'), never);

    async function failing(): Promise<WeakRef<Mutation>[]> {
      const group = Array.from({ length: 5_010 }, (_, index) => put(textKey(`k${String(index).padStart(5, '0')}`), at(1), {}));
      const holder = new pg.Client({ connectionString: url });
      await holder.connect();
      await holder.query(`BEGIN; INSERT INTO orders VALUES ('k05005', '{}', 1, 1)`);
      const write = expect(table.write(group, never)).rejects.toMatchObject({ retryable: true });
      while (Number((await query(url, 'SELECT count(*) FROM pg_locks WHERE NOT granted'))[0]?.count) === 0);
      await query(url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shardfold test' AND wait_event_type = 'Lock'`);
      await write;
      await holder.end();
      return group.map((mutation) => new WeakRef(mutation));
    }

    try {
      const mutations = await failing();
      const kept = (): number => mutations.filter((mutation) => mutation.deref() !== undefined).length;
      for (let tries = 0; tries < 50 && kept() > 100; tries += 1) {
        await turn();
        if (typeof collect === 'function') collect();
      }
      expect(kept()).toBeLessThanOrEqual(100);
    } finally {
      await sink.close();
    }
  });
});
