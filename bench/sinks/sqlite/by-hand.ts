// What SQLite can do by itself: the same rows through prepared statements on one connection, one transaction a group, with the sink's
// settings, its guard, its look at the tombstones and at the floor. It shares no code with the sink on purpose.
import { DatabaseSync } from 'node:sqlite';
import type { Player } from '../contest.ts';
import type { BenchRow } from '../documents.ts';

const setUp = `
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 67108864;
CREATE TABLE orders (id TEXT NOT NULL PRIMARY KEY, data TEXT NOT NULL, cdc_time INTEGER NOT NULL, cdc_seq TEXT NOT NULL);
CREATE TABLE gone (id TEXT NOT NULL PRIMARY KEY, cdc_time INTEGER NOT NULL, cdc_seq TEXT NOT NULL);
CREATE TABLE floors (target TEXT NOT NULL PRIMARY KEY, cdc_time INTEGER NOT NULL, cdc_seq TEXT NOT NULL);
INSERT INTO gone VALUES ('nobody', 0, '${'0'.repeat(65)}')`;

// Measured: one statement that looks at the tombstones itself (INSERT … SELECT … WHERE NOT EXISTS) is no faster than two.
const store = `INSERT INTO orders AS t (id, data, cdc_time, cdc_seq) VALUES (?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET data = excluded.data, cdc_time = excluded.cdc_time, cdc_seq = excluded.cdc_seq
WHERE (t.cdc_time, t.cdc_seq) < (excluded.cdc_time, excluded.cdc_seq)`;

export function playerByHand(path: string, groups: readonly (readonly BenchRow[])[]): Player {
  const database = new DatabaseSync(path);
  database.exec(setUp);
  const upsert = database.prepare(store);
  const tombstone = database.prepare('SELECT 1 FROM gone WHERE id = ? AND (cdc_time, cdc_seq) >= (?, ?)');
  const floor = database.prepare('SELECT 1 FROM floors WHERE target = ? AND (cdc_time, cdc_seq) >= (?, ?)');
  return {
    async write(at) {
      const group = groups[at] ?? [];
      database.exec('BEGIN IMMEDIATE');
      if (floor.get('orders', group[0]?.time ?? 0, '') !== undefined) throw new Error('There is no floor.');
      for (const { id, text, time, seq } of group) {
        const padded = seq.padStart(65, '0');
        if (tombstone.get(id, time, padded) === undefined) upsert.run(id, text, time, padded);
      }
      database.exec('COMMIT');
    },
    async close() {
      database.close();
    },
  };
}
