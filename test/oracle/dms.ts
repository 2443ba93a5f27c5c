// What tables must hold once all records of an AWS DMS task have been applied, worked out in the plainest way from what was sent. Like the
// other oracles it imports nothing of the packages. It reads what the formats' documentation says of DMS, and what our own pages promise of
// tables without a key: loads and inserts are appended, updates and deletes have no address.
import { canonicalDecimal } from './decimal.ts';
import type { SentText } from './oracle.ts';
import { Digits, isObject, parseExactly } from './plain-json.ts';

/** Column to text: numbers by their digits, booleans as `true` and `false`; what is null is left out. */
export type TextRow = Readonly<Record<string, string>>;

export interface ExpectedDms {
  /** By table; rows in the order of their JSON texts. */
  readonly tables: ReadonlyMap<string, readonly TextRow[]>;
  /** Sequence numbers of the records that no table can take, in the stream's order. */
  readonly refused: readonly string[];
}

type Columns = Readonly<Record<string, unknown>>;

interface DmsRecord {
  readonly data?: Columns;
  readonly 'before-image'?: Columns;
  readonly metadata: Columns;
}

function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Digits) return canonicalDecimal(value.text);
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}

/** As the oracle has rows: for what a database says as well. */
export function textRow(columns: Columns): TextRow {
  const texts = Object.keys(columns)
    .sort()
    .map((name) => [name, textOf(columns[name])] as const);
  return Object.fromEntries(texts.filter((each): each is readonly [string, string] => each[1] !== undefined));
}

/** Rows as a list that can be compared: without an order of their own. */
export function sortedRows(rows: readonly TextRow[]): readonly TextRow[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Sent in the order of the source: later records are newer. `keys`: the key columns of each table that has any. */
export function foldDms(sent: readonly SentText[], keys: Readonly<Record<string, readonly string[]>>): ExpectedDms {
  const tables = new Map<string, Map<string, Columns>>();
  const refused: string[] = [];
  let last = '';
  for (const { data: bytes, sequence = '' } of sent) {
    const record = parseExactly(typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)) as DmsRecord;
    const { 'schema-name': schema, 'table-name': name, operation } = record.metadata;
    if (schema === '') continue;
    const time = String(record.metadata['commit-timestamp'] ?? record.metadata.timestamp);
    if (time < last) throw new Error(`The record at ${sequence} is older than the one before it: this oracle takes them in order.`);
    last = time;
    const table = String(name);
    const rows = tables.get(table) ?? new Map<string, Columns>();
    const keyOf = (columns: Columns | undefined) => JSON.stringify(keys[table]?.map((column) => textOf(columns?.[column])));
    const keyed = keys[table] !== undefined;
    if (operation === 'truncate-table') rows.clear();
    if (!isObject(record.data)) continue;
    tables.set(table, rows);
    if (!keyed && operation !== 'load' && operation !== 'insert') refused.push(sequence);
    else if (operation === 'delete') rows.delete(keyOf(record.data));
    else {
      if (keyed && record['before-image'] !== undefined) rows.delete(keyOf(record['before-image']));
      rows.set(keyed ? keyOf(record.data) : sequence, record.data);
    }
  }
  return { tables: new Map([...tables].map(([table, rows]) => [table, sortedRows([...rows.values()].map(textRow))])), refused };
}
