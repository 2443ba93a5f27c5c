// The sessions of the MySQL sink as the server sees them: in which isolation its transactions run. Tests for either server.
import { expect, test } from 'vitest';
import { until } from '../../../../test/support/until.ts';
import { at, patch, put, remove, target, textKey } from '../../src/testing/index.ts';
import type { Mutation } from '../../src/types.ts';
import { never } from './machine.ts';
import { connected, query, type ServerForFile, sinkFor } from './mysql.ts';

/** The server answers from a cache while it is asked more often than ten times a second. */
const isolation = 'SELECT sleep(0.15); SELECT trx_isolation_level AS level FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> connection_id()';
/** Call within `describe`. Somebody else holds the row while the sink writes it: its transaction waits, and the server is asked of it. */
export function readCommitted(server: ServerForFile): void {
  test.for<[way: string, mutation: Mutation]>([
    ['a row', put(textKey('a'), at(2), { n: 2 })],
    ['a delete', remove(textKey('a'), at(2))],
    ['columns that come alone', patch(textKey('a'), at(3), { n: 3 })],
  ])('the transaction of %s is READ COMMITTED', async ([, mutation], context) => {
    const url = await server.database(context);
    // Else the test would show nothing.
    expect(await query(url, "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')")).toContainEqual(
      expect.objectContaining({ Value: 'REPEATABLE-READ' }),
    );
    const sink = sinkFor(url);
    try {
      const table = await sink.table(target('orders', { patches: true }), never);
      await table.write([put(textKey('a'), at(1), { n: 1 })], never);
      await connected(url, async (holder) => {
        await holder.query('SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE; START TRANSACTION; SELECT * FROM orders FOR UPDATE');
        const writing = table.write([mutation], never);
        const levels = await until('the write', async () => {
          const [[, rows]] = (await holder.query(isolation)) as unknown as [[unknown, readonly { level: string }[]]];
          const found = rows.map(({ level }) => level);
          return found.length > 0 && found;
        }).finally(() => holder.query('ROLLBACK'));
        expect(await writing).toMatchObject({ applied: 1 });
        expect(levels).toEqual(['READ COMMITTED']);
      });
    } finally {
      await sink.close();
    }
  });
}
