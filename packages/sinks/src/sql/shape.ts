// What a target's tables look like in a SQL database: their names, their key, and what is kept beside the rows. It knows no
// server and runs nothing.
import { fittingName, folded, type NameRules } from '../columns/names.ts';
import { floorsName, tombstonesEnding } from '../own-names.ts';
import { type BookkeepingNames, type KeyType, SinkError, type TargetTable } from '../types.ts';
import { beside, parseTableName, type TableName } from './names.ts';

export interface KeyColumn {
  readonly name: string;
  readonly type: KeyType;
  /** As the server declares the column that is there, collation and all. */
  readonly declared?: string;
}

/** A target as it is stored: the rows, their tombstones, and the floors of its schema. */
export interface TableShape {
  readonly rows: TableName;
  readonly tombstones: TableName;
  readonly floors: TableName;
  readonly key: readonly KeyColumn[];
  /** The source has no key: a row is addressed by its place in the stream. */
  readonly keyless: boolean;
  readonly layout: TargetTable['layout'];
  readonly soft: boolean;
  /** The table has the column for soft deletes: it has them, or had them once. */
  readonly marks: boolean;
  /** The table has, or is to be made with, the column for patches. */
  readonly patches: boolean;
  /** As configured. */
  readonly names: BookkeepingNames;
  /** The table's row in the floors: one for all spellings of its name that are one table to the server. */
  readonly floorName: string;
  /** Where floors are looked for: under `floorName`, and under the name as it is spelled, where older versions left them. */
  readonly floorNames: readonly string[];
}

/** The one column of layout `document`. */
export const documentColumn = 'data';
/** In tombstones. */
export const deletedAtColumn = 'deleted_at';

function refuse(target: TargetTable, problem: string, remedy: string): never {
  throw new SinkError('SINK_TABLE_MISMATCH', `The target "${target.name}" ${problem}; its changes are not written. ${remedy}`, { retryable: false });
}

/** The columns of the rows that are not the source's, without the key. */
export function bookkeepingOf({ names, soft, patches, layout }: Pick<TableShape, 'names' | 'soft' | 'patches' | 'layout'>): string[] {
  return [
    ...(layout === 'document' ? [documentColumn] : [names.extra]),
    names.time,
    names.seq,
    ...(soft ? [names.deleted] : []),
    ...(patches ? [names.partial] : []),
  ];
}

/** Throws SINK_TABLE_MISMATCH for a name that no table can have, and for names that cannot stand beside each other. `ending`: see `tableNameProblem`. */
export function shapeOf(target: TargetTable, rules: NameRules, ending?: string): TableShape {
  const names = target.bookkeeping;
  const keyless = target.key.length === 0;
  const key = keyless ? [{ name: names.position, type: 'text' as const }] : target.key.map(({ name, type }) => ({ name: fittingName(name, rules), type }));
  const plain = { names, layout: target.layout, soft: target.deletes === 'soft', marks: target.deletes === 'soft', patches: target.patches };
  const same = (name: string): string => (rules.ignoresCase ? folded(name) : name);
  const bookkeeping = [
    ...(target.layout === 'document' ? [documentColumn] : []),
    deletedAtColumn,
    names.time,
    names.seq,
    names.deleted,
    names.partial,
    names.extra,
  ].map(same);
  for (const { name } of key) {
    if (bookkeeping.includes(same(name))) {
      refuse(target, `has a key column "${name}", a name that bookkeeping needs`, 'Rename the column with tables[].columns.rename, or the bookkeeping column.');
    }
  }
  if (new Set(key.map(({ name }) => same(name))).size < key.length) refuse(target, 'names a key column twice', 'Correct tables[].key.');
  const own = [names.time, names.seq, names.deleted, names.partial, names.position, names.extra];
  for (const name of own) {
    if (fittingName(name, rules) !== name || name === '' || !rules.allows(name))
      refuse(target, `has "${name}" for bookkeeping, no name for a column`, 'Choose another.');
  }
  if (new Set(own.map(same)).size < own.length) refuse(target, 'uses one name for two bookkeeping columns', 'Choose different ones.');
  const rows = parseTableName(target.name, rules, ending);
  const floorName = rules.tableCase?.fold(rows.table) ?? rows.table;
  return {
    ...plain,
    rows,
    tombstones: beside(rows, `${rows.table}${tombstonesEnding}`, rules),
    floors: beside(rows, floorsName, rules),
    key,
    keyless,
    floorName,
    floorNames: [...new Set([floorName, rows.table])],
  };
}
