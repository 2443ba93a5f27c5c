// The fast way to SQLite: mutations as parameters, a chunk as one order to the thread. It runs nothing itself.
import { extraText } from '../columns/extra-text.ts';
import type { PlacedRow, TableColumn } from '../columns/layout.ts';
import { ColumnsChanged, type HotContext, type HotRow, type HotSent, type HotTable, type WholeMutation } from '../sql/dialect.ts';
import { keyParts } from '../sql/key.ts';
import { fingerprintText } from './catalog.ts';
import type { SqliteConnections } from './connections.ts';
import { checkSchema } from './names.ts';
import { type Places, partsOf, type Widths } from './parts.ts';
import { contentNames, hotTexts } from './statements.ts';
import type { HotOutcome, HotPart, HotPlan, SqlValue } from './thread/protocol.ts';
import { cellParameter, keyParameter, seqParameter } from './values.ts';

/** One transaction holds other programs off, and its rows are in memory twice, so long. */
const maxRowsPerTransaction = 2_000;
const maxCharactersPerTransaction = 4 * 1024 * 1024;

/** Its parameters are made when they are sent, part by part. */
export interface SqliteRow extends HotRow {
  readonly kind: 'put' | 'delete';
  readonly mutation: WholeMutation;
  readonly placed: PlacedRow | undefined;
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
function parametersOf({ shape, policy }: HotContext, { mutation, placed }: SqliteRow, content: Content): SqlValue[] {
  const key = keyParts(mutation);
  const parameters: SqlValue[] = [];
  for (const [index, column] of shape.key.entries()) parameters.push(keyParameter(column, key[index] ?? null));
  parameters.push(mutation.version.time, seqParameter(mutation.version.seq));
  if (mutation.kind === 'delete') return parameters;
  if (placed === undefined) parameters.push(mutation.row.json(policy));
  else parameters.push(...placedParameters(placed, content));
  return parameters;
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

function indexesOf(places: readonly number[], indexes: readonly number[]): number[] {
  return places.flatMap((place) => indexes[place] ?? []);
}

export function hotTable(connections: SqliteConnections, context: HotContext): HotTable<SqliteRow> {
  const { shape, columns } = context;
  const content: Content = { columns: columns?.layout.columns.filter(({ writable }) => writable) ?? [], hasExtra: columns?.layout.hasExtra ?? false };
  const names = contentNames(shape, content.columns, content.hasExtra);
  const plan = planOf(context, names);
  const addressParts = shape.key.length + 2;
  const widths: Widths = { put: addressParts + names.length, delete: addressParts };
  return {
    limits: { maxItems: maxRowsPerTransaction, maxSize: maxCharactersPerTransaction },
    encode: (mutation, index, placed) => ({ index, kind: mutation.kind === 'delete' ? 'delete' : 'put', size: mutation.bytes, mutation, placed }),
    async send(rows, signal): Promise<HotSent> {
      let places: Places = { puts: [], deletes: [] };
      const cut = (isCut: boolean): Generator<HotPart, void> => {
        places = { puts: [], deletes: [] };
        return partsOf(rows, isCut, widths, (row) => parametersOf(context, row, content), places);
      };
      const outcome: HotOutcome | 'columns-changed' = await connections.hot(plan, cut, signal);
      if (outcome === 'columns-changed') throw new ColumnsChanged();
      const { applied, leftPuts, leftDeletes } = outcome;
      return { applied, unresolved: 0, left: [...indexesOf(leftPuts, places.puts), ...indexesOf(leftDeletes, places.deletes)] };
    },
  };
}
