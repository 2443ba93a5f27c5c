// A target as CrateDB holds it: one table with a row for every key, dead or alive, and a view that shows the living ones. It runs
// nothing.
import { floorsName, rowsEnding } from '../own-names.ts';
import { beside, type TableName } from '../sql/names.ts';
import { bookkeepingOf, documentColumn, shapeOf as sqlShapeOf, type TableShape } from '../sql/shape.ts';
import { SinkError, type TargetTable } from '../types.ts';
import { crateNames, keyColumnName, quotedTable, tableNameText } from './names.ts';

export interface CrateShape extends Pick<TableShape, 'key' | 'keyless' | 'layout' | 'soft' | 'patches' | 'names' | 'floorName'> {
  /** Quoted, with their schema. */
  readonly rows: string;
  readonly view: string;
  readonly floors: string;
  /** For questions to the catalog. */
  readonly schema: string;
  readonly rowsName: string;
  readonly viewName: string;
  /** The version of a key's newest delete, and when it was written. */
  readonly dead: { readonly time: string; readonly seq: string; readonly at: string };
}

/** Column for column, what the sink itself writes beside the source's attributes. */
export function ownColumns({ names, dead, patches, layout }: Pick<CrateShape, 'names' | 'dead' | 'patches' | 'layout'>): string[] {
  return [...bookkeepingOf({ names, soft: true, patches, layout }), dead.time, dead.seq, dead.at];
}

/** Throws SINK_TABLE_MISMATCH for names that cannot stand beside each other. */
export function shapeOf(target: TargetTable, defaultSchema: string): CrateShape {
  const escaped = { ...target, key: target.key.map(({ name, type }) => ({ name: keyColumnName(name), type })) };
  const { rows: view, key, keyless, layout, soft, patches, names, floorName } = sqlShapeOf(escaped, crateNames, rowsEnding);
  const rows: TableName = { schema: view.schema, table: `${tableNameText(view.table)}${rowsEnding}` };
  const dead = { time: `${names.deleted}_time`, seq: `${names.deleted}_seq`, at: `${names.deleted}_at` };
  const own = [...Object.values(names), ...Object.values(dead), ...(layout === 'document' ? [documentColumn] : [])];
  const taken = Object.values(dead).find(
    (name) => own.filter((other) => other === name).length > 1 || (!keyless && key.some((column) => column.name === name)),
  );
  if (taken !== undefined) {
    throw new SinkError(
      'SINK_TABLE_MISMATCH',
      `The target "${target.name}" has another use for "${taken}", a name that bookkeeping needs; its changes are not written. Rename the column with tables[].columns.rename, or the bookkeeping column.`,
      { retryable: false },
    );
  }
  return {
    rows: quotedTable(rows, defaultSchema),
    view: quotedTable(view, defaultSchema),
    floors: quotedTable(beside(view, floorsName, crateNames), defaultSchema),
    schema: view.schema ?? defaultSchema,
    rowsName: rows.table,
    viewName: view.table,
    key,
    keyless,
    layout,
    soft,
    patches,
    names,
    floorName,
    dead,
  };
}
