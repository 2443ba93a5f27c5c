// What CrateDB can do by itself with one version a row, where a tombstone is the row without its content: bulk arguments over HTTP with two
// sorts of guard, and arrays over the PostgreSQL wire with RETURNING. It shares no code with the sink on purpose.
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
const others = ['data', 'cdc_seq', 'cdc_deleted'];

/** A row that loses stays as it is and counts as stored: a guard for each column, and the server binds each of them anew for each row. */
const keeping = `ON CONFLICT (id) DO UPDATE SET ${['cdc_time', ...others]
  .map((column) => `${column} = CASE WHEN ${newer} THEN excluded.${column} ELSE ${column} END`)
  .join(', ')}`;

/** A row that loses fails in its first column, and stays as it is: one guard, of as few functions as there can be. */
const refusing =
  'ON CONFLICT (id) DO UPDATE SET cdc_time = CASE WHEN excluded.cdc_time > cdc_time THEN excluded.cdc_time ' +
  'WHEN excluded.cdc_time = cdc_time AND excluded.cdc_seq > cdc_seq THEN excluded.cdc_time ELSE excluded.cdc_time / 0 END, ' +
  others.map((column) => `${column} = excluded.${column}`).join(', ');

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

export type Guard = 'refusing' | 'keeping';

/** Each row's own answer says that it was stored. What the refusing guard did not store goes again with the keeping one. */
export async function byBulkArguments(url: string, schema: string, guard: Guard, groups: readonly (readonly BenchRow[])[]): Promise<Player> {
  const sending = sendingTo(url);
  await createTable(sending, schema);
  const statements = { refusing, keeping };

  async function store(rows: readonly BenchRow[], way: Guard): Promise<BenchRow[]> {
    const stmt = JSON.stringify(`INSERT INTO "${schema}".t (${columns}) VALUES (?, ?, ?, ?, false) ${statements[way]}`);
    const args = rows.map(({ id, text, time, seq }) => `[${JSON.stringify(id)},${text},${time},"${seq.padStart(digits, '0')}"]`);
    const { results = [] } = await sending.post(`{"stmt":${stmt},"bulk_args":[${args.join(',')}]}`);
    return rows.filter((_, index) => results[index]?.rowcount !== 1);
  }

  return {
    async write(group) {
      let missing = await store(groups[group] ?? [], guard);
      if (missing.length > 0 && guard === 'refusing') missing = await store(missing, 'keeping');
      if (missing.length > 0) throw new Error('Rows were not stored.');
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
    `${keeping} RETURNING id, cdc_time, cdc_seq`;
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
