// Names as PostgreSQL takes them. It knows no table in particular.
import type { NameRules } from '../columns/names.ts';
import type { TableName } from '../sql/names.ts';

/** Columns that every table has already. */
const systemColumns = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);

export const postgresNames: NameRules = {
  /** NAMEDATALEN - 1 of a server as it is built by everybody. */
  maxLength: 63,
  unit: 'bytes',
  ignoresCase: false,
  allows: (name) => !systemColumns.has(name),
  // What is in pg_temp belongs to one session, and the server makes no other schema with that beginning.
  tableProblem: (_table, schema) =>
    schema !== undefined && (schema.startsWith('pg_') || schema === 'information_schema') ? `names the schema "${schema}" of the server` : undefined,
};

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quotedTable(name: TableName): string {
  return name.schema === undefined ? quoted(name.table) : `${quoted(name.schema)}.${quoted(name.table)}`;
}
