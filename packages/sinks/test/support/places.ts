// Real databases in one form, for tests that ask the same of all of them: a sink over an empty database, what its tables hold, and
// what the server says of them. It expects nothing.
import type { TextPolicy } from '@shardfold/changes';
import type { Sink, TargetTable } from '../../src/index.ts';
import type { StoredRow } from '../../src/testing/index.ts';
import { never } from './machine.ts';
import { query as askMysql, storedRows as mysqlRows, sinkFor as mysqlSink, mysqlTraits, type ServerForFile } from './mysql.ts';
import { query as askPostgres, storedRows as postgresRows, sinkFor as postgresSink } from './postgres.ts';
import { query as askSqlite, storedRows as sqliteRows, sqliteSink } from './sqlite.ts';

type Rows = readonly Readonly<Record<string, unknown>>[];

export interface Place {
  readonly sink: Sink;
  rows(target: TargetTable): Promise<readonly StoredRow[]>;
  /** The columns of a table as the server says them, collation and all. */
  types(table: string): Promise<ReadonlyMap<string, string>>;
  run(statement: string): Promise<Rows>;
  close(): Promise<void>;
}

export interface PlaceOptions {
  readonly name: 'PostgreSQL' | 'MySQL' | 'MariaDB' | 'SQLite';
  readonly numbers: TextPolicy['numbers'];
  /** What the server calls the columns that hold each sort of value. */
  readonly types: Readonly<Record<'boolean' | 'integer' | 'number' | 'text' | 'binary' | 'json', string>>;
  /** Skips the test where there is no server. */
  open(context: { skip(reason: string): never }): Promise<Place>;
}

async function opened(sink: Sink, parts: Omit<Place, 'sink' | 'close' | 'types'>, catalog: (table: string) => string): Promise<Place> {
  await sink.open(never);
  const types = async (table: string) => new Map((await parts.run(catalog(table))).map(({ name, type }) => [String(name), String(type)]));
  return { ...parts, sink, types, close: () => sink.close() };
}

export function postgresPlaces(newUrl: () => Promise<string>): PlaceOptions {
  const catalog = (table: string) => `SELECT attname AS name, format_type(atttypid, atttypmod) || coalesce(' collate ' || collname, '') AS type
    FROM pg_attribute LEFT JOIN pg_collation c ON c.oid = attcollation WHERE attrelid = '${table}'::regclass AND attnum > 0`;
  return {
    name: 'PostgreSQL',
    numbers: 'exact',
    types: { boolean: 'boolean', integer: 'bigint', number: 'numeric', text: 'text collate default', binary: 'bytea', json: 'jsonb' },
    async open() {
      const url = await newUrl();
      return opened(postgresSink(url), { rows: (target) => postgresRows(url, target), run: (text) => askPostgres(url, text) }, catalog);
    },
  };
}

export function sqlitePlaces(newPath: () => string): PlaceOptions {
  return {
    name: 'SQLite',
    numbers: 'exact',
    types: { boolean: 'BOOLEAN', integer: 'NUMBER_BLOB', number: 'NUMBER_BLOB', text: 'TEXT', binary: 'BLOB', json: 'JSON_TEXT' },
    async open() {
      const path = newPath();
      return opened(
        sqliteSink(path),
        { rows: async (target) => sqliteRows(path, target), run: async (text) => askSqlite(path, text) },
        (table) => `SELECT name, type FROM pragma_table_info('${table}')`,
      );
    },
  };
}

const mysqlTypes = {
  MySQL: { integer: 'bigint', text: 'longtext collate utf8mb4_0900_bin', json: 'json' },
  MariaDB: { integer: 'bigint(20)', text: 'longtext collate utf8mb4_nopad_bin', json: 'longtext collate utf8mb4_bin' },
};

export function mysqlPlaces(name: 'MySQL' | 'MariaDB', server: ServerForFile): PlaceOptions {
  const catalog = (table: string) => `SELECT column_name AS name, concat(column_type, coalesce(concat(' collate ', collation_name), '')) AS type
    FROM information_schema.columns WHERE table_schema = database() AND table_name = '${table}'`;
  return {
    name,
    numbers: name === 'MySQL' ? mysqlTraits.numbers : 'exact',
    types: { boolean: 'tinyint(1)', number: 'decimal(65,30)', binary: 'longblob', ...mysqlTypes[name] },
    async open(context) {
      const url = await server.database(context);
      return opened(mysqlSink(url), { rows: (target) => mysqlRows(url, target), run: (text) => askMysql(url, text) }, catalog);
    },
  };
}

export async function inPlace<T>(places: PlaceOptions, context: { skip(reason: string): never }, use: (place: Place) => Promise<T>): Promise<T> {
  const place = await places.open(context);
  try {
    return await use(place);
  } finally {
    await place.close();
  }
}
