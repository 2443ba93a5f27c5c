// Truncations at once, and whom a sweep forgets, on a real server.
import { describe, expect, test } from 'vitest';
import { at, put, target, textKey } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { postgresForFile, query, withSinkOn } from '../support/postgres.ts';
import { connect, steppedSink } from '../support/stepped.ts';

const newUrl = postgresForFile();

describe('two truncations at once of a table that is not there yet', () => {
  const orders = target('orders', { key: [] });

  test.for([true, false])('leave the higher floor, wherever the lower one waits while the other passes; a floor there already: %s', async (known) => {
    const url = await newUrl();
    const watcher = await connect(url);
    const [low, high] = [await steppedSink(url, watcher), await steppedSink(url, watcher)];
    try {
      const [lower, higher] = [await low.sink.table(orders, never), await high.sink.table(orders, never)];
      for (let ahead = 0; ahead < 24; ahead += 1) {
        await query(url, `DELETE FROM shardfold_floors${known ? `; INSERT INTO shardfold_floors VALUES ('orders', 1, 1, now())` : ''}`);
        const waiting = low.start(() => lower.truncate(at(20), never));
        for (let step = 0; step < ahead; step += 1) await waiting.step();
        const passing = high.start(() => higher.truncate(at(30), never));
        // As far as it gets: the one in front may hold the floor.
        for (let step = 0; step < 60; step += 1) await passing.step();
        await Promise.all([waiting.finish(), passing.finish()]);
        expect(await query(url, 'SELECT cdc_time FROM shardfold_floors'), `after ${ahead} steps`).toEqual([{ cdc_time: '30' }]);
      }
    } finally {
      for (const writer of [low, high]) await writer.end();
      await watcher.end();
    }
  });
});

describe('a sweep of partitioned tombstones', () => {
  const withSink = withSinkOn(newUrl);

  test.for([
    { deletes: 'hard', young: `now()`, left: ['young'] },
    // With soft deletes a tombstone goes with its row.
    { deletes: 'soft', young: `now() - interval '1 year'`, left: ['young'] },
  ] as const)('forgets none that is in another one’s place, $deletes deletes', ({ deletes, young, left }) =>
    withSink(async ({ url, sink }) => {
      await query(
        url,
        `CREATE TABLE orders__tombstones (id text PRIMARY KEY, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL, deleted_at timestamptz NOT NULL) PARTITION BY LIST (id);
        CREATE TABLE dead_old PARTITION OF orders__tombstones FOR VALUES IN ('old'); CREATE TABLE dead_young PARTITION OF orders__tombstones FOR VALUES IN ('young')`,
      );
      const table = await sink.table(target('orders', { deletes, tombstoneRetentionMs: 86_400_000 }), never);
      if (deletes === 'soft') await table.write([put(textKey('young'), at(1), {})], never);
      await query(url, `INSERT INTO orders__tombstones VALUES ('old', 5, 1, now() - interval '1 year'), ('young', 5, 1, ${young})`);
      expect(await query(url, 'SELECT count(DISTINCT ctid)::int AS places FROM orders__tombstones')).toEqual([{ places: 1 }]);
      expect(await table.sweep(never)).toMatchObject({ forgotten: 1 });
      expect((await query(url, 'SELECT id FROM orders__tombstones')).map(({ id }) => id)).toEqual(left);
    }),
  );
});
