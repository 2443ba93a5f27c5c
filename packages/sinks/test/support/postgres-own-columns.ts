// Columns of somebody's own in a table of PostgreSQL: the cases of own-columns.ts, on a database that nobody else has.
import { type OwnColumn, ownColumnsHold } from './own-columns.ts';
import { query, sinkFor } from './postgres.ts';

export async function postgresColumnsHold(url: string, cases: readonly OwnColumn[]): Promise<void> {
  const sink = sinkFor(url);
  try {
    await ownColumnsHold({
      sink,
      cases,
      create: async (columns) => {
        await query(url, `CREATE TABLE orders (id text PRIMARY KEY, ${columns}, cdc_time bigint NOT NULL, cdc_seq numeric NOT NULL)`);
      },
      read: async (id, names) =>
        (await query(url, `SELECT ${names.map((name) => `${name}::text`).join(', ')}, _extra::text FROM orders WHERE id = $1`, [id]))[0] ?? {},
    });
  } finally {
    await sink.close();
  }
}
