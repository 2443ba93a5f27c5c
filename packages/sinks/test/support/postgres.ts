// A PostgreSQL server for a test file, and a database of its own with two sinks for each test.
import { newDatabase, startPostgres } from '@shardfold/embedded';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import type { Sink, TargetTable } from '../../src/index.ts';
import { createPostgresSink } from '../../src/index.ts';
import { createConnections } from '../../src/postgres/connections.ts';
import { postgresDialect } from '../../src/postgres/dialect.ts';
import { postgresNames, quoted, quotedTable } from '../../src/postgres/names.ts';
import { parseTableName } from '../../src/sql/names.ts';
import { shapeOf } from '../../src/sql/shape.ts';
import { createSqlSink } from '../../src/sql/sink.ts';
import { dataOfColumns, type SinkUnderTest, type StoredRow } from '../../src/testing/index.ts';
import { clock, machine, never, timers } from './machine.ts';
import { withSink } from './with-sink.ts';

/** Call at the top of a test file; the answer makes databases. */
export function postgresForFile(): () => Promise<string> {
  let server: Awaited<ReturnType<typeof startPostgres>> | undefined;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server?.stop();
  });
  return async () => {
    if (server === undefined) throw new Error('the server is not up');
    return newDatabase(server.url);
  };
}

export function sinkFor(url: string): ReturnType<typeof createPostgresSink> {
  return createPostgresSink({ url, application: 'test', machine, createTables: true });
}

/** Every value as the text that the server sends, but for binary. */
const asText: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => (oid === 17 ? pg.types.getTypeParser(17) : (text: string) => text),
};

/** Runs `use` with a sink on a database of its own. */
export function withSinkOn(newUrl: () => Promise<string>): (use: (given: { url: string; sink: Sink }) => Promise<void>) => Promise<void> {
  return async (use) => {
    const url = await newUrl();
    await withSink(sinkFor(url), (sink) => use({ url, sink }));
  };
}

export async function query(url: string, text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

const boolean = 16;
const numberTypes = new Set([20, 21, 23, 700, 701, 1700]);
const jsonTypes = new Set([114, 3802]);

/** A column's value as JSON text. */
function jsonOf(value: unknown, type: number): string | null {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return JSON.stringify(value.toString('base64'));
  if (type === boolean) return value === 't' ? 'true' : 'false';
  return numberTypes.has(type) || jsonTypes.has(type) ? String(value) : JSON.stringify(value);
}

function keyText(value: unknown, type: number): string {
  if (Buffer.isBuffer(value)) return value.toString('base64');
  return type === boolean ? String(value === 't') : String(value);
}

/** Reads a target's table back. */
export async function storedRows(url: string, target: TargetTable): Promise<StoredRow[]> {
  const { key, names, layout } = shapeOf(target, postgresNames);
  const own = new Set<string>([names.time, names.seq, names.deleted, names.partial, names.position, names.extra, ...(layout === 'document' ? ['data'] : [])]);
  const client = new pg.Client({ connectionString: url, types: asText });
  await client.connect();
  try {
    const { rows, fields } = await client.query<Record<string, unknown>>(`SELECT * FROM ${quotedTable(parseTableName(target.name, postgresNames))}`);
    const types = new Map(fields.map(({ name, dataTypeID }) => [name, dataTypeID]));
    const typeOf = (name: string): number => types.get(name) ?? 0;
    return rows.map((row) => {
      const values = new Map(Object.entries(row));
      const columns = fields.filter(({ name }) => !own.has(name)).map(({ name }) => [name, jsonOf(values.get(name), typeOf(name))] as const);
      const extra = values.get(names.extra);
      return {
        key: key.map(({ name }) => keyText(values.get(name), typeOf(name))),
        data: layout === 'document' ? String(values.get('data')) : dataOfColumns(columns, typeof extra === 'string' ? extra : null),
        version: { time: Number(values.get(names.time)), seq: String(values.get(names.seq)) },
        deleted: values.get(names.deleted) === 't',
        partial: typeof values.get(names.partial) === 'string' ? String(values.get(names.partial)) : null,
      };
    });
  } finally {
    await client.end();
  }
}

/** A sink over PostgreSQL as a dialect in its first hour has it: no fast statements, no sweeping of its own. */
export function plainSinkFor(url: string): Sink {
  const { hot: _hot, statements, ...rest } = postgresDialect;
  const { heal: _heal, forget: _forget, ...needed } = statements;
  const connections = createConnections({ url, application: 'test', poolMax: 4, timers });
  return createSqlSink({ dialect: { ...rest, statements: needed }, connections, clock, createTables: true });
}

export async function sinksOn(url: string, make: (url: string) => Sink = sinkFor): Promise<SinkUnderTest> {
  const sinks = [make(url), make(url)] as const;
  await Promise.all(sinks.map((sink) => sink.open(never)));
  return {
    sinks,
    rows: (target) => storedRows(url, target),
    async run(statements) {
      await query(url, statements);
    },
    async plant(target, id, { time, seq }) {
      const table = quotedTable(parseTableName(target.name, postgresNames));
      await query(url, `INSERT INTO ${table} (${quoted('id')}, data, cdc_time, cdc_seq) VALUES ($1, '{}', $2, $3)`, [id, time, seq]);
    },
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
