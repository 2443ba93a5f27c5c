// An open table with a key behind the seam: what is known of it, read again when it changes. It knows no statement.
import { type Mutation, SinkError, type Table, type TableStatus, type TargetTable } from '../types.ts';
import { withFreshColumns } from './check-columns.ts';
import { alterTable } from './columns.ts';
import type { TableChange } from './dialect.ts';
import { type Engine, guarded, run } from './engine.ts';
import { problemsOf } from './fit.ts';
import { tableText } from './names.ts';
import { prepareTable, withFound } from './prepare.ts';
import type { TableShape } from './shape.ts';
import { forgetting, healing } from './sweep.ts';
import { truncateTable } from './truncate.ts';
import { type TableView, viewOf } from './view.ts';
import { type WritableTable, writeGroup } from './write.ts';

export interface OpenedTable {
  readonly table: Table;
  readonly shape: TableShape;
  /** For `describe`. */
  problems(): TableStatus['problems'];
}

async function found(engine: Engine, shape: TableShape, signal: AbortSignal) {
  const described = await guarded(engine, () => engine.dialect.describeTable(engine.connections, shape.rows, signal));
  if (described !== undefined) return described;
  throw new SinkError('SINK_TABLE_MISSING', `The table ${tableText(shape.rows)} is gone. Writing to it waits until that is mended: create it again.`, {
    retryable: false,
  });
}

export function writable(engine: Engine, target: TargetTable, first: TableView): WritableTable {
  let view = first;
  let isFull = false;
  let refusesExtra = false;
  const rigid = new Set<string>();
  async function alter(changes: readonly TableChange[], signal: AbortSignal): Promise<void> {
    const outcome = await alterTable(engine, view.shape, changes, target.createTables, signal);
    if (outcome === 'full') {
      isFull = true;
      refusesExtra = changes.every(({ name }) => name === view.shape.names.extra);
    }
    if (outcome !== 'rigid') return;
    const [only, ...others] = changes;
    if (only !== undefined && others.length === 0) rigid.add(only.name);
    else for (const change of changes) await alter([change], signal);
  }
  async function reload(signal: AbortSignal): Promise<void> {
    const described = await found(engine, view.shape, signal);
    view = viewOf(engine, target, withFound(view.shape, described), described, { isFull, refusesExtra, rigid });
  }
  return {
    view: () => view,
    reload,
    async change(changes, signal) {
      await alter(changes, signal);
      await reload(signal);
    },
    unreported: new WeakSet<Mutation>(),
    refusesMarkers: false,
  };
}

export async function sweepTable(engine: Engine, { shape }: TableView, target: TargetTable, signal: AbortSignal) {
  const healed = await run(engine, healing(engine, shape), signal);
  const forgotten = await run(engine, forgetting(engine, shape, target.tombstoneRetentionMs), signal);
  return { healed: healed.affected, forgotten: forgotten.affected };
}

export async function prepared(
  engine: Engine,
  shape: TableShape,
  target: TargetTable,
  signal: AbortSignal,
): Promise<{ readonly view: TableView; readonly problems: string[] }> {
  const { shape: fitting, found: described } = await guarded(engine, () => prepareTable(engine, shape, target.createTables, signal));
  return { view: viewOf(engine, target, fitting, described), problems: problemsOf(described, fitting) };
}

/** Throws SINK_TABLE_MISSING or SINK_TABLE_MISMATCH, both with what a person can do. */
export async function openKeyed(engine: Engine, shape: TableShape, target: TargetTable, signal: AbortSignal): Promise<OpenedTable> {
  const { view, problems } = await prepared(engine, shape, target, signal);
  const table = writable(engine, target, view);
  return {
    shape,
    problems: () => problems,
    table: {
      write: (group, writing) => writeGroup(group, table, writing),
      truncate: (before, truncating) =>
        withFreshColumns(
          () => guarded(engine, () => truncateTable(engine, shape, table.view(), before, truncating)),
          () => table.reload(truncating),
        ),
      sweep: (sweeping) => sweepTable(engine, table.view(), target, sweeping),
    },
  };
}
