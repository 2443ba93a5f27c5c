// An open table of a source that tells no key: its rows are appended, or it is truncated while its key is not known. So the table
// is made by its first row, and a truncation takes it as it is. It knows no statement.
import type { KeyType, TableStatus, TargetTable, WriteReport } from '../types.ts';
import { withFreshColumns } from './check-columns.ts';
import type { SqlDialect } from './dialect.ts';
import { type Engine, guarded } from './engine.ts';
import { prepareFloors, withFound } from './prepare.ts';
import type { TableShape } from './shape.ts';
import { type OpenedTable, prepared, sweepTable, writable } from './table.ts';
import { truncateTable } from './truncate.ts';
import { type TableView, viewOf } from './view.ts';
import type { WritableTable } from './write.ts';
import { writeGroup } from './write.ts';

/** A column of bytes may serve texts too: only as bytes are all of its keys told apart. */
const allKeyTypes: readonly KeyType[] = ['binary', 'text', 'number', 'integer', 'boolean'];

/** Which key type a column that is there was made for. */
function keyTypeOf({ types }: SqlDialect, columnType: string): KeyType {
  return allKeyTypes.find((type) => types.key[type].fits.test(columnType)) ?? 'text';
}

/** The tables as they are, whatever their key; undefined where they are not there. */
async function asTheyAre(engine: Engine, shape: TableShape, target: TargetTable, signal: AbortSignal): Promise<TableView | undefined> {
  const { dialect, connections } = engine;
  const describe = (table: TableShape['rows']) => guarded(engine, () => dialect.describeTable(connections, table, signal));
  const rows = await describe(shape.rows);
  const tombstones = await describe(shape.tombstones);
  if (rows === undefined || tombstones === undefined) return undefined;
  const typeOf = (name: string): string => rows.columns.find((column) => column.name === name)?.type ?? '';
  // The rows may have other unique keys beside the one that changes go by; their tombstones have but that.
  const key = (tombstones.uniqueKeys[0] ?? []).map((name) => ({ name, type: keyTypeOf(dialect, typeOf(name)) }));
  return viewOf(engine, target, withFound({ ...shape, key }, rows), rows);
}

interface Appendable {
  readonly table: WritableTable;
  readonly problems: TableStatus['problems'];
}

/** Makes or checks the table when it is first asked for; asks again after a failure. */
function firstRowOpens(engine: Engine, shape: TableShape, target: TargetTable) {
  let opening: Promise<Appendable> | undefined;
  let known: Appendable | undefined;
  return {
    problems: (): TableStatus['problems'] => known?.problems ?? [],
    async table(signal: AbortSignal): Promise<WritableTable> {
      opening ??= prepared(engine, shape, target, signal).then(({ view, problems }) => ({ table: writable(engine, target, view), problems }));
      const attempt = opening;
      try {
        known = await attempt;
        return known.table;
      } catch (error) {
        if (opening === attempt) opening = undefined;
        throw error;
      }
    },
  };
}

const nothingWritten: WriteReport = { applied: 0, superseded: 0, unresolved: 0, rejected: [] };

/** Throws SINK_TABLE_MISSING, with what a person can do, where the table is not there and may not be made. */
export async function openKeyless(engine: Engine, shape: TableShape, target: TargetTable, signal: AbortSignal): Promise<OpenedTable> {
  const appendable = firstRowOpens(engine, shape, target);
  if (target.createTables) await guarded(engine, () => prepareFloors(engine, shape, true, signal));
  else if ((await asTheyAre(engine, shape, target, signal)) === undefined) await appendable.table(signal);

  /** Answers whether the table was there. */
  async function truncateOnce(before: Parameters<typeof truncateTable>[3], truncating: AbortSignal): Promise<boolean> {
    const view = await asTheyAre(engine, shape, target, truncating);
    await guarded(engine, () => truncateTable(engine, shape, view, before, truncating));
    return view !== undefined;
  }

  return {
    shape,
    problems: appendable.problems,
    table: {
      write: async (group, writing) => (group.length === 0 ? nothingWritten : writeGroup(group, await appendable.table(writing), writing)),
      async truncate(before, truncating) {
        const truncate = () =>
          withFreshColumns(
            () => truncateOnce(before, truncating),
            async () => undefined,
          );
        // A table that is made meanwhile may hold rows whose writers did not see the floor.
        if (!(await truncate())) await truncate();
      },
      async sweep(sweeping) {
        const view = await asTheyAre(engine, shape, target, sweeping);
        return view === undefined ? { healed: 0, forgotten: 0 } : sweepTable(engine, view, target, sweeping);
      },
    },
  };
}
