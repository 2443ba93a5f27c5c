// A CrateDB for a test file, and a schema of its own with two sinks for each test. The server is the one that
// SHARDFOLD_TEST_CRATEDB_URL names; no registry of packages has one.
import { randomUUID } from 'node:crypto';
import { afterAll } from 'vitest';
import { assertNotRequired } from '../../../../test/servers/required.ts';
import { literal, quoted } from '../../src/cratedb/names.ts';
import { shapeOf } from '../../src/cratedb/shape.ts';
import { type CrateSinkOptions, createCrateSink } from '../../src/cratedb/sink.ts';
import type { TargetTable } from '../../src/index.ts';
import { dataOfColumns, type SinkTraits, type SinkUnderTest, type StoredRow, sqlTraits } from '../../src/testing/index.ts';
import { never, timers } from './machine.ts';

const ownServer = process.env.SHARDFOLD_TEST_CRATEDB_URL;

export const clock = { wallMs: () => Date.now() };

export const crateTraits: SinkTraits = {
  ...sqlTraits,
  numbers: 'double-or-text',
  reports: 'unresolved',
  // The server's JSON reader takes no such name, in the document or in the extra column.
  refused: { '\ud800': 1 },
  // One row is all there is of a key, so nobody can put one beside its tombstone.
  plants: false,
};

export interface CrateServer {
  /** The url of a schema that nobody has used; skips the test where there is no server. */
  schema(context: { skip(reason: string): never }): string;
}

/** Call at the top of a test file. */
export function crateForFile(): CrateServer {
  const used: string[] = [];
  afterAll(async () => {
    for (const url of used) await dropAll(url);
  });
  return {
    schema(context) {
      if (ownServer === undefined) {
        const reason = 'SHARDFOLD_TEST_CRATEDB_URL names no server';
        assertNotRequired('cratedb', reason);
        return context.skip(`CrateDB is not to be had: ${reason}`);
      }
      const url = new URL(ownServer);
      url.pathname = `/shardfold_${randomUUID().replaceAll('-', '')}`;
      used.push(url.href);
      return url.href;
    },
  };
}

function schemaOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

type Rows = readonly (readonly unknown[])[];

/** One statement, as a person would send it. */
export async function query(url: string, stmt: string, args: readonly unknown[] = []): Promise<Rows> {
  const { origin } = new URL(url);
  const response = await fetch(`${origin}/_sql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ stmt, args }),
  });
  const answer = (await response.json()) as { readonly rows?: Rows; readonly error?: { readonly message: string } };
  if (answer.error !== undefined) throw new Error(`${stmt.slice(0, 300)}: ${answer.error.message}`);
  return answer.rows ?? [];
}

export async function dropAll(url: string): Promise<void> {
  const schema = schemaOf(url);
  const relations = await query(url, `SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = ${literal(schema)}`);
  for (const [name, type] of relations) await query(url, `DROP ${type === 'VIEW' ? 'VIEW' : 'TABLE'} IF EXISTS ${quoted(schema)}.${quoted(String(name))}`);
}

export function sinkFor(url: string, change: Partial<CrateSinkOptions> = {}): ReturnType<typeof createCrateSink> {
  return createCrateSink({ url, application: 'test', machine: { clock, timers }, createTables: true, ...change });
}

const asText = /^(bigint|double precision|object)$/;

function jsonOf(value: unknown, type: string): string | null {
  if (value === null) return null;
  return asText.test(type) ? String(value) : JSON.stringify(value);
}

/** Reads a target back through its view. */
export async function storedRows(url: string, target: TargetTable): Promise<StoredRow[]> {
  const shape = shapeOf(target, schemaOf(url));
  const { key, names, layout } = shape;
  await query(url, `REFRESH TABLE ${shape.rows}`);
  const columns = await query(
    url,
    `SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = ${literal(shape.schema)} AND table_name = ${literal(shape.viewName)} AND column_details['path'] = [] ORDER BY ordinal_position`,
  );
  const fields = columns.map(([name, type]) => ({ name: String(name), type: String(type) }));
  const selected = fields.map(({ name, type }) => (asText.test(type) ? `${quoted(name)}::TEXT` : quoted(name)));
  const rows = await query(url, `SELECT ${selected.join(', ')} FROM ${shape.view}`);
  const own = new Set<string>([
    names.time,
    names.seq,
    names.deleted,
    names.partial,
    names.extra,
    ...(layout === 'document' ? ['data'] : []),
    ...key.map(({ name }) => name),
  ]);
  return rows.map((values) => {
    const valueIn = (name: string): unknown => values[fields.findIndex((field) => field.name === name)] ?? null;
    const content = fields.filter(({ name }) => !own.has(name)).map(({ name, type }) => [name, jsonOf(valueIn(name), type)] as const);
    const extra = valueIn(names.extra);
    const partial = valueIn(names.partial);
    return {
      key: key.map(({ name }) => String(valueIn(name))),
      data: layout === 'document' ? String(valueIn('data')) : dataOfColumns(content, typeof extra === 'string' ? extra : null),
      version: { time: Number(valueIn(names.time)), seq: String(valueIn(names.seq)) },
      deleted: valueIn(names.deleted) === true,
      partial: typeof partial === 'string' ? partial : null,
    };
  });
}

export async function sinksOn(url: string): Promise<SinkUnderTest> {
  const sinks = [sinkFor(url), sinkFor(url)] as const;
  await Promise.all(sinks.map((sink) => sink.open(never)));
  return {
    sinks,
    rows: (target) => storedRows(url, target),
    async run(statements) {
      for (const statement of statements.split(/;\n|;$/)) if (statement.trim() !== '') await query(url, statement);
    },
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()));
      await dropAll(url);
    },
  };
}
