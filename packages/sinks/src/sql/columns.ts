// The columns of an open table in layout `columns`: read from the server, changed when rows ask for it, read again. Where a value
// goes is decided in `columns/`; what is said to the server is the dialect's.
import { type Image, storedNames, type TextPolicy, type Value } from '@shardfold/changes';
import { createPlacer, type Layout, mergedChanges, type Placement, type Placer } from '../columns/layout.ts';
import { SinkError } from '../types.ts';
import type { FoundTable, SqlDialect, TableChange } from './dialect.ts';
import { type Engine, guarded } from './engine.ts';
import { tableText } from './names.ts';
import { bookkeepingOf, type TableShape } from './shape.ts';

export interface Columns {
  readonly layout: Layout;
  readonly placer: Placer;
  readonly fingerprint: string;
  /** How many columns can still be added. */
  readonly room: number;
}

/** Columns that bookkeeping may need later. */
const reserved = 4;

export function columnsOf({ names, types, maxColumns }: SqlDialect, shape: TableShape, found: FoundTable, mayChange: boolean, isFull: boolean): Columns {
  const { position, ...own } = shape.names;
  const keys = shape.key.map(({ name }) => name);
  const taken = [...new Set([...keys, ...Object.values(own), position, ...bookkeepingOf(shape)])];
  const hasExtra = found.columns.some(({ name }) => name === shape.names.extra);
  const room = isFull ? 0 : Math.max(0, maxColumns - reserved - found.columns.length);
  const layout: Layout = {
    columns: found.columns
      .filter(({ name }) => !taken.includes(name))
      .map(({ name, type, generated }) => ({ name, type, kind: types.kindOf(type), writable: !generated })),
    hasExtra,
    taken,
    keys,
    isFull: room === 0 || (!mayChange && hasExtra),
    mayWiden: mayChange,
    ...(types.holds === undefined ? {} : { holds: types.holds }),
  };
  return { layout, placer: createPlacer(layout, names), fingerprint: found.fingerprint, room };
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

/**
 * Changes the table. Answers whether it takes no further column. Throws SINK_TABLE_MISMATCH, with the statements to run, where
 * changing it is not allowed.
 */
export async function alterTable(
  engine: Engine,
  shape: TableShape,
  changes: readonly TableChange[],
  mayChange: boolean,
  signal: AbortSignal,
): Promise<'changed' | 'full'> {
  const { dialect, connections } = engine;
  const statements = dialect.statements.alter(shape.rows, changes);
  if (!mayChange) {
    throw new SinkError(
      'SINK_TABLE_MISMATCH',
      `The table ${tableText(shape.rows)} has no columns for what comes and createTables is false; nothing more is written to it. Run this, or set createTables: true:\n${statements.map(({ text }) => text).join(';\n')};`,
      { retryable: false },
    );
  }
  try {
    await guarded(engine, () => connections.transaction(statements, signal, 'long'));
    return 'changed';
  } catch (error) {
    if (error instanceof SinkError && dialect.isColumnLimit(error)) return 'full';
    if (error instanceof SinkError && dialect.lostCreateRace(error)) return 'changed';
    throw error;
  }
}
