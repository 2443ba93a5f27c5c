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

/** The key out of these rows, the first that has a column says its value. Undefined unless each column has one. */
export function keyOf(columns: readonly string[], ...rows: readonly JsonRow[]): Key | undefined {
  const key: (readonly [string, Value])[] = [];
  for (const column of columns) {
    const row = rows.find((each) => columnOf(each, column) !== undefined);
    const value = row === undefined ? undefined : columnOf(row, column);
    if (value === undefined || value === null) return undefined;
    key.push([column, value]);
  }
  return key.length === 0 ? undefined : key;
}
