// This example as a user walks it: its records, its configurations, the built program. What the tables must hold is the oracle's word.
import { type Embedded, newDatabase, startPostgres } from '@shardfold/embedded';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crateForFile, query } from '../../packages/sinks/test/support/cratedb.ts';
import { fold } from '../../test/oracle/oracle.ts';
import { type Queries, tableDifferences } from '../../test/oracle/postgres-table.ts';
import { exampleBed } from '../../test/support/example-bed.ts';

const crate = crateForFile();
const bed = exampleBed(new URL('./', import.meta.url), 4);
let postgres: Embedded;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const everything = 'device AS "device", "timestamp" AS "at", data::text AS "data", cdc_time::text AS "time"';

/** All that a table holds, and its differences from the oracle. */
async function look(database: Queries, target: string) {
  const expected = fold(bed.sent).get('device-readings') ?? new Map();
  const { rows } = await database.query(`SELECT ${everything} FROM ${target} ORDER BY 1, 2`);
  return { rows, differences: await tableDifferences(database, target, expected) };
}

/** 4 devices with 30 readings each, of which every fifth is deleted. */
const liveReadings = 4 * (30 - 6);

test('INSERT, UPDATE and DELETE of devices’ readings end as a document table in PostgreSQL, and a replay changes nothing', async () => {
  const url = await newDatabase(postgres.url);
  const database = new pg.Pool({ connectionString: url, max: 1 });
  try {
    await bed.catchUp('shardfold.yaml', { DATABASE_URL: url });
    const first = await look(database, 'readings');
    expect(first.differences).toEqual([]);
    expect(first.rows).toHaveLength(liveReadings);
    await bed.replay('shardfold.yaml', { DATABASE_URL: url });
    expect(await look(database, 'readings')).toEqual(first);
  } finally {
    await database.end();
  }
});

/** The oracle asks in words that CrateDB knows as well; its rows are lists. */
function asking(url: string): Queries {
  return {
    async query(sql) {
      const names = [...sql.matchAll(/ AS "(\w+)"/g)].map(([, name = '']) => name);
      const rows = await query(url, sql);
      return { rows: rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] as string | null]))) };
    },
  };
}

test('they end in CrateDB as well, and a replay changes nothing', async (context) => {
  const url = crate.schema(context);
  const schema = new URL(url).pathname.slice(1);
  const seen = async () => {
    await query(url, `REFRESH TABLE "${schema}"."readings__rows"`);
    return look(asking(url), `"${schema}"."readings"`);
  };
  await bed.catchUp('cratedb.yaml', { CRATEDB_URL: url });
  const first = await seen();
  expect(first.differences).toEqual([]);
  expect(first.rows).toHaveLength(liveReadings);
  await bed.replay('cratedb.yaml', { CRATEDB_URL: url });
  expect(await seen()).toEqual(first);
});
