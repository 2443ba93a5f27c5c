// A target's name as a table's name: its parts, cut to what the server keeps. It knows no server.
import { fittingName, type NameRules } from '../columns/names.ts';
import { SinkError } from '../types.ts';

export interface TableName {
  readonly schema: string | undefined;
  readonly table: string;
}

/** `orders` or `public.orders`. Throws SINK_TABLE_MISMATCH for anything else. */
export function parseTableName(name: string, rules: NameRules): TableName {
  const parts = name.split('.');
  const [first = '', second] = parts;
  if (parts.length > 2 || parts.includes('') || name.includes('\u0000')) {
    throw new SinkError(
      'SINK_TABLE_MISMATCH',
      `The target "${name}" is no table's name; its changes are not written. Set tables[].target to "table" or "schema.table".`,
      { retryable: false },
    );
  }
  if (second === undefined) return { schema: undefined, table: fittingName(first, rules) };
  return { schema: fittingName(first, rules), table: fittingName(second, rules) };
}

/** A table beside another one, in the same schema. */
export function beside(name: TableName, table: string, rules: NameRules): TableName {
  return { schema: name.schema, table: fittingName(table, rules) };
}

export function tableText({ schema, table }: TableName): string {
  return schema === undefined ? table : `${schema}.${table}`;
}
