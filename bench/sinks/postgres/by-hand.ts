// What PostgreSQL can do by itself with the same guard and the same look at tombstones: COPY into a staging table, then INSERT …
// SELECT … ON CONFLICT. It shares no code with the sink on purpose.
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Player } from '../contest.ts';
import type { BenchRow } from '../documents.ts';

const columns = 'id, data, cdc_time, cdc_seq';
const guarded =
  'ON CONFLICT (id) DO UPDATE SET data = excluded.data, cdc_time = excluded.cdc_time, cdc_seq = excluded.cdc_seq ' +
  'WHERE (t.cdc_time, t.cdc_seq) < (excluded.cdc_time, excluded.cdc_seq)';
const settle =
  'DELETE FROM t USING stage AS s WHERE t.id = s.id AND (SELECT true FROM t_dead AS d WHERE d.id = s.id) ' +
  'AND EXISTS (SELECT FROM t_dead AS d WHERE d.id = s.id AND (d.cdc_time, d.cdc_seq) >= (t.cdc_time, t.cdc_seq))';

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

function linesOf(group: readonly BenchRow[]): string {
  let lines = '';
  for (const { id, text, time, seq } of group) lines += `${escaped(id)}\t${escaped(text)}\t${time}\t${seq}\n`;
  return lines;
}

function copy(client: pg.Client, lines: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = client.query(copyFrom(`COPY stage (${columns}) FROM STDIN`));
    stream.on('error', reject);
    stream.on('finish', resolve);
    stream.end(lines);
  });
}

/** Makes the table `t` and a table of tombstones with one in it. Connections are as many as lanes. */
export async function byCopy(url: string, lanes: number, groups: readonly (readonly BenchRow[])[]): Promise<Player> {
  const clients = await Promise.all(
    Array.from({ length: lanes }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
  const [first] = clients;
  if (first === undefined) throw new Error('no lane');
  const types = 'id text COLLATE "C", data jsonb, cdc_time bigint, cdc_seq numeric(65)';
  await first.query(`CREATE TABLE t (${types}, PRIMARY KEY (id))`);
  await first.query(`CREATE TABLE t_dead (id text COLLATE "C" PRIMARY KEY, cdc_time bigint, cdc_seq numeric(65))`);
  await first.query("INSERT INTO t_dead VALUES ('nobody', 0, 0)");
  for (const client of clients) await client.query(`CREATE TEMP TABLE stage (${types}) ON COMMIT DELETE ROWS`);
  return {
    async write(group, lane) {
      const client = clients[lane] ?? first;
      await client.query('BEGIN');
      await copy(client, linesOf(groups[group] ?? []));
      await client.query({ name: 'store', text: `INSERT INTO t AS t (${columns}) SELECT ${columns} FROM stage ${guarded}` });
      await client.query({ name: 'settle', text: settle });
      await client.query('COMMIT');
    },
    async close() {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
