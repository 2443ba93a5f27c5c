// What is there: which tables exist, what one looks like, how large the file is. It judges nothing.
import type { Send, SqlConnections } from '../sql/connections.ts';
import type { FoundColumn, FoundTable, TableMeasure } from '../sql/dialect.ts';
import { sameNames } from '../sql/fit.ts';
import type { TableName } from '../sql/names.ts';
import type { TableShape } from '../sql/shape.ts';
import { checkSchema, quotedTable } from './names.ts';

/** Columns that a query shows, generated ones too; not those that a virtual table hides. */
const ofTable = 'FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1';

export const fingerprintText = `SELECT json_group_array(json_array(name, type, hidden)) AS fingerprint ${ofTable}`;

const kindText = "SELECT type, rootpage FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')";

const columnsText = `SELECT name, type, "notnull" AS not_null, dflt_value IS NOT NULL AS has_default, hidden IN (2, 3) AS generated, pk ${ofTable}`;

/** The columns of each unique index, as JSON; an expression has no name. */
const uniquesText =
  'SELECT i.name, i.partial, (SELECT json_group_array(json_array(x.name, x.coll)) FROM pragma_index_xinfo(i.name, ?) AS x WHERE x.key = 1) AS parts ' +
  'FROM pragma_index_list(?, ?) AS i WHERE i."unique" = 1 ORDER BY i.origin = \'pk\' DESC, i.seq';

interface Unique {
  readonly name: string;
  readonly isPartial: boolean;
  readonly parts: readonly (readonly [name: string | null, collation: string])[];
}

function uniqueOf({ name, partial, parts }: Readonly<Record<string, unknown>>): Unique {
  return { name: String(name), isPartial: partial !== 0, parts: JSON.parse(String(parts)) as Unique['parts'] };
}

/** Decides which row an upsert meets. */
function isPlain({ isPartial, parts }: Unique): boolean {
  return !isPartial && parts.every(([name]) => name !== null);
}

function namesOf({ parts }: Unique): string[] {
  return parts.flatMap(([name]) => name ?? []);
}

/** SQLite tells a column's collation only through its indexes, and an upsert by the column may go by any of them. */
function collationOf(column: string, uniques: readonly Unique[]): string {
  const collations = uniques.flatMap(({ parts }) => parts.filter(([name]) => name === column).map(([, collation]) => collation));
  const other = collations.find((collation) => collation !== 'BINARY');
  return other === undefined ? '' : ` COLLATE ${other}`;
}

function columnOf(row: Readonly<Record<string, unknown>>, uniques: readonly Unique[]): FoundColumn {
  const name = String(row.name);
  return {
    name,
    type: `${row.type}${collationOf(name, uniques)}`,
    notNull: row.not_null === 1,
    hasDefault: row.has_default === 1,
    generated: row.generated === 1,
  };
}

export async function fingerprint(send: Send, { table, schema }: TableName): Promise<string> {
  const [answer] = await send([{ text: fingerprintText, values: [table, checkSchema(schema)] }]);
  return String(answer?.rows[0]?.fingerprint);
}

export async function describeTable(connections: SqlConnections, { table, schema }: TableName, signal: AbortSignal): Promise<FoundTable | undefined> {
  const main = checkSchema(schema);
  const about = [table, main];
  const ask = async (text: string, values: readonly string[] = about) => (await connections.run({ text, values }, signal)).rows;
  // The fingerprint first: a change in between makes it older than the columns, and the next write looks again.
  const [print] = await ask(fingerprintText);
  const [kind] = await ask(kindText, [table]);
  if (kind === undefined) return undefined;
  const columns = await ask(columnsText);
  const uniques = (await ask(uniquesText, [main, ...about])).map(uniqueOf);
  // An integer that is the row's number needs no index of its own.
  const primary = columns.filter(({ pk }) => Number(pk) > 0).map(({ name }) => String(name));
  const plain = uniques.filter(isPlain).map(namesOf);
  const hasOwnIndex = primary.length === 0 || uniques.some((unique) => sameNames(namesOf(unique), primary));
  return {
    ordinary: kind.type === 'table' && Number(kind.rootpage) > 0,
    columns: columns.map((row) => columnOf(row, uniques)),
    uniqueKeys: hasOwnIndex ? plain : [primary, ...plain],
    otherUniques: uniques.filter((unique) => !isPlain(unique)).map(({ name }) => name),
    fingerprint: String(print?.fingerprint),
  };
}

export async function schemaExists(_connections: SqlConnections, schema: string): Promise<boolean> {
  checkSchema(schema);
  return true;
}

/** A file that cannot be written is found when it is opened. */
export async function introduce(connections: SqlConnections, signal: AbortSignal): Promise<{ readonly server: string; readonly readOnly: boolean }> {
  const text = 'SELECT sqlite_version() AS version, page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()';
  const { rows } = await connections.run({ text }, signal);
  return { server: `SQLite ${String(rows[0]?.version)}, a file of ${String(rows[0]?.bytes)} bytes`, readOnly: false };
}

/** Counting walks the table: more rows than this are not told. */
const maxCounted = 100_000;

/** Counts of small tables that are there; SQLite keeps no others. */
export async function measure(connections: SqlConnections, { rows, tombstones }: TableShape, signal: AbortSignal): Promise<TableMeasure> {
  async function count(table: TableName): Promise<number | undefined> {
    const [there] = (await connections.run({ text: kindText, values: [table.table] }, signal)).rows;
    if (there === undefined) return undefined;
    const counted = await connections.run({ text: `SELECT count(*) AS counted FROM (SELECT 1 FROM ${quotedTable(table)} LIMIT ${maxCounted + 1})` }, signal);
    const found = Number(counted.rows[0]?.counted);
    return found <= maxCounted ? found : undefined;
  }
  const [ofRows, ofTombstones] = [await count(rows), await count(tombstones)];
  return { ...(ofRows === undefined ? {} : { rows: ofRows }), ...(ofTombstones === undefined ? {} : { tombstones: ofTombstones }) };
}
