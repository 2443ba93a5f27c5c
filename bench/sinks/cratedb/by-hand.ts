// What CrateDB can do by itself with one version a row, where a tombstone is the row without its content: bulk arguments over HTTP, and
// arrays over the PostgreSQL wire with RETURNING. It shares no code with the sink on purpose.
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import pg from 'pg';
import type { Player } from '../contest.ts';
import type { BenchRow } from '../documents.ts';

export interface Asked {
  readonly stmt: string;
  readonly args?: readonly unknown[];
}

interface Told {
  readonly rows?: readonly (readonly unknown[])[];
  readonly results?: readonly { readonly rowcount: number }[];
  readonly error?: { readonly message: string };
}

const columns = 'id, data, cdc_time, cdc_seq, cdc_deleted';
const newer = '(excluded.cdc_time > cdc_time OR excluded.cdc_time = cdc_time AND excluded.cdc_seq > cdc_seq)';
const guarded = `ON CONFLICT (id) DO UPDATE SET ${['data', 'cdc_time', 'cdc_seq', 'cdc_deleted']
  .map((column) => `${column} = CASE WHEN ${newer} THEN excluded.${column} ELSE ${column} END`)
  .join(', ')}`;

export interface Sending {
  post(body: string): Promise<Told>;
  ask(asked: Asked): Promise<readonly (readonly unknown[])[]>;
  close(): void;
}

/** One client of a server's HTTP port. */
export function sendingTo(url: string): Sending {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true });

  async function post(body: string): Promise<Told> {
    const bytes = Buffer.from(body);
    const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
    const sending = request({ agent, hostname, port, path: '/_sql', method: 'POST', headers }).end(bytes);
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part);
    const told = JSON.parse(Buffer.concat(parts).toString()) as Told;
    if (told.error !== undefined) throw new Error(told.error.message);
    return told;
  }

  return {
    post,
    ask: async (asked) => (await post(JSON.stringify(asked))).rows ?? [],
    close: () => agent.destroy(),
  };
}

async function createTable({ ask }: Sending, schema: string): Promise<void> {
  await ask({
    stmt: `CREATE TABLE "${schema}".t (id TEXT PRIMARY KEY, data OBJECT(IGNORED), cdc_time BIGINT, cdc_seq TEXT, cdc_deleted BOOLEAN)`,
  });
  await ask({ stmt: `INSERT INTO "${schema}".t (${columns}) VALUES ('nobody', NULL, 0, '0', true)` });
}

const digits = 65;

/** Each row's own answer says that it was stored. */
export async function byBulkArguments(url: string, schema: string, groups: readonly (readonly BenchRow[])[]): Promise<Player> {
  const sending = sendingTo(url);
  await createTable(sending, schema);
  const stmt = JSON.stringify(`INSERT INTO "${schema}".t (${columns}) VALUES (?, ?, ?, ?, false) ${guarded}`);
  return {
    async write(group) {
      const rows = groups[group] ?? [];
      const args = rows.map(({ id, text, time, seq }) => `[${JSON.stringify(id)},${text},${time},"${seq.padStart(digits, '0')}"]`);
      const { results = [] } = await sending.post(`{"stmt":${stmt},"bulk_args":[${args.join(',')}]}`);
      if (results.filter(({ rowcount }) => rowcount === 1).length !== rows.length) throw new Error('Rows were not stored.');
    },
    close: async () => sending.close(),
  };
}

/** Connections are as many as lanes; a row that is missing from what is returned was not stored. */
export async function byArrays(url: string, wireUrl: string, schema: string, lanes: number, groups: readonly (readonly BenchRow[])[]): Promise<Player> {
  const sending = sendingTo(url);
  await createTable(sending, schema);
  sending.close();
  const clients = await Promise.all(
    Array.from({ length: lanes }, async () => {
      const client = new pg.Client({ connectionString: wireUrl });
      await client.connect();
      return client;
    }),
  );
  const [first] = clients;
  if (first === undefined) throw new Error('no lane');
  const text =
    `INSERT INTO "${schema}".t (${columns}) SELECT id, data::OBJECT, t, s, false ` +
    'FROM unnest($1::ARRAY(TEXT), $2::ARRAY(TEXT), $3::ARRAY(BIGINT), $4::ARRAY(TEXT)) AS x(id, data, t, s) ' +
    `${guarded} RETURNING id, cdc_time, cdc_seq`;
  return {
    async write(group, lane) {
      const rows = groups[group] ?? [];
      const values = [rows.map(({ id }) => id), rows.map((row) => row.text), rows.map(({ time }) => time), rows.map(({ seq }) => seq.padStart(digits, '0'))];
      const { rows: stored } = await (clients[lane] ?? first).query({ name: 'store', text, values });
      if (stored.length !== rows.length) throw new Error('Rows were not stored.');
    },
    async close() {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
