// Names as SQLite takes them. It knows no table in particular.
import type { NameRules } from '../columns/names.ts';
import type { TableName } from '../sql/names.ts';
import { SinkError } from '../types.ts';

export const sqliteNames: NameRules = {
  /** SQLite itself has no limit; this one keeps the schema readable. */
  maxLength: 200,
  unit: 'characters',
  ignoresCase: true,
  /** Letters beyond ASCII are as they are. */
  tableCase: { fold: (name) => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()), schema: 'main' },
  allows: () => true,
  tableProblem(table, schema) {
    if (schema !== undefined && !isMain(schema)) return `names the schema "${schema}", and SQLite has none`;
    return table.toLowerCase().startsWith('sqlite_') ? 'begins with "sqlite_" like the tables of SQLite itself' : undefined;
  },
};

function isMain(schema: string): boolean {
  return schema.toLowerCase() === 'main';
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Text as a literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quotedTable(name: TableName): string {
  return name.schema === undefined ? quoted(name.table) : `${quoted(name.schema)}.${quoted(name.table)}`;
}

/** The one schema of a file. Throws SINK_TABLE_MISMATCH for any other. `table`: the target's own name, where it is known. */
export function checkSchema(schema: string | undefined, table?: string): 'main' {
  if (schema === undefined || isMain(schema)) return 'main';
  const [target, name] = table === undefined ? ['a target', ''] : [`the target "${schema}.${table}"`, `, "${table}"`];
  throw new SinkError(
    'SINK_TABLE_MISMATCH',
    `SQLite has no schemas, and ${target} names the schema "${schema}"; its changes are not written. Set tables[].target to the table's name alone${name}.`,
    { retryable: false },
  );
}

/** The rules of an open sink: it refuses a schema with the name to write in its place. Looking for a problem throws SINK_TABLE_MISMATCH then. */
export const sqliteTargetNames: NameRules = {
  ...sqliteNames,
  tableProblem(table, schema) {
    checkSchema(schema, table);
    return sqliteNames.tableProblem?.(table, schema);
  },
};
