// An open table at one moment: its shape, its columns as they were last read, and the statements made for them. It does nothing.
import type { TextPolicy } from '@shardfold/changes';
import type { TargetTable } from '../types.ts';
import type { FoundTable } from './catalog.ts';
import { type Columns, columnsOf } from './columns.ts';
import type { Guarded } from './guarded.ts';
import type { CrateShape } from './shape.ts';
import { deleteStatement, putStatement } from './statements.ts';

export interface TableView {
  readonly shape: CrateShape;
  /** Layout `columns` only. */
  readonly columns: Columns | undefined;
  readonly policy: TextPolicy;
  readonly put: Guarded;
  readonly remove: Guarded;
}

/** `isFull`: the server has said that it takes no further column. */
export function viewOf(target: TargetTable, shape: CrateShape, found: FoundTable, isFull: boolean): TableView {
  const columns = shape.layout === 'columns' ? columnsOf(shape, found, target.createTables, isFull) : undefined;
  const attributes = columns?.attributes ?? [];
  return {
    shape,
    columns,
    policy: { numbers: 'double-or-text', ...target.columns },
    put: { kept: putStatement(shape, attributes, 'kept'), refused: putStatement(shape, attributes, 'refused') },
    remove: { kept: deleteStatement(shape, attributes, 'kept'), refused: deleteStatement(shape, attributes, 'refused') },
  };
}
