// The PostgreSQL sink beside COPY into a staging table with INSERT … SELECT … ON CONFLICT, with the same guard and the same look at
// tombstones, in one run and in turn.
// node bench/sinks/postgres/main.ts [--url postgres://…] [--keys 50000] [--group 1000] [--rounds 3]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { newDatabase, startPostgres } from '@shardfold/embedded';
import { createPostgresSink, systemMachine } from '@shardfold/sinks';
import pg from 'pg';
import { contest, treeSeconds } from '../contest.ts';
import { benchGroups } from '../documents.ts';
import { mutationOf, sinkPlayer } from '../mutations.ts';
import { byCopy } from './by-hand.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    keys: { type: 'string', default: '50000' },
    group: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
  },
});

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Of the server, where it is on this machine and its files may be read. */
async function postmasterOf(url: string): Promise<string> {
  const [row] = await query(url, 'SHOW data_directory');
  try {
    return readFileSync(`${row?.data_directory}/postmaster.pid`, 'utf8').split('\n')[0] ?? '';
  } catch {
    return '';
  }
}

async function main(url: string): Promise<void> {
  const groups = benchGroups(Number(values.keys), Number(values.group));
  const mutations = groups.map((group) => group.map((row) => mutationOf(row)));
  const postmaster = await postmasterOf(url);
  const [{ server_version: version } = {}] = await query(url, 'SHOW server_version');
  console.log(`PostgreSQL ${version}, groups of ${values.group}, documents of about 500 bytes, medians of ${values.rounds}\n`);
  await contest({
    groups: groups.length,
    rows: groups.reduce((sum, { length }) => sum + length, 0),
    rounds: Number(values.rounds),
    ways: [
      { name: 'COPY + INSERT … SELECT … ON CONFLICT by hand', open: (lanes) => byCopy(url, lanes, groups) },
      {
        name: 'the sink',
        open: () => sinkPlayer(createPostgresSink({ url, application: 'bench', machine: systemMachine, createTables: true }), 'bench', mutations),
      },
    ],
    serverSeconds: () => treeSeconds(postmaster),
    async clear() {
      await query(url, 'DROP SCHEMA public CASCADE');
      await query(url, 'CREATE SCHEMA public');
      await query(url, 'CHECKPOINT');
    },
  });
}

if (values.url === undefined) {
  const server = await startPostgres();
  try {
    await main(await newDatabase(server.url));
  } finally {
    await server.stop();
  }
} else await main(values.url);
