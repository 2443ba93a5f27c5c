// A PostgreSQL server for a test file, and a database of its own with two sinks for each test.
import { newDatabase, startPostgres } from '@shardfold/embedded';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import type { Timers } from '../../src/index.ts';
import { createPostgresSink } from '../../src/index.ts';
import { fittingName, quoted } from '../../src/postgres/names.ts';
import type { SinkUnderTest, StoredRow } from '../../src/testing/index.ts';

export const timers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export const never = new AbortController().signal;

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
  return createPostgresSink({ url, application: 'test', machine: { timers }, createTables: true });
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

const bookkeeping = new Set(['data', 'cdc_time', 'cdc_seq']);

function storedRow(row: Record<string, unknown>): StoredRow {
  const keys = Object.entries(row).filter(([name]) => !bookkeeping.has(name));
  return {
    key: keys.map(([, value]) => (Buffer.isBuffer(value) ? value.toString('base64') : String(value))),
    data: String(row.data),
    version: { time: Number(row.cdc_time), seq: String(row.cdc_seq) },
  };
}

/** Reads a table of the schema `public` back. */
export async function storedRows(url: string, table: string): Promise<StoredRow[]> {
  const client = new pg.Client({
    connectionString: url,
    types: { getTypeParser: (oid: number) => (oid === 17 ? pg.types.getTypeParser(17) : (text: string) => (oid === 16 ? String(text === 't') : text)) },
  });
  await client.connect();
  try {
    return (await client.query(`SELECT * FROM public.${quoted(fittingName(table))}`)).rows.map(storedRow);
  } finally {
    await client.end();
  }
}

export async function sinksOn(url: string): Promise<SinkUnderTest> {
  const sinks = [sinkFor(url), sinkFor(url)] as const;
  await Promise.all(sinks.map((sink) => sink.open(never)));
  return {
    sinks,
    rows: (table) => storedRows(url, table),
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
