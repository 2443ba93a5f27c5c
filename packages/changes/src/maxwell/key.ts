// The key of a row in a Maxwell record, which has one when Maxwell runs with output_primary_key_columns. It knows no row
// but those it is given.
import { columnOf, type JsonRow } from '../records/json-row.ts';
import type { Key, Value } from '../types.ts';

/** MySQL's keys have at most 16 columns, MariaDB's 32. */
const maxKeyColumns = 32;

/** The names of the key's columns, in their order; empty where the record does not name them. Undefined for what are no names. */
export function keyColumns(columns: unknown): readonly string[] | undefined {
  if (columns === undefined || columns === null) return [];
  if (!Array.isArray(columns) || columns.length > maxKeyColumns) return undefined;
  return columns.every((column): column is string => typeof column === 'string' && column !== '') ? columns : undefined;
}

/** The key out of this row; of `earlier` are the columns that it has. Undefined unless each has a value. */
export function keyOf(columns: readonly string[], row: JsonRow, earlier?: JsonRow): Key | undefined {
  const key: (readonly [string, Value])[] = [];
  for (const column of columns) {
    const before = earlier === undefined ? undefined : columnOf(earlier, column);
    const value = before === undefined ? columnOf(row, column) : before;
    if (value === undefined || value === null) return undefined;
    key.push([column, value]);
  }
  return key.length === 0 ? undefined : key;
}
