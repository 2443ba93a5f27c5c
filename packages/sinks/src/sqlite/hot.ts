// The fast way to SQLite: mutations as parameters, a chunk as one order to the thread. It runs nothing itself.
import type { TextPolicy } from '@shardfold/changes';
import { extraText } from '../columns/extra-text.ts';
import type { PlacedRow, TableColumn } from '../columns/layout.ts';
import { RowFault } from '../row-fault.ts';
import { ColumnsChanged, type HotContext, type HotRow, type HotSent, type HotTable, type WholeMutation } from '../sql/dialect.ts';
import { keyParts } from '../sql/key.ts';
import type { TableShape } from '../sql/shape.ts';
import { fingerprintText } from './catalog.ts';
import type { SqliteConnections } from './connections.ts';
import { checkSchema } from './names.ts';
import { contentNames, hotTexts } from './statements.ts';
import type { HotOutcome, HotPlan, HotRows, SqlValue } from './thread/protocol.ts';
import { cellParameter, keyParameter, seqParameter } from './values.ts';

/** One transaction holds other programs off, and its rows are in memory twice, so long. */
const maxRowsPerTransaction = 2_000;
const maxCharactersPerTransaction = 4 * 1024 * 1024;

export interface SqliteRow extends HotRow {
  readonly kind: 'put' | 'delete';
  /** What SQLite is not even asked. */
  readonly parameters: readonly SqlValue[] | RowFault;
}

/** What a row's columns are, in the order of its parameters. */
export interface Content {
  readonly columns: readonly TableColumn[];
  readonly hasExtra: boolean;
}

const exact = { numbers: 'exact' } as const;

function placedParameters(placed: PlacedRow, { columns, hasExtra }: Content): SqlValue[] {
  const cells = columns.map((column) => cellParameter(column, placed.cells.get(column.name) ?? null));
  return hasExtra ? [extraText(placed.extra, exact), ...cells] : cells;
}

/** Throws `RowFault`. */
function parametersOf(shape: TableShape, policy: TextPolicy, mutation: WholeMutation, placed: PlacedRow | undefined, content: Content): SqlValue[] {
  const key = keyParts(mutation);
  const parameters: SqlValue[] = [];
  for (const [index, column] of shape.key.entries()) parameters.push(keyParameter(column, key[index] ?? null));
  parameters.push(mutation.version.time, seqParameter(mutation.version.seq));
  if (mutation.kind === 'delete') return parameters;
  if (placed === undefined) parameters.push(mutation.row.json(policy));
  else parameters.push(...placedParameters(placed, content));
  return parameters;
}

function sizeOf(parameters: readonly SqlValue[]): number {
  let size = 0;
  for (const value of parameters) size += typeof value === 'string' || value instanceof Uint8Array ? value.length : 8;
  return size;
}

/** One mutation, its key and version checked before. */
export function encodeMutation(
  shape: TableShape,
  policy: TextPolicy,
  mutation: WholeMutation,
  index: number,
  placed: PlacedRow | undefined,
  content: Content,
): SqliteRow {
  const kind = mutation.kind === 'delete' ? 'delete' : 'put';
  try {
    const parameters = parametersOf(shape, policy, mutation, placed, content);
    return { index, kind, size: sizeOf(parameters), parameters };
  } catch (error) {
    // Told when it is the row's turn, so that it is the row's alone.
    if (error instanceof RowFault) return { index, kind, size: 0, parameters: error };
    throw error;
  }
}

function planOf({ shape, columns }: Pick<HotContext, 'shape' | 'columns'>, content: readonly string[]): HotPlan {
  const schema = checkSchema(shape.rows.schema);
  return {
    texts: hotTexts(shape, content),
    keyParts: shape.key.length,
    soft: shape.soft,
    floorName: shape.floorName,
    columns: columns === undefined ? undefined : { text: fingerprintText, parameters: [shape.rows.table, schema], fingerprint: columns.fingerprint },
  };
}

interface Lists {
  /** Of each row, its place in the caller's group. */
  readonly indexes: readonly number[];
  readonly rows: HotRows;
}

/** Throws the first row's fault. */
function listsOf(rows: readonly SqliteRow[], kind: SqliteRow['kind'], parts: number): Lists {
  const indexes: number[] = [];
  const parameters = Array.from({ length: parts }, (): SqlValue[] => []);
  for (const row of rows) {
    if (row.kind !== kind) continue;
    if (row.parameters instanceof RowFault) throw row.parameters;
    indexes.push(row.index);
    for (const [part, value] of row.parameters.entries()) parameters[part]?.push(value);
  }
  return { indexes, rows: { count: indexes.length, parameters } };
}

function indexesOf(places: readonly number[], { indexes }: Lists): number[] {
  return places.flatMap((place) => indexes[place] ?? []);
}

export function hotTable(connections: SqliteConnections, context: HotContext): HotTable<SqliteRow> {
  const { shape, policy, columns } = context;
  const content: Content = { columns: columns?.layout.columns.filter(({ writable }) => writable) ?? [], hasExtra: columns?.layout.hasExtra ?? false };
  const names = contentNames(shape, content.columns, content.hasExtra);
  const plan = planOf(context, names);
  const addressParts = shape.key.length + 2;
  return {
    limits: { maxItems: maxRowsPerTransaction, maxSize: maxCharactersPerTransaction },
    encode: (mutation, index, placed) => encodeMutation(shape, policy, mutation, index, placed, content),
    async send(rows, signal): Promise<HotSent> {
      const puts = listsOf(rows, 'put', addressParts + names.length);
      const deletes = listsOf(rows, 'delete', addressParts);
      const outcome: HotOutcome | 'columns-changed' = await connections.hot({ plan, puts: puts.rows, deletes: deletes.rows }, signal);
      if (outcome === 'columns-changed') throw new ColumnsChanged();
      const { applied, leftPuts, leftDeletes } = outcome;
      return { applied, unresolved: 0, left: [...indexesOf(leftPuts, puts), ...indexesOf(leftDeletes, deletes)] };
    },
  };
}
