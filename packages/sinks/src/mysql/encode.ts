// Mutations as parameters of the hot statements. A row's own JSON goes in as it is, unparsed: this is the hottest code of the sink.
// It knows the statements' order of values and no connection.
import type { TextPolicy } from '@shardfold/changes';
import { extraText } from '../columns/extra-text.ts';
import type { PlacedRow, TableColumn } from '../columns/layout.ts';
import { type HotRow, markerTime, type WholeMutation } from '../sql/dialect.ts';
import type { KeyColumn } from '../sql/shape.ts';
import { cellParameter, keyParameter, type Parameter } from './values.ts';

/** A mutation on its way, and its row: JSON text, or values by column. `size` in UTF-16 units, or bytes. */
export interface EncodedRow extends HotRow {
  readonly mutation: WholeMutation;
  readonly content: string | PlacedRow;
}

/** What a row's values are made of. */
export interface Encoding {
  readonly key: readonly KeyColumn[];
  /** Absent in layout `document`. */
  readonly content: { readonly columns: readonly TableColumn[]; readonly hasExtra: boolean } | undefined;
  readonly policy: TextPolicy;
}

const nothing: PlacedRow = { cells: new Map(), extra: new Map() };
/** Beside a row's own text: its key, its version. */
const overhead = 256;

/** One mutation, its key and version checked before. */
export function encodeMutation({ content, policy }: Encoding, mutation: WholeMutation, index: number, placed: PlacedRow | undefined): EncodedRow {
  if (content !== undefined) return { index, size: mutation.bytes + overhead, mutation, content: placed ?? nothing };
  const text = mutation.kind === 'delete' ? 'null' : mutation.row.json(policy);
  return { index, size: text.length + overhead, mutation, content: text };
}

function pushContent(values: Parameter[], row: EncodedRow['content'], { content, policy }: Encoding): void {
  if (typeof row === 'string') {
    values.push(row);
    return;
  }
  if (content?.hasExtra === true) values.push(extraText(row.extra, policy));
  for (const column of content?.columns ?? []) values.push(cellParameter(column, row.cells.get(column.name), policy));
}

/** The parameters of one store statement. Throws the fault of the first row that has one. */
export function storeParameters(rows: readonly EncodedRow[], encoding: Encoding): Parameter[] {
  const { key } = encoding;
  const values: Parameter[] = [];
  for (const { mutation, content } of rows) {
    for (const [at, column] of key.entries()) {
      values.push(keyParameter(column, mutation.kind === 'append' ? mutation.position : (mutation.key[at]?.[1] ?? null)));
    }
    pushContent(values, content, encoding);
    if (mutation.kind === 'delete') values.push(markerTime, '0');
    else values.push(String(mutation.version.time), mutation.version.seq);
  }
  return values;
}
