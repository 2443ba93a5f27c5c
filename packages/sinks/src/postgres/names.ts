// Names as PostgreSQL takes them: quoted, and never cut off by the server in silence. It knows no table in particular.
import { createHash } from 'node:crypto';
import { SinkError } from '../types.ts';

/** NAMEDATALEN - 1 of a server as it is built by everybody. */
const maxNameBytes = 63;
const hashLength = 9;

export interface TableName {
  readonly schema: string | undefined;
  readonly table: string;
}

/** The name itself, or its beginning and a hash of the whole: the server would cut it and let two long names collide. */
export function fittingName(name: string): string {
  if (Buffer.byteLength(name) <= maxNameBytes) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, hashLength);
  let head = '';
  for (const character of name) {
    if (Buffer.byteLength(head) + Buffer.byteLength(character) > maxNameBytes - hashLength - 1) break;
    head += character;
  }
  return `${head}_${hash}`;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `orders` or `public.orders`. Throws SINK_TABLE_MISMATCH for anything else. */
export function parseTableName(name: string): TableName {
  const parts = name.split('.');
  const [first = '', second] = parts;
  if (parts.length > 2 || parts.includes('') || name.includes('\u0000')) {
    throw new SinkError(
      'SINK_TABLE_MISMATCH',
      `The target "${name}" is no table's name for PostgreSQL; its changes are not written. Set tables[].target to "table" or "schema.table".`,
      { retryable: false },
    );
  }
  return second === undefined ? { schema: undefined, table: fittingName(first) } : { schema: fittingName(first), table: fittingName(second) };
}

/** A table beside another one, in the same schema. */
export function beside(name: TableName, table: string): TableName {
  return { schema: name.schema, table: fittingName(table) };
}

export function quotedTable(name: TableName): string {
  return name.schema === undefined ? quoted(name.table) : `${quoted(name.schema)}.${quoted(name.table)}`;
}
