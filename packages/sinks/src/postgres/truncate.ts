// Truncation and sweeping: statements over a whole table, as text and parameters. It runs nothing.
import type { Version } from '@shardfold/changes';
import type { Statement } from './connections.ts';
import { quoted, quotedTable } from './names.ts';
import type { TableShape } from './shape.ts';

/** A sweep takes at most this many rows, so that it never holds a writer up for long. */
const maxSweptRows = 10_000;

/**
 * Raises the floor and deletes what is below. The lock waits for the writers in flight and holds new ones off: each of them
 * reads the floor after it has the table, so none that began earlier can leave a row behind.
 */
export function truncation({ rows, tombstones, floors }: TableShape, floorName: string, before: Version): Statement[] {
  const version = [before.time, before.seq];
  return [
    { text: `LOCK TABLE ${quotedTable(rows)} IN SHARE ROW EXCLUSIVE MODE` },
    {
      text:
        `INSERT INTO ${quotedTable(floors)} AS f (target, cdc_time, cdc_seq, raised_at) VALUES ($1, $2, $3, now()) ` +
        'ON CONFLICT (target) DO UPDATE SET cdc_time = excluded.cdc_time, cdc_seq = excluded.cdc_seq, raised_at = excluded.raised_at ' +
        'WHERE (f.cdc_time, f.cdc_seq) < (excluded.cdc_time, excluded.cdc_seq)',
      values: [floorName, ...version],
    },
    ...[rows, tombstones].map((table) => ({
      text: `DELETE FROM ${quotedTable(table)} WHERE (cdc_time, cdc_seq) <= ($1::bigint, $2::numeric)`,
      values: version,
    })),
  ];
}

/** Deletes rows that a tombstone outranks. Rows that a writer has in hand are left to the next sweep. */
export function healing({ rows, tombstones, key }: TableShape): Statement {
  const same = key.map(({ name }) => `d.${quoted(name)} = t.${quoted(name)}`).join(' AND ');
  return {
    text:
      `DELETE FROM ${quotedTable(rows)} WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM ${quotedTable(rows)} AS t JOIN ${quotedTable(tombstones)} AS d ` +
      `ON ${same} AND (d.cdc_time, d.cdc_seq) >= (t.cdc_time, t.cdc_seq) LIMIT ${maxSweptRows} FOR UPDATE OF t SKIP LOCKED))`,
  };
}

/** Forgets tombstones older than the retention, by the server's clock. */
export function forgetting({ tombstones }: TableShape, retentionMs: number): Statement {
  return {
    text:
      `DELETE FROM ${quotedTable(tombstones)} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${quotedTable(tombstones)} ` +
      `WHERE deleted_at < now() - $1::float8 * interval '1 millisecond' LIMIT ${maxSweptRows} FOR UPDATE SKIP LOCKED))`,
    values: [retentionMs],
  };
}
