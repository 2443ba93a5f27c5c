// The columns of an open table in layout `columns`: read from the server, changed when rows ask for it, read again. Where a value
// goes is decided in `columns/`; what is said to the server is the dialect's.
import { type Image, storedNames, type TextPolicy, type Value } from '@shardfold/changes';
import { createPlacer, type Layout, mergedChanges, type Placement, type Placer } from '../columns/layout.ts';
import { SinkError, type TargetTable } from '../types.ts';
import type { FoundTable, SqlDialect, TableChange } from './dialect.ts';
import { type Engine, sendAlter } from './engine.ts';
import { tableText } from './names.ts';
import { bookkeepingOf, type TableShape } from './shape.ts';

export interface Columns {
  readonly layout: Layout;
  readonly placer: Placer;
  readonly fingerprint: string;
  /** How many columns can still be added. */
  readonly room: number;
  /** Not even the extra column can be added. */
  readonly refusesExtra: boolean;
}

/** Columns that bookkeeping may need later. */
const reserved = 4;

/** What the server has refused of a table so far: any further column, even the extra one, or that some columns change their type. */
export interface Limits {
  readonly isFull: boolean;
  readonly refusesExtra: boolean;
  readonly rigid: ReadonlySet<string>;
}

/**
 * Somebody else made the column: its type is none that columns get here, or it stands before the bookkeeping, while columns that
 * appear stand behind it.
 */
function ownColumns({ types }: SqlDialect, { names }: TableShape, { columns }: FoundTable): ReadonlySet<string> {
  const made = new Set(Object.values(types.kinds));
  const time = columns.findIndex(({ name }) => name === names.time);
  const isMade = (type: string): boolean => (types.made === undefined ? made.has(type) : types.made.test(type));
  return new Set(columns.filter(({ type }, at) => at < time || !isMade(type)).map(({ name }) => name));
}

export function columnsOf(dialect: SqlDialect, shape: TableShape, found: FoundTable, target: TargetTable, limits: Limits): Columns {
  const { names, types, maxColumns } = dialect;
  const { isFull, refusesExtra, rigid } = limits;
  const { position, ...own } = shape.names;
  const theirs = ownColumns(dialect, shape, found);
  const mayChange = target.createTables;
  const taken = [...new Set([...shape.key.map(({ name }) => name), ...Object.values(own), position, ...bookkeepingOf(shape)])];
  const hasExtra = found.columns.some(({ name }) => name === shape.names.extra);
  const room = isFull ? 0 : Math.max(0, maxColumns - reserved - found.columns.length);
  const layout: Layout = {
    columns: found.columns
      .filter(({ name }) => !taken.includes(name))
      .map(({ name, type: declared, base: type = declared, generated, composite = false }) => ({
        name,
        type,
        kind: types.kindOf(type),
        writable: !(generated || composite),
        own: theirs.has(name),
        rigid: rigid.has(name),
      })),
    hasExtra,
    taken,
    keys: target.key.map(({ name }) => name),
    isFull: room === 0 || (!mayChange && hasExtra),
    mayWiden: mayChange,
    ...(types.holds === undefined ? {} : { holds: types.holds }),
  };
  return { layout, placer: createPlacer(layout, names), fingerprint: found.fingerprint, room, refusesExtra };
}

/** A row's attributes under the names they are stored by. */
export function attributesOf(image: Image, policy: TextPolicy): (readonly [name: string, value: Value])[] {
  return storedNames(Object.keys(image), policy).map(([name, stored]) => [stored, image[name] ?? null] as const);
}

/** What must change before all rows can go where they belong; empty when they can go now. */
export function changesFor(placements: readonly Placement[], { room }: Columns, { names, types }: SqlDialect, extra: string): readonly TableChange[] {
  const merged = mergedChanges(
    placements.flatMap(({ wanted }) => wanted),
    room,
    names,
  );
  return [
    ...merged.map(({ kind, name, column }) => ({ kind, name, type: types.kinds[column] })),
    ...(placements.some(({ lacksExtra }) => lacksExtra) ? [{ kind: 'add' as const, name: extra, type: types.json.ddl }] : []),
  ];
}

/** The server will say the same the next time: a view or a generated column uses the column, say. */
function isFinal(error: unknown): boolean {
  return error instanceof SinkError && !error.retryable && (error.code === 'SINK_UNEXPECTED' || error.code === 'SINK_TABLE_MISMATCH');
}

/**
 * Changes the table. `full`: it takes no further column; `rigid`: one of the columns to be widened must stay as it is. Throws
 * SINK_TABLE_MISMATCH, with the statements to run, where changing it is not allowed.
 */
export async function alterTable(
  engine: Engine,
  shape: TableShape,
  changes: readonly TableChange[],
  mayChange: boolean,
  signal: AbortSignal,
): Promise<'changed' | 'full' | 'rigid'> {
  const { dialect } = engine;
  const statements = dialect.statements.alter(shape.rows, changes);
  if (!mayChange) {
    throw new SinkError(
      'SINK_TABLE_MISMATCH',
      `The table ${tableText(shape.rows)} has no columns for what comes and createTables is false; nothing more is written to it. Run this, or set createTables: true:\n${statements.map(({ text }) => text).join(';\n')};`,
      { retryable: false },
    );
  }
  try {
    await sendAlter(engine, statements, signal);
    return 'changed';
  } catch (error) {
    if (error instanceof SinkError && dialect.isColumnLimit(error)) return 'full';
    if (error instanceof SinkError && dialect.lostCreateRace(error)) return 'changed';
    if (changes.some(({ kind }) => kind === 'widen') && isFinal(error)) return 'rigid';
    throw error;
  }
}
