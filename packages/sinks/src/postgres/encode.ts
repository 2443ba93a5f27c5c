// Mutations as the JSON text that the hot statements read. A row's own JSON goes in as it is, unparsed: this is the hottest
// code of the sink. It knows the statements' field names and no connection.
import { type TextPolicy, type Value, type Version, valueToJson } from '@shardfold/changes';
import { extraText } from '../columns/extra-text.ts';
import type { PlacedRow, TableColumn } from '../columns/layout.ts';
import { type HotRow, markerTime, type WholeMutation } from '../sql/dialect.ts';
import { digitsOfKey } from '../sql/key.ts';
import type { KeyColumn } from '../sql/shape.ts';

/** A mutation on its way: `stored` for the store statement, `address` for the others: a put's key, a delete's key and version. */
export interface EncodedRow extends HotRow {
  readonly kind: 'put' | 'delete';
  readonly version: Version;
  readonly stored: string;
  readonly address: string;
}

const exact = { numbers: 'exact' } as const;

/** A key value that has been checked against its type, as JSON. */
function keyValue(type: KeyColumn['type'], value: Value): string {
  if (type === 'number' || type === 'integer') return `"${digitsOfKey(value)}"`;
  return valueToJson(value, exact);
}

/** The key as fields of a JSON object. */
export function encodeKey(columns: readonly KeyColumn[], key: readonly Value[]): string {
  let text = '';
  for (const [index, { type }] of columns.entries()) {
    const value = keyValue(type, key[index] ?? null);
    text += index === 0 ? `"k0":${value}` : `,"k${index}":${value}`;
  }
  return text;
}

/** Which JSON field each column travels in. */
export interface ContentFields {
  readonly columns: readonly TableColumn[];
  readonly hasExtra: boolean;
}

function placedText({ cells, extra }: PlacedRow, fields: ContentFields): string {
  let text = '';
  for (const [index, { name }] of fields.columns.entries()) {
    const value = cells.get(name);
    if (value !== undefined) text += `,"c${index}":${valueToJson(value, exact)}`;
  }
  const beside = extraText(extra, exact);
  if (beside !== null) text += `,"e":${beside}`;
  return text;
}

/** One mutation, its key and version checked before, as JSON. */
export function encodeMutation(
  columns: readonly KeyColumn[],
  policy: TextPolicy,
  mutation: WholeMutation,
  index: number,
  placed: PlacedRow | undefined,
  fields: ContentFields,
): EncodedRow {
  const { time, seq } = mutation.version;
  const key = encodeKey(columns, mutation.kind === 'append' ? [mutation.position] : mutation.key.map(([, value]) => value));
  if (mutation.kind === 'delete') {
    const stored = `{${key},"t":${markerTime},"s":0}`;
    return { index, kind: 'delete', version: mutation.version, size: stored.length, stored, address: `{${key},"t":${time},"s":"${seq}"}` };
  }
  const content = placed === undefined ? `,"d":${mutation.row.json(policy)}` : placedText(placed, fields);
  const stored = `{${key},"t":${time},"s":"${seq}"${content}}`;
  return { index, kind: 'put', version: mutation.version, size: stored.length, stored, address: `{${key}}` };
}

/** The parameter of a statement. Strings put together one by one are copied once, when they are sent; `join` copies them twice more. */
export function jsonArray(texts: readonly string[]): string {
  let text = '[';
  for (const [index, each] of texts.entries()) text += index === 0 ? each : `,${each}`;
  return `${text}]`;
}
