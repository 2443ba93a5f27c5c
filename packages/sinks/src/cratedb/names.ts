// Names as CrateDB takes them. What it refuses in the name of a table or of a key's column gets another character and a hash of
// the whole, so that two names never become one. It knows no table in particular.
import { createHash } from 'node:crypto';
import { fittingName, type NameRules } from '../columns/names.ts';
import type { TableName } from '../sql/names.ts';

const systemColumns = new Set([
  ...['_id', '_version', '_score', '_uid', '_doc', '_raw', '_seq_no', '_primary_term', '_tombstone', '_fetchid', '_docid'],
  ...['_source', '_recovery_source', '_field_names'],
]);

const serverSchemas = new Set(['sys', 'information_schema', 'pg_catalog', 'blob']);

const refusedInColumns = /[.[\t\n\r]/;
/** Schema and table together may have 255. */
const maxTableBytes = 100;
const refusedInTables = /[\\/*?"<>|\s,.[\]\p{Cc}]/gu;

/** The server names no limit; it keeps names in its cluster state, and some are names of files. */
export const crateNames: NameRules = {
  maxLength: 200,
  unit: 'bytes',
  ignoresCase: false,
  allows: (name) => !refusedInColumns.test(name) && !systemColumns.has(name),
  tableProblem: (_table, schema) => (schema !== undefined && serverSchemas.has(schema) ? `names the schema "${schema}" of the server` : undefined),
};

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 9);
}

/** The name itself, or one that a table can have in its place. Views may be called anything that has no dot. */
export function tableNameText(name: string): string {
  const escaped = fittingName(name.replaceAll(refusedInTables, '_'), { maxLength: maxTableBytes, unit: 'bytes' });
  return escaped === name ? name : `${escaped}_${hashOf(name)}`;
}

/** The name of a key's column: a row without one has nowhere to go. */
export function keyColumnName(name: string): string {
  if (name !== '' && crateNames.allows(name)) return name;
  return `${name.replaceAll(/[.[\t\n\r]/g, '_')}_${hashOf(name)}`;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `schema` is the one that the url names, where the target names none. */
export function quotedTable(name: TableName, schema: string): string {
  return `${quoted(name.schema ?? schema)}.${quoted(name.table)}`;
}

/** As a literal in DDL and in questions to the catalog. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
