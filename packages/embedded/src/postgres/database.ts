// Databases on a server that runs: every test gets its own. It starts no server.
import pg from 'pg';
import { randomHex } from '../system.ts';

/** Makes an empty database; answers its url. `serverUrl` is that of any database of the server. */
export async function newDatabase(serverUrl: string): Promise<string> {
  const name = `db_${randomHex(8)}`;
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
