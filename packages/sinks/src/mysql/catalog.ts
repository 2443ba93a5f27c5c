// What is there: which tables exist, what one looks like, how large it is. It judges nothing but what no upsert is safe on.
import type { Rows, Send, SqlConnections, Statement } from '../sql/connections.ts';
import type { FoundColumn, FoundTable, TableMeasure } from '../sql/dialect.ts';
import { type TableName, tableText } from '../sql/names.ts';
import type { TableShape } from '../sql/shape.ts';
import { SinkError } from '../types.ts';
import type { Flavor } from './flavor.ts';
import { literal } from './names.ts';

/** The condition that a row of `information_schema` is about this table. */
function ofTable({ schema, table }: TableName, schemaColumn = 'table_schema'): string {
  return `${schemaColumn} = ${schema === undefined ? 'database()' : literal(schema)} AND table_name = ${literal(table)}`;
}

/** The columns' names and types as one text. Outside a transaction it tells what is; inside, once the table was written to, what stays. */
export function fingerprintText(table: TableName): string {
  return (
    "SELECT sha2(group_concat(concat_ws(' ', column_name, column_type, collation_name, extra) ORDER BY ordinal_position), 256) " +
    `FROM information_schema.columns WHERE ${ofTable(table)}`
  );
}

function fingerprintOf(table: TableName): Statement {
  return { text: `SELECT (${fingerprintText(table)}) AS fingerprint` };
}

export async function fingerprint(send: Send, table: TableName): Promise<string> {
  const [answer] = await send([fingerprintOf(table)]);
  return String(answer?.rows[0]?.fingerprint);
}

/** The members of enum and set are told apart by case. */
const columnFields =
  "column_name AS name, if(data_type IN ('enum', 'set'), column_type, lower(column_type)) AS type, " +
  'character_set_name AS charset, collation_name AS collation, extra AS extra, ' +
  'is_nullable AS nullable, column_default AS fallback';

const generated = /\b(virtual|stored|persistent)\b/i;
const filled = /auto_increment|default_generated/i;

function columnOf(row: Rows[number], isJson: boolean): FoundColumn {
  const { collation, charset, extra, fallback } = row;
  const bare = String(row.type);
  const isText = collation !== null && !isJson && /^(var)?char/.test(bare);
  return {
    name: String(row.name),
    type: isJson ? 'json' : isText ? `${bare} collate ${collation}` : bare,
    declared: isText ? `${bare} character set ${charset} collate ${collation}` : bare,
    notNull: row.nullable === 'NO',
    hasDefault: fallback !== null || filled.test(String(extra)),
    generated: generated.test(String(extra)),
  };
}

interface Index {
  readonly name: string;
  readonly columns: string[];
}

function indexesOf(rows: Rows): Index[] {
  const indexes = new Map<string, Index>();
  for (const { name, column } of rows) {
    const index = indexes.get(String(name)) ?? { name: String(name), columns: [] };
    indexes.set(index.name, index);
    index.columns.push(String(column));
  }
  return [...indexes.values()];
}

function refuse(table: TableName, problem: string, remedy: string): never {
  throw new SinkError('SINK_TABLE_MISMATCH', `The table ${tableText(table)} ${problem}. Nothing is written to it. ${remedy}`, { retryable: false });
}

/** An index may be over so many characters or bytes at the beginning of a column. */
function checkWhole(table: TableName, rows: Rows): void {
  const part = rows.find(({ name, beginning }) => name === 'PRIMARY' && beginning !== null);
  if (part === undefined) return;
  refuse(
    table,
    `has a primary key over the first ${String(part.beginning)} of "${String(part.column)}" only, so that different keys are one row`,
    'Make it one over the whole column.',
  );
}

/** An upsert goes by every unique index, whichever is meant. */
function primaryKeyOf(table: TableName, indexes: readonly Index[]): readonly (readonly string[])[] {
  const others = indexes.filter(({ name }) => name !== 'PRIMARY');
  if (others.length > 0 && indexes.length > 1) {
    const names = others.map(({ name, columns }) => `"${name}" (${columns.join(', ')})`).join(' and ');
    refuse(
      table,
      `has another unique index than its primary key, ${names}: a row with a value that another row has there would overwrite that row`,
      'Drop the index, or make it not unique.',
    );
  }
  return indexes.filter(({ name }) => name === 'PRIMARY').map(({ columns }) => columns);
}

/** MariaDB's JSON is text with a check. */
const jsonCheck = /^\s*\(?json_valid\(`(.*)`\)\)?\s*$/i;

function jsonColumns(rows: Rows): ReadonlySet<string> {
  return new Set(rows.flatMap(({ clause }) => jsonCheck.exec(String(clause))?.[1]?.replaceAll('``', '`') ?? []));
}

/** Throws SINK_TABLE_MISMATCH for a table on which an upsert could overwrite another row, or that knows no transactions. */
export async function describeTable(flavor: Flavor, connections: SqlConnections, table: TableName, signal: AbortSignal): Promise<FoundTable | undefined> {
  const select = (fields: string, from: string, more = ''): Statement => ({
    text: `SELECT ${fields} FROM information_schema.${from} WHERE ${ofTable(table)}${more}`,
  });
  const statements: Statement[] = [
    // The fingerprint first: a change in between makes it older than the columns, and the next write looks again.
    fingerprintOf(table),
    select('table_type AS kind, engine AS engine', 'tables'),
    select(columnFields, 'columns', ' ORDER BY ordinal_position'),
    select('index_name AS name, column_name AS `column`, sub_part AS beginning', 'statistics', ' AND non_unique = 0 ORDER BY index_name, seq_in_index'),
    ...(flavor.product === 'MariaDB'
      ? [{ text: `SELECT check_clause AS clause FROM information_schema.check_constraints WHERE ${ofTable(table, 'constraint_schema')}` }]
      : []),
  ];
  const [print, kinds, columns, indexes, checks] = await connections.transaction(statements, signal);
  const found = kinds?.rows[0];
  if (found === undefined) return undefined;
  const ordinary = /^base table$/i.test(String(found.kind));
  if (ordinary && !/^innodb$/i.test(String(found.engine))) {
    refuse(table, `is one of the storage engine ${String(found.engine)}, which has no transactions`, 'Run ALTER TABLE … ENGINE = InnoDB.');
  }
  checkWhole(table, indexes?.rows ?? []);
  const isJson = jsonColumns(checks?.rows ?? []);
  return {
    ordinary,
    columns: (columns?.rows ?? []).map((row) => columnOf(row, isJson.has(String(row.name)))),
    uniqueKeys: primaryKeyOf(table, indexesOf(indexes?.rows ?? [])),
    otherUniques: [],
    fingerprint: String(print?.rows[0]?.fingerprint),
  };
}

export async function schemaExists(connections: SqlConnections, schema: string, signal: AbortSignal): Promise<boolean> {
  const { rows } = await connections.run({ text: `SELECT 1 AS found FROM information_schema.schemata WHERE schema_name = ${literal(schema)}` }, signal);
  return rows.length > 0;
}

/** Says OFF, 0 or nothing where writing is allowed. */
const off = /^(off|0|)$/i;

export async function introduce(
  flavor: Flavor,
  connections: SqlConnections,
  signal: AbortSignal,
): Promise<{ readonly server: string; readonly readOnly: boolean }> {
  const names = ['@@global.read_only', '@@global.innodb_read_only', ...(flavor.product === 'MySQL' ? ['@@global.super_read_only'] : [])];
  const text = `SELECT VERSION() AS version, ${names.map((name, index) => `${name} AS off_${index}`).join(', ')}`;
  const { rows } = await connections.run({ text }, signal);
  const readOnly = names.some((_, index) => !off.test(String(rows[0]?.[`off_${index}`] ?? '')));
  const version = String(rows[0]?.version);
  return { server: version.includes(flavor.product) ? version : `${flavor.product} ${version}`, readOnly };
}

/** As the server's statistics have it; they follow by some seconds, and the rows are estimated. */
export async function measure(connections: SqlConnections, shape: TableShape, signal: AbortSignal): Promise<TableMeasure> {
  const about = (table: TableName): Statement => ({
    text: `SELECT table_rows AS row_count, data_length + index_length AS byte_count FROM information_schema.tables WHERE ${ofTable(table)}`,
  });
  const [rows, tombstones] = await connections.transaction([about(shape.rows), about(shape.tombstones)], signal);
  const found = rows?.rows[0];
  const beside = tombstones?.rows[0];
  return {
    ...(found === undefined ? {} : { rows: Number(found.row_count), bytes: Number(found.byte_count) }),
    ...(beside === undefined ? {} : { tombstones: Number(beside.row_count) }),
  };
}
