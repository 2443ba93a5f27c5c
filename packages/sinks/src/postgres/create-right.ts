// Whether the url's user may make tables. It asks for the right and makes nothing.
import type { SqlConnections } from '../sql/connections.ts';

const text =
  'SELECT current_schema() AS schema, ' +
  "CASE WHEN current_schema() IS NULL THEN false ELSE pg_catalog.has_schema_privilege(current_schema(), 'CREATE') END AS may";

/** Undefined: it may, where names without a schema go. Else what it may not, as a phrase. */
export async function createDenial(connections: SqlConnections, signal: AbortSignal): Promise<string | undefined> {
  const { rows } = await connections.run({ text }, signal);
  const [row] = rows;
  if (row === undefined || row.may === true) return undefined;
  return row.schema === null ? 'create tables: no schema of its search_path is there' : `create tables in schema "${String(row.schema)}"`;
}
