// An open table behind the seam: what is known of it, read again when it changes. It knows no statement but those that change it.
import type { Version } from '@shardfold/changes';
import { type KeyType, SinkError, type Table, type TableStatus, type TargetTable } from '../types.ts';
import { describeRelation } from './catalog.ts';
import type { Connection } from './connection.ts';
import { addColumn, alterTable } from './ddl.ts';
import { isColumnLimit, lostRace } from './errors.ts';
import { problemsOf, withFound } from './fit.ts';
import { newPace } from './guarded.ts';
import { type PreparedTable, prepareFloors, prepareTable, readTable, renewView } from './prepare.ts';
import { type CrateShape, shapeOf } from './shape.ts';
import { ColumnsChanged, type SlowContext } from './slow.ts';
import { readFloor } from './states.ts';
import { type TableView, viewOf } from './table-view.ts';
import { keyTypes } from './types.ts';
import { raiseFloor, sweepRows, truncateRows } from './upkeep.ts';
import { type WritableTable, writeGroup } from './write.ts';

export interface OpenedTable {
  readonly table: Table;
  readonly shape: CrateShape;
  /** For `describe`. */
  problems(): TableStatus['problems'];
}

export interface Opening {
  readonly connection: Connection;
  readonly target: TargetTable;
  readonly wallMs: () => number;
}

/** How often the columns may change under one truncation or sweep. */
const maxColumnRounds = 40;

function writable({ connection, target }: Opening, { shape, found }: PreparedTable): WritableTable {
  let view = viewOf(target, shape, found, false);
  let isFull = false;
  const table: WritableTable = {
    view: () => view,
    floor: undefined,
    pace: newPace(),
    async reload(signal) {
      const now = await readTable(connection, view.shape, signal);
      view = viewOf(target, now.shape, now.found, isFull);
    },
    async add(additions, signal) {
      try {
        await connection.ask(
          alterTable(
            view.shape.rows,
            additions.map(([name, type]) => addColumn(name, type)),
          ),
          signal,
          [],
          'long',
        );
      } catch (error) {
        if (isColumnLimit(error)) isFull = true;
        else if (!lostRace(error)) throw error;
      }
      await table.reload(signal);
      await renewView(connection, view.shape, signal);
    },
  };
  return table;
}

/** Does it again when the columns change meanwhile. */
async function withColumns<T>(opening: Opening, table: WritableTable, signal: AbortSignal, act: (context: SlowContext) => Promise<T>): Promise<T> {
  for (let round = 1; ; round += 1) {
    const view: TableView = table.view();
    try {
      return await act({ connection: opening.connection, shape: view.shape, view, signal, nowMs: opening.wallMs() });
    } catch (error) {
      if (!(error instanceof ColumnsChanged) || round === maxColumnRounds) throw error;
      await table.reload(signal);
    }
  }
}

async function prepared(opening: Opening, shape: CrateShape, signal: AbortSignal) {
  const { connection, target } = opening;
  const found = await prepareTable(connection, shape, target.createTables, signal);
  const table = writable(opening, found);
  table.floor = await readFloor({ connection, shape: found.shape, signal });
  return { table, problems: problemsOf(found.found, found.shape) };
}

async function openKeyed(opening: Opening, shape: CrateShape, signal: AbortSignal): Promise<OpenedTable> {
  const { connection, target, wallMs } = opening;
  const { table, problems } = await prepared(opening, shape, signal);
  return {
    shape,
    problems: () => problems,
    table: {
      write: (group, writing) => writeGroup(group, { connection, table, wallMs, signal: writing }),
      truncate: (before, truncating) => withColumns(opening, table, truncating, (context) => truncateRows(context, before)),
      sweep: (sweeping) => withColumns(opening, table, sweeping, (context) => sweepRows(context, target.tombstoneRetentionMs)),
    },
  };
}

const allKeyTypes: readonly KeyType[] = ['text', 'integer', 'boolean'];

/** Which key type a column that is there serves. */
function keyTypeOf(columnType: string): KeyType {
  return allKeyTypes.find((type) => keyTypes[type].fits.test(columnType)) ?? 'text';
}

/**
 * Without a key: rows are appended, or it is a truncation of a table whose key is not known yet. So the table is made by its
 * first row, and a truncation takes it as it is.
 */
async function openKeyless(opening: Opening, shape: CrateShape, signal: AbortSignal): Promise<OpenedTable> {
  const { connection, target, wallMs } = opening;
  const relation = { schema: shape.schema, name: shape.rowsName };
  let problems: TableStatus['problems'] = [];
  let making: Promise<WritableTable> | undefined;

  async function make(signalOf: AbortSignal): Promise<WritableTable> {
    const made = await prepared(opening, shape, signalOf);
    problems = made.problems;
    return made.table;
  }

  async function opened(signalOf: AbortSignal): Promise<WritableTable> {
    making ??= make(signalOf);
    const attempt = making;
    try {
      return await attempt;
    } catch (error) {
      if (making === attempt) making = undefined;
      throw error;
    }
  }

  if (target.createTables) await prepareFloors(connection, shape, true, signal);
  else if ((await describeRelation(connection, relation, signal)) === undefined) await opened(signal);

  /** The table as it is, whatever its key. */
  async function asItIs(signalOf: AbortSignal): Promise<WritableTable | undefined> {
    const found = await describeRelation(connection, relation, signalOf);
    if (found === undefined) return undefined;
    const key = found.key.map((name) => ({ name, type: keyTypeOf(found.columns.find((column) => column.name === name)?.type ?? '') }));
    return writable(opening, { shape: withFound({ ...shape, key }, found), found });
  }

  async function truncate(before: Version, truncating: AbortSignal): Promise<void> {
    const table = await asItIs(truncating);
    if (table === undefined) await raiseFloor({ connection, shape, signal: truncating, nowMs: wallMs() }, before);
    // A table that was made meanwhile may hold rows whose writers did not see the floor.
    const now = table ?? (await asItIs(truncating));
    if (now !== undefined) await withColumns(opening, now, truncating, (context) => truncateRows(context, before));
  }

  return {
    shape,
    problems: () => problems,
    table: {
      write: async (group, writing) => {
        if (group.length === 0) return { applied: 0, superseded: 0, unresolved: 0, rejected: [] };
        return writeGroup(group, { connection, table: await opened(writing), wallMs, signal: writing });
      },
      truncate,
      async sweep(sweeping) {
        const table = await asItIs(sweeping);
        return table === undefined
          ? { healed: 0, forgotten: 0 }
          : withColumns(opening, table, sweeping, (context) => sweepRows(context, target.tombstoneRetentionMs));
      },
    },
  };
}

/** Throws SINK_TABLE_MISSING or SINK_TABLE_MISMATCH, both with what a person can do. */
export async function openTable(opening: Opening, signal: AbortSignal): Promise<OpenedTable> {
  const shape = shapeOf(opening.target, opening.connection.schema);
  if (signal.aborted) throw new SinkError('SINK_CLOSED', 'CrateDB: opening was broken off because the program stops.', { retryable: false });
  return shape.keyless ? openKeyless(opening, shape, signal) : openKeyed(opening, shape, signal);
}
