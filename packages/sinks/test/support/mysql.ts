// A MySQL or a MariaDB server for a test file, and a database of its own with two sinks for each test.
import { randomUUID } from 'node:crypto';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll } from 'vitest';
import { startMysql } from '../../../../test/servers/mysql.ts';
import { assertNotRequired } from '../../../../test/servers/required.ts';
import type { ServerFromScript } from '../../../../test/servers/server-from-script.ts';
import type { TargetTable } from '../../src/index.ts';
import { mysqlNames, quoted, quotedTable } from '../../src/mysql/names.ts';
import { createMysqlSink, type MysqlSinkOptions } from '../../src/mysql/sink.ts';
import { parseTableName } from '../../src/sql/names.ts';
import { shapeOf } from '../../src/sql/shape.ts';
import { dataOfColumns, type SinkTraits, type SinkUnderTest, type StoredRow, sqlTraits } from '../../src/testing/index.ts';
import { clock, never, timers } from './machine.ts';

const installTimeoutMs = 900_000;

export interface ServerForFile {
  /** The url of a database that nobody has used; skips the test where there is no server. */
  database(context: { skip(reason: string): never }): Promise<string>;
}

/** Call at the top of a test file. `ownUrl` names a server that runs already. */
export function serverForFile(name: string, start: () => Promise<ServerFromScript>, ownUrl: string | undefined): ServerForFile {
  let server: ServerFromScript = { skipped: 'it was not looked for' };
  const used: string[] = [];
  beforeAll(async () => {
    server = ownUrl === undefined ? await start() : { url: ownUrl, stop: () => dropAll(ownUrl, used) };
  }, installTimeoutMs);
  afterAll(async () => {
    if ('stop' in server) await server.stop();
  });
  return {
    async database(context) {
      if ('skipped' in server) {
        assertNotRequired(name, server.skipped);
        return context.skip(`${name} is not to be had: ${server.skipped}`);
      }
      const database = `shardfold_${randomUUID().replaceAll('-', '')}`;
      used.push(database);
      await query(server.url, `CREATE DATABASE ${database}`);
      return new URL(`/${database}`, server.url).href;
    },
  };
}

async function dropAll(url: string, databases: readonly string[]): Promise<void> {
  for (const database of databases) await query(url, `DROP DATABASE ${database}`);
}

/** Every value as the text that the server sends, but for binary; several statements at once. */
export async function connected<T>(url: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection({
    uri: url,
    multipleStatements: true,
    charset: 'utf8mb4_bin',
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    flags: ['-FOUND_ROWS'],
  });
  try {
    return await use(connection);
  } finally {
    await connection.end();
  }
}

export function query(url: string, text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
  return connected(url, async (connection) => {
    const [rows] = await connection.query(text, [...values]);
    return rows as unknown as readonly Record<string, unknown>[];
  });
}

export function sinkFor(url: string, change: Partial<MysqlSinkOptions> = {}): ReturnType<typeof createMysqlSink> {
  return createMysqlSink({ url, application: 'test', machine: { clock, timers }, createTables: true, ...change });
}

interface ColumnInfo {
  readonly type: string;
  readonly isJson: boolean;
}

async function columnsOf(connection: Connection, schema: string | undefined, table: string): Promise<Map<string, ColumnInfo>> {
  const about = 'table_name = ? AND table_schema = coalesce(?, database())';
  const [columns] = await connection.query(
    `SELECT column_name AS name, column_type AS type FROM information_schema.columns WHERE ${about} ORDER BY ordinal_position`,
    [table, schema ?? null],
  );
  const [[server]] = (await connection.query('SELECT version() AS version')) as unknown as [[{ version: string }]];
  const checks = server.version.includes('MariaDB')
    ? ((
        await connection.query(
          'SELECT check_clause AS clause FROM information_schema.check_constraints WHERE table_name = ? AND constraint_schema = coalesce(?, database())',
          [table, schema ?? null],
        )
      )[0] as unknown as { clause: string }[])
    : [];
  const clauses = checks.map(({ clause }) => clause);
  return new Map(
    (columns as unknown as { name: string; type: string }[]).map(({ name, type }) => [
      name,
      { type, isJson: type === 'json' || clauses.includes(`json_valid(${quoted(name)})`) },
    ]),
  );
}

/** A column's value as JSON text. */
function jsonOf(value: unknown, { type, isJson }: ColumnInfo): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (type === 'tinyint(1)') return String(value) === '1' ? 'true' : 'false';
  return isJson || /^(bigint|int|smallint|tinyint|decimal|double|float)/.test(type) ? String(value) : JSON.stringify(value);
}

function keyText(value: unknown, type: string | undefined): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return type === 'tinyint(1)' ? String(String(value) === '1') : String(value);
}

/** Reads a target's table back. */
export function storedRows(url: string, target: TargetTable): Promise<StoredRow[]> {
  const { key, names, layout, rows: table } = shapeOf(target, mysqlNames);
  const own = new Set<string>([names.time, names.seq, names.deleted, names.partial, names.position, names.extra, ...(layout === 'document' ? ['data'] : [])]);
  return connected(url, async (connection) => {
    const columns = await columnsOf(connection, table.schema, table.table);
    const all = [...columns.keys()];
    // The driver takes no column called __proto__.
    const fields = all.map((name, index) => `${quoted(name)} AS c${index}`);
    const [rows] = await connection.query(`SELECT ${fields.join(', ')} FROM ${quotedTable(table)}`);
    return (rows as unknown as Record<string, unknown>[]).map((found) => {
      const row = new Map(all.map((name, index) => [name, found[`c${index}`]]));
      const textOrNull = (name: string): string | null => (row.get(name) === null || row.get(name) === undefined ? null : String(row.get(name)));
      const members = [...columns].filter(([name]) => !own.has(name)).map(([name, info]) => [name, jsonOf(row.get(name), info)] as const);
      return {
        key: key.map(({ name }) => keyText(row.get(name), columns.get(name)?.type)),
        data: layout === 'document' ? String(row.get('data')) : dataOfColumns(members, textOrNull(names.extra)),
        version: { time: Number(row.get(names.time)), seq: String(row.get(names.seq)) },
        deleted: String(row.get(names.deleted)) === '1',
        partial: textOrNull(names.partial),
      };
    });
  });
}

export async function sinksOn(url: string): Promise<SinkUnderTest> {
  const sinks = [sinkFor(url), sinkFor(url)] as const;
  await Promise.all(sinks.map((sink) => sink.open(never)));
  return {
    sinks,
    rows: (target) => storedRows(url, target),
    async run(statements) {
      await query(url, statements);
    },
    async plant(target, id, { time, seq }) {
      const table = quotedTable(parseTableName(target.name, mysqlNames));
      await query(url, `INSERT INTO ${table} (id, data, cdc_time, cdc_seq) VALUES (?, '{}', ?, ?)`, [id, time, seq]);
    },
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}

function nested(depth: number): NonNullable<SinkTraits['refused']> {
  return { deep: JSON.parse('['.repeat(depth) + ']'.repeat(depth)) };
}

/** A text key takes 768 characters here. */
const traits: SinkTraits = { ...sqlTraits, maxKeyBytes: 768 };

export const mariadbTraits: SinkTraits = { ...traits, maxDepth: 31, refused: nested(40) };
export const mysqlTraits: SinkTraits = { ...traits, numbers: 'double-or-text', refused: nested(120) };

/** The MySQL server of a test file: the one that SHARDFOLD_TEST_MYSQL_URL names, or one of its own. */
export function mysqlForFile(): ServerForFile {
  return serverForFile('mysql', startMysql, process.env.SHARDFOLD_TEST_MYSQL_URL);
}
