// Targets whose names differ in case only, on servers to which they are one table: one worker refuses the second, and workers that
// spell it differently write one table under one floor.
import { describe, expect, test } from 'vitest';
import { startMariadb } from '../../../../test/servers/mariadb.ts';
import type { Sink } from '../../src/index.ts';
import { at, patch, put, type SinkUnderTest, target, textKey } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { sinksOn as mysqlOn, query as queryMysql, serverForFile } from '../support/mysql.ts';
import { refusalOf } from '../support/refusals.ts';
import { filesForTests, query as queryFile, sinksOn as sqliteOn } from '../support/sqlite.ts';

interface CaseIgnoring {
  /** The url of a database that nobody has used; may skip the test. */
  database(context: { skip(reason: string): never }): Promise<string>;
  sinksOn(url: string): Promise<SinkUnderTest>;
  query(url: string, text: string): Promise<readonly Record<string, unknown>[]>;
  /** The server's name in messages. */
  readonly product: string;
  /** Other names of the table `Orders`. */
  readonly others: (url: string) => readonly string[];
  /** Pairs of names that are two tables there. */
  readonly apart: readonly (readonly [string, string])[];
}

const now = new Date(0).toISOString().replace('T', ' ').slice(0, 19);

/** Registers the tests. */
function spellings({ database, sinksOn, query, product, others, apart }: CaseIgnoring): void {
  async function withSinks(
    context: Parameters<CaseIgnoring['database']>[0],
    use: (url: string, first: Sink, second: Sink, subject: SinkUnderTest) => Promise<void>,
  ) {
    const url = await database(context);
    const subject = await sinksOn(url);
    try {
      await use(url, ...subject.sinks, subject);
    } finally {
      await subject.close();
    }
  }
  const keyless = { key: [] };
  const otherKey = { key: [{ name: 'other', type: 'text' as const }] };

  test('a second spelling is refused in words that name the first, and the first goes on', (context) =>
    withSinks(context, async (url, sink, _second, subject) => {
      const table = await sink.table(target('Orders'), never);
      for (const name of others(url)) {
        for (const change of [{}, keyless, otherKey]) {
          const refusal = await refusalOf(sink.table(target(name, change), never));
          expect({ code: refusal.code, retryable: refusal.retryable }).toEqual({ code: 'SINK_TABLE_MISMATCH', retryable: false });
          expect(refusal.message).toBe(
            `The target "${name}" is the same table as "Orders" to ${product}, which ignores case there, and "Orders" has it; the changes of "${name}" are not written. Set tables[].target to another table, or to "Orders" where both are meant to be one.`,
          );
        }
      }
      expect(await table.write([put(textKey('a'), at(1), { n: 1 })], never)).toMatchObject({ applied: 1 });
      const again = await sink.table(target('Orders'), never);
      await (await sink.table(target('Orders', keyless), never)).truncate(at(1), never);
      expect(await again.write([put(textKey('b'), at(2), { n: 2 })], never)).toMatchObject({ applied: 1 });
      expect((await subject.rows(target('Orders'))).map(({ key }) => key)).toEqual([['b']]);
      expect((await sink.describe(never)).tables.map(({ name }) => name)).toEqual(['Orders']);
    }));

  test('of two spellings that are opened at once one is refused', (context) =>
    withSinks(context, async (_url, sink) => {
      const attempts = await Promise.allSettled(['Orders', 'orders', 'ORDERS'].map((name) => sink.table(target(name), never)));
      expect(attempts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    }));

  test('a spelling that could not be opened does not keep the table', (context) =>
    withSinks(context, async (_url, sink) => {
      expect(await refusalOf(sink.table(target('Orders', { createTables: false }), never))).toMatchObject({ code: 'SINK_TABLE_MISSING' });
      expect(await (await sink.table(target('orders'), never)).write([put(textKey('a'), at(1), {})], never)).toMatchObject({ applied: 1 });
      // It keeps what it has when a later opening fails.
      await refusalOf(sink.table(target('orders', otherKey), never));
      expect(await refusalOf(sink.table(target('Orders'), never))).toMatchObject({ code: 'SINK_TABLE_MISMATCH', message: expect.stringContaining('"orders"') });
    }));

  test('names that differ in more are tables of their own', (context) =>
    withSinks(context, async (_url, sink, _second, subject) => {
      for (const pair of apart) {
        for (const name of pair) await (await sink.table(target(name), never)).write([put(textKey(name), at(1), {})], never);
        for (const name of pair) expect((await subject.rows(target(name))).map(({ key }) => key)).toEqual([[name]]);
      }
    }));

  test.for(['Orders', 'orders'])('a truncation of %s holds for workers that spell it otherwise, on the fast way and on the slow one', (truncated, context) =>
    withSinks(context, async (url, first, second, subject) => {
      const patches = { patches: true };
      const one = await first.table(target(truncated, patches), never);
      const other = await second.table(target(truncated === 'Orders' ? 'ORDERS' : 'Orders', patches), never);
      await other.write([put(textKey('a'), at(1), {})], never);
      await one.truncate(at(5), never);
      expect(await other.write([put(textKey('a'), at(4), {}), put(textKey('b'), at(6), {})], never)).toMatchObject({ applied: 1, superseded: 1 });
      expect(await other.write([patch(textKey('a'), at(4), { n: 1 })], never)).toMatchObject({ superseded: 1 });
      await other.truncate(at(3), never);
      expect(await one.write([put(textKey('c'), at(5), {})], never)).toMatchObject({ superseded: 1 });
      await other.truncate(at(7), never);
      expect(await one.write([put(textKey('c'), at(7), {}), put(textKey('d'), at(8), {})], never)).toMatchObject({ applied: 1, superseded: 1 });
      expect((await subject.rows(target('Orders'))).map(({ key }) => key)).toEqual([['d']]);
      expect(await query(url, 'SELECT target FROM shardfold_floors')).toEqual([{ target: 'orders' }]);
    }),
  );

  test.for([
    ['newer than', 5, 3],
    ['older than', 3, 5],
    ['without', 5, undefined],
  ] as const)('a floor that an older version left under the name as it is spelled counts, %s the new one', ([, left, raised], context) =>
    withSinks(context, async (url, sink) => {
      const patches = { patches: true };
      const table = await sink.table(target('Orders', patches), never);
      await query(url, `INSERT INTO shardfold_floors VALUES ('Orders', ${left}, '${'0'.repeat(65)}', '${now}')`);
      if (raised !== undefined) await table.truncate(at(raised, '0'), never);
      // Twice: what the first write leaves in the floors changes nothing.
      for (const id of ['a', 'b']) {
        expect(await table.write([put(textKey(id), at(5, '0'), {}), put(textKey(`${id}${id}`), at(6), {})], never)).toMatchObject({
          applied: 1,
          superseded: 1,
        });
        expect(await table.write([patch(textKey(id), at(5, '0'), { n: 1 })], never)).toMatchObject({ superseded: 1 });
      }
    }),
  );
}

describe('two spellings of a table, on SQLite', () => {
  const newFile = filesForTests();
  spellings({
    database: async () => newFile(),
    sinksOn: sqliteOn,
    query: async (path, text) => queryFile(path, text),
    product: 'SQLite',
    others: () => ['orders', 'ORDERS', 'main.orders', 'MAIN.Orders'],
    // Only letters of ASCII are folded.
    apart: [
      ['É', 'é'],
      ['orders', 'orders_'],
    ],
  });
});

describe('two spellings of a table, on MariaDB where names of tables ignore case', () => {
  const server = serverForFile('mariadb', () => startMariadb('ignored'), undefined);
  spellings({
    database: (context) => server.database(context),
    sinksOn: mysqlOn,
    query: queryMysql,
    product: 'MariaDB',
    others: (url) => ['orders', 'ORDERS', `${new URL(url).pathname.slice(1).toUpperCase()}.orders`],
    apart: [
      ['e', 'é'],
      ['οδος', 'οδοσ'],
    ],
  });

  test('beside an older version’s floor there is always the one that truncations lock', async (context) => {
    const url = await server.database(context);
    const subject = await mysqlOn(url);
    try {
      const table = await subject.sinks[0].table(target('Orders'), never);
      await queryMysql(url, `INSERT INTO shardfold_floors VALUES ('Orders', 5, 0, '${now}')`);
      await table.write([put(textKey('a'), at(6), {})], never);
      expect(await queryMysql(url, 'SELECT target FROM shardfold_floors ORDER BY target')).toEqual([{ target: 'Orders' }, { target: 'orders' }]);
    } finally {
      await subject.close();
    }
  });

  test('letters beyond ASCII are folded, too', async (context) => {
    const subject = await mysqlOn(await server.database(context));
    try {
      for (const [name, other] of [
        ['É', 'é'],
        ['ΟΔΟΣ', 'οδοσ'],
      ] as const) {
        await subject.sinks[0].table(target(name), never);
        expect([name, await refusalOf(subject.sinks[0].table(target(other), never))]).toMatchObject([name, { code: 'SINK_TABLE_MISMATCH' }]);
      }
    } finally {
      await subject.close();
    }
  });
});
