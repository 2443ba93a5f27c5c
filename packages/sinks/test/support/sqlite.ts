// A directory of its own for a test file, and a SQLite file in it with two sinks for each test.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { normalNumber } from '@shardfold/changes';
import { afterAll, beforeAll } from 'vitest';
import type { Sink, TargetTable } from '../../src/index.ts';
import { parseTableName } from '../../src/sql/names.ts';
import { shapeOf } from '../../src/sql/shape.ts';
import { quoted, quotedTable, sqliteNames } from '../../src/sqlite/names.ts';
import { createSqliteSink } from '../../src/sqlite/sink.ts';
import { sqliteTypes } from '../../src/sqlite/types.ts';
import { dataOfColumns, type SinkUnderTest, type StoredRow } from '../../src/testing/index.ts';

export const clock = { wallMs: () => Date.now() };
export const never = new AbortController().signal;

/** Call at the top of a test file; the answer makes paths of files that are not there yet. */
export function filesForTests(): () => string {
  let directory = '';
  let made = 0;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'shardfold-sqlite-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return () => {
    made += 1;
    return join(directory, `${made}.db`);
  };
}

export function sqliteSink(path: string): Sink {
  return createSqliteSink({ url: path, machine: { clock }, createTables: true });
}

/** As another program would: a connection of its own, for the moment. */
export function onFile<T>(path: string, act: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 10000');
    return act(database);
  } finally {
    database.close();
  }
}

/** Another program has the file while `act` runs, or until it lets it go. */
export async function holding(path: string, act: (release: () => void) => Promise<void>): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec('BEGIN IMMEDIATE');
  let isHeld = true;
  const release = (): void => {
    if (isHeld) database.exec('ROLLBACK');
    isHeld = false;
  };
  try {
    await act(release);
  } finally {
    release();
    database.close();
  }
}

export function query(path: string, text: string, values: readonly SQLInputValue[] = []): readonly Record<string, unknown>[] {
  return onFile(path, (database) => {
    const statement = database.prepare(text);
    statement.setReadBigInts(true);
    return statement.all(...values);
  });
}

function keyText(value: unknown, isBoolean: boolean): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (isBoolean) return String(value === 1n);
  return typeof value === 'number' ? normalNumber(String(value)) : String(value);
}

/** A column's value as JSON text. */
function jsonOf(value: unknown, type: string): string | null {
  if (value === null) return null;
  const kind = sqliteTypes.kindOf(type);
  if (kind === 'boolean') return value === 1n ? 'true' : 'false';
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  return kind === 'number' || kind === 'json' || typeof value !== 'string' ? String(value) : JSON.stringify(value);
}

/** Reads a target's table back. */
export function storedRows(path: string, target: TargetTable): StoredRow[] {
  const { key, names, layout } = shapeOf(target, sqliteNames);
  const own = new Set<string>([names.time, names.seq, names.deleted, names.partial, names.position, names.extra, ...(layout === 'document' ? ['data'] : [])]);
  const table = parseTableName(target.name, sqliteNames);
  const types = new Map(query(path, 'SELECT name, type FROM pragma_table_info(?)', [table.table]).map(({ name, type }) => [String(name), String(type)]));
  return query(path, `SELECT * FROM ${quotedTable(table)}`).map((row) => {
    const values = new Map(Object.entries(row));
    const columns = [...types].filter(([name]) => !own.has(name)).map(([name, type]) => [name, jsonOf(values.get(name) ?? null, type)] as const);
    const extra = values.get(names.extra);
    const partial = values.get(names.partial);
    return {
      key: key.map(({ name, type }) => keyText(values.get(name), type === 'boolean')),
      data: layout === 'document' ? String(values.get('data')) : dataOfColumns(columns, typeof extra === 'string' ? extra : null),
      version: { time: Number(values.get(names.time)), seq: String(values.get(names.seq)) },
      deleted: values.get(names.deleted) === 1n,
      partial: typeof partial === 'string' ? partial : null,
    };
  });
}

export async function sinksOn(path: string): Promise<SinkUnderTest> {
  const sinks = [sqliteSink(path), sqliteSink(path)] as const;
  await Promise.all(sinks.map((sink) => sink.open(never)));
  return {
    sinks,
    rows: async (target) => storedRows(path, target),
    run: async (statements) => onFile(path, (database) => database.exec(statements)),
    async plant(target, id, { time, seq }) {
      const table = quotedTable(parseTableName(target.name, sqliteNames));
      query(path, `INSERT INTO ${table} (${quoted('id')}, data, cdc_time, cdc_seq) VALUES (?, '{}', ?, ?)`, [id, time, seq.padStart(65, '0')]);
    },
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
