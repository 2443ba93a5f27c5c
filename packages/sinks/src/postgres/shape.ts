// What a target's tables look like in PostgreSQL: their names, columns and types. It runs nothing.
import { type KeyType, SinkError, type TargetTable } from '../types.ts';
import { beside, fittingName, parseTableName, type TableName } from './names.ts';

export interface KeyColumn {
  readonly name: string;
  readonly type: KeyType;
}

/** A target as this sink stores it: the rows, their tombstones, and the floors of its schema. */
export interface TableShape {
  readonly rows: TableName;
  readonly tombstones: TableName;
  readonly floors: TableName;
  readonly key: readonly KeyColumn[];
}

export const bookkeepingColumns = ['data', 'cdc_time', 'cdc_seq'] as const;

/** Column types by key type; a byte-wise collation makes the database's order and equality those of the source. */
export const keyTypes: Readonly<Record<KeyType, string>> = {
  text: 'text COLLATE "C"',
  number: 'numeric',
  integer: 'bigint',
  binary: 'bytea',
  boolean: 'boolean',
};

function refuse(target: TargetTable, problem: string, remedy: string): never {
  throw new SinkError('SINK_TABLE_MISMATCH', `The target "${target.name}" ${problem}; its changes are not written. ${remedy}`, { retryable: false });
}

/** Throws SINK_TABLE_MISMATCH for what this sink cannot hold. */
export function shapeOf(target: TargetTable): TableShape {
  if (target.layout !== 'document') refuse(target, `has layout "${target.layout}", not supported yet by the postgres sink`, 'Set tables[].layout to document.');
  if (target.deletes !== 'hard') refuse(target, `has deletes "${target.deletes}", not supported yet by the postgres sink`, 'Set tables[].deletes to hard.');
  const key =
    target.key.length === 0 ? [{ name: 'cdc_position', type: 'text' as const }] : target.key.map(({ name, type }) => ({ name: fittingName(name), type }));
  for (const { name } of key) {
    if ((bookkeepingColumns as readonly string[]).includes(name)) {
      refuse(target, `has a key column "${name}", a name that bookkeeping needs`, 'Rename the column with tables[].columns.rename.');
    }
  }
  if (new Set(key.map(({ name }) => name)).size < key.length) refuse(target, 'names a key column twice', 'Correct tables[].key.');
  const rows = parseTableName(target.name);
  return { rows, tombstones: beside(rows, `${rows.table}__tombstones`), floors: beside(rows, 'shardfold_floors'), key };
}
