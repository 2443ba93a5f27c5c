// What is there: which tables exist, and what one looks like. It judges nothing.
import { sql } from 'kysely';
import { build, compiled } from './builder.ts';
import type { Connections } from './connections.ts';
import { quotedTable, type TableName } from './names.ts';

export interface FoundColumn {
  readonly name: string;
  /** As `format_type` says it: `text`, `numeric(65,0)`. */
  readonly type: string;
  /** An insert that leaves it out fails. */
  readonly demanded: boolean;
}

export interface FoundTable {
  /** An ordinary or partitioned table, not a view. */
  readonly table: boolean;
  readonly columns: readonly FoundColumn[];
  /** The columns of each index that `ON CONFLICT` can use. */
  readonly uniqueKeys: readonly (readonly string[])[];
}

async function ask<Row>(connections: Connections, query: ReturnType<typeof sql<Row>>, signal: AbortSignal): Promise<readonly Row[]> {
  const { rows } = await connections.run(compiled({ compile: () => query.compile(build) }), signal);
  // The query's own select list says what a row is; this is the one place that believes it.
  return rows as unknown as readonly Row[];
}

export async function schemaExists(connections: Connections, schema: string, signal: AbortSignal): Promise<boolean> {
  return (await ask(connections, sql`SELECT FROM pg_catalog.pg_namespace WHERE nspname = ${schema}`, signal)).length > 0;
}

export async function tableExists(connections: Connections, table: TableName, signal: AbortSignal): Promise<boolean> {
  const [found] = await ask(connections, sql<{ there: boolean }>`SELECT pg_catalog.to_regclass(${quotedTable(table)}) IS NOT NULL AS there`, signal);
  return found?.there ?? false;
}

export async function describeTable(connections: Connections, name: TableName, signal: AbortSignal): Promise<FoundTable> {
  const table = sql`pg_catalog.to_regclass(${quotedTable(name)})`;
  const kinds = await ask(connections, sql<{ kind: string }>`SELECT relkind::text AS kind FROM pg_catalog.pg_class WHERE oid = ${table}`, signal);
  const columns = await ask(
    connections,
    sql<FoundColumn>`SELECT attname::text AS name, pg_catalog.format_type(atttypid, atttypmod) AS type,
      attnotnull AND NOT atthasdef AND attidentity = '' AS demanded
      FROM pg_catalog.pg_attribute WHERE attrelid = ${table} AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    signal,
  );
  const uniques = await ask(
    connections,
    sql<{ names: string[] }>`SELECT array_agg(a.attname::text ORDER BY a.attnum) AS names
      FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
      WHERE i.indrelid = ${table} AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
      GROUP BY i.indexrelid`,
    signal,
  );
  return { table: ['r', 'p'].includes(kinds[0]?.kind ?? ''), columns, uniqueKeys: uniques.map(({ names }) => names) };
}
