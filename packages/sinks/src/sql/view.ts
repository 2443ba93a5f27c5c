// An open table at one moment: its shape, its columns as they were last read, and the statements made for them. It does nothing.
import type { TextPolicy } from '@shardfold/changes';
import type { TargetTable } from '../types.ts';
import { type Columns, columnsOf, type Limits } from './columns.ts';
import type { FoundTable, HotRow, HotTable } from './dialect.ts';
import type { Engine } from './engine.ts';
import type { TableShape } from './shape.ts';

export interface TableView {
  readonly engine: Engine;
  readonly shape: TableShape;
  /** Layout `columns` only. */
  readonly columns: Columns | undefined;
  readonly hot: HotTable<HotRow> | undefined;
  readonly policy: TextPolicy;
}

const noLimits: Limits = { isFull: false, refusesExtra: false, rigid: new Set() };

export function viewOf(engine: Engine, target: TargetTable, shape: TableShape, found: FoundTable, limits = noLimits): TableView {
  const { dialect, connections } = engine;
  const columns = shape.layout === 'columns' ? columnsOf(dialect, shape, found, target, limits) : undefined;
  const policy: TextPolicy = { numbers: dialect.numbers ?? 'exact', ...target.columns };
  return { engine, shape, columns, policy, hot: dialect.hot?.({ connections, shape, columns, policy }) };
}
