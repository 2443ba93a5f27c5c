// Puts a change together. One of these a record: copying conditional parts together takes longer than to read some records.
import type { RowChange, RowImage, SourceTable } from '../types.ts';

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

interface Parts extends Pick<RowChange, 'kind' | 'source' | 'key' | 'version'> {
  readonly after: RowImage | undefined;
  readonly before: RowImage | undefined;
}

export function rowChange({ kind, source, key, version, after, before }: Parts): Writable<RowChange> {
  const change: Writable<RowChange> = { kind, source, key, version };
  if (after !== undefined) change.after = after;
  if (before !== undefined) change.before = before;
  return change;
}

export function sourceTable(system: string, database: string | undefined, schema: string | undefined, table: string): SourceTable {
  const source: Writable<SourceTable> = { system, table };
  if (database !== undefined) source.database = database;
  if (schema !== undefined) source.schema = schema;
  return source;
}
