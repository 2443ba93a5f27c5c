// This example as a user walks it: its records, its configurations, the built program. What the tables must hold is the oracle's word.
import { type Embedded, newDatabase, startPostgres } from '@shardfold/embedded';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mariadbForFile } from '../../packages/sinks/test/support/mariadb.ts';
import { query } from '../../packages/sinks/test/support/mysql.ts';
import { foldDms, sortedRows, type TextRow, textRow } from '../../test/oracle/dms.ts';
import { isObject, parseExactly } from '../../test/oracle/plain-json.ts';
import { exampleBed } from '../../test/support/example-bed.ts';

const mariadb = mariadbForFile();
const bed = exampleBed(new URL('./', import.meta.url), 2);
let postgres: Embedded;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

/** Rows as the driver gives them. */
type Ask = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

interface Kind {
  /** Types whose text is a number. */
  readonly numbers: RegExp;
  /** How it writes a true boolean. */
  readonly yes: string;
  readonly booleans: RegExp;
  /** Around a name. */
  readonly quote: string;
  /** An expression for the schema that is used. */
  readonly schema: string;
}

const postgresKind: Kind = { numbers: /^(bigint|numeric)/, booleans: /^boolean$/, yes: 'true', quote: '"', schema: 'current_schema()' };
const mariadbKind: Kind = { numbers: /^(bigint|decimal)/, booleans: /^tinyint$/, yes: '1', quote: '`', schema: 'database()' };

/** As a reader takes a row: its columns, and what fits none of them from `_extra`. */
function readRow(row: Readonly<Record<string, unknown>>, types: ReadonlyMap<string, string>, { numbers, booleans, yes }: Kind): TextRow {
  const columns = [...types].map(([name, type]): [string, unknown] => {
    const value = row[name] ?? null;
    if (value === null) return [name, null];
    const text = String(value);
    if (booleans.test(type)) return [name, text === yes];
    return [name, numbers.test(type) ? parseExactly(text) : text];
  });
  const own = columns.filter(([name]) => !name.startsWith('cdc_') && name !== '_extra');
  const extra = parseExactly(typeof row._extra === 'string' ? row._extra : '{}');
  return textRow({ ...Object.fromEntries(own), ...(isObject(extra) ? extra : {}) });
}

interface Found {
  readonly rows: readonly TextRow[];
  /** Everything stored, with what is kept beside the rows. */
  readonly whole: readonly unknown[];
}

async function look(ask: Ask, kind: Kind, table: string): Promise<Found> {
  const about = `select column_name as "name", data_type as "type" from information_schema.columns where table_schema = ${kind.schema} and table_name = '${table}'`;
  const types = new Map((await ask(about.replaceAll('"', kind.quote))).map(({ name, type }) => [String(name), String(type)]));
  const names = [...types.keys()].map((name) => `${kind.quote}${name}${kind.quote}`);
  const fields = kind === postgresKind ? names.map((name) => `${name}::text as ${name}`) : names;
  const rows = await ask(`select ${fields.join(', ')} from ${table}`);
  const whole = rows.map((row) => JSON.stringify(row)).sort();
  return { rows: sortedRows(rows.map((row) => readRow(row, types, kind))), whole };
}

/** All tables and the dead letters; the rows against the oracle. */
async function check(ask: Ask, kind: Kind): Promise<unknown> {
  const { tables, refused } = foldDms(bed.sent, { products: ['code'] });
  const found = new Map<string, Found>();
  for (const table of tables.keys()) found.set(table, await look(ask, kind, table));
  expect(new Map([...found].map(([table, { rows }]) => [table, rows]))).toEqual(tables);
  const letters = await ask('select sequence, target, error_code from shardfold_dead_letters order by sequence');
  expect(letters).toEqual(refused.map((sequence) => ({ sequence, target: 'weather', error_code: 'ROW_WITHOUT_KEY' })));
  return { found, letters };
}

test('a full load and the changes after it end as columns in PostgreSQL, and a replay changes nothing', async () => {
  const url = await newDatabase(postgres.url);
  const database = new pg.Pool({ connectionString: url, max: 1 });
  const ask: Ask = async (sql) => (await database.query(sql)).rows;
  try {
    await bed.catchUp('shardfold.yaml', { DATABASE_URL: url });
    const first = await check(ask, postgresKind);
    await bed.replay('shardfold.yaml', { DATABASE_URL: url });
    expect(await check(ask, postgresKind)).toEqual(first);
  } finally {
    await database.end();
  }
});

test('they end as columns in MariaDB as well, and a replay changes nothing', async (context) => {
  const url = await mariadb.database(context);
  const ask: Ask = (sql) => query(url, sql.replaceAll('"', '`'));
  await bed.catchUp('mysql.yaml', { MYSQL_URL: url });
  const first = await check(ask, mariadbKind);
  await bed.replay('mysql.yaml', { MYSQL_URL: url });
  expect(await check(ask, mariadbKind)).toEqual(first);
});
