// What is there: which tables exist, what one looks like, how large it is. It judges nothing.
import type { Send, SqlConnections, Statement } from '../sql/connections.ts';
import type { FoundColumn, FoundTable, TableMeasure } from '../sql/dialect.ts';
import type { TableName } from '../sql/names.ts';
import type { TableShape } from '../sql/shape.ts';
import { quotedTable } from './names.ts';

const ofTable = 'a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped';

const kindText = 'SELECT relkind::text AS kind FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)';

/** What a type is made of: through domains and the members of arrays, down to one that is neither. */
const madeOf =
  '(WITH RECURSIVE m AS (SELECT a.atttypid AS id, a.atttypmod AS modifier, 0 AS arrays, 0 AS domains UNION ALL ' +
  'SELECT coalesce(e.oid, y.typbasetype), CASE WHEN e.oid IS NULL THEN y.typtypmod ELSE m.modifier END, m.arrays + (e.oid IS NOT NULL)::int, m.domains + (e.oid IS NULL)::int ' +
  'FROM m JOIN pg_catalog.pg_type AS y ON y.oid = m.id LEFT JOIN pg_catalog.pg_type AS e ON e.oid = y.typelem AND e.typarray = y.oid ' +
  "WHERE y.typtype = 'd' OR e.oid IS NOT NULL) " +
  "SELECT m.*, y.typtype = 'c' OR m.arrays > 1 AS composite FROM m JOIN pg_catalog.pg_type AS y ON y.oid = m.id ORDER BY m.arrays + m.domains DESC LIMIT 1)";

const columnsText =
  'SELECT a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, ' +
  "coalesce((SELECT ' COLLATE ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.collname) FROM pg_catalog.pg_collation AS c " +
  'JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid ' +
  "WHERE c.oid = a.attcollation AND a.attcollation <> y.typcollation), '') AS collation, " +
  '(SELECT NOT c.collisdeterministic FROM pg_catalog.pg_collation AS c WHERE c.oid = a.attcollation) AS merges, ' +
  `a.attnotnull AS not_null, a.atthasdef OR a.attidentity <> '' AS has_default, a.attgenerated <> '' OR a.attidentity = 'a' AS generated, o.composite, ` +
  "CASE WHEN o.domains > 0 THEN pg_catalog.format_type(o.id, o.modifier) || CASE o.arrays WHEN 0 THEN '' ELSE '[]' END END AS base " +
  `FROM pg_catalog.pg_attribute AS a CROSS JOIN LATERAL ${madeOf} AS o WHERE ${ofTable} ORDER BY a.attnum`;

const uniquesText =
  'SELECT i.indexrelid::regclass::text AS name, i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AS plain, ' +
  'ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]) ' +
  'ORDER BY pg_catalog.array_position(i.indkey::int2[], a.attnum)) AS names ' +
  'FROM pg_catalog.pg_index AS i WHERE i.indrelid = pg_catalog.to_regclass($1) AND i.indisunique ORDER BY i.indisprimary DESC, 1';

/** Checks, foreign keys and triggers that look at a row when it is inserted, whoever inserts it. */
const guardsText =
  "SELECT c.conname::text AS name FROM pg_catalog.pg_constraint AS c WHERE c.conrelid = pg_catalog.to_regclass($1) AND c.contype IN ('c', 'f') " +
  'UNION ALL SELECT t.tgname::text FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid = pg_catalog.to_regclass($1) AND NOT t.tgisinternal AND (t.tgtype & 4) <> 0 ORDER BY 1';

/** The columns' names and types as one text. Outside a transaction it tells what is; inside, after the table's lock, what stays. */
const fingerprintText = `SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) || a.attgenerated::text || a.attidentity::text, ', ' ORDER BY a.attnum) AS fingerprint FROM pg_catalog.pg_attribute AS a WHERE ${ofTable}`;

function about(text: string, table: TableName): Statement {
  return { text, values: [quotedTable(table)] };
}

export function fingerprintOf(table: TableName): Statement {
  return about(fingerprintText, table);
}

export async function fingerprint(send: Send, table: TableName): Promise<string> {
  const [answer] = await send([fingerprintOf(table)]);
  return String(answer?.rows[0]?.fingerprint);
}

function columnOf(row: Readonly<Record<string, unknown>>): FoundColumn {
  return {
    name: String(row.name),
    type: String(row.type),
    declared: `${row.type}${row.collation}`,
    notNull: row.not_null === true,
    ...(row.merges === true ? { merges: 'a nondeterministic collation' } : {}),
    hasDefault: row.has_default === true,
    generated: row.generated === true,
    ...(row.composite === true ? { composite: true } : {}),
    ...(typeof row.base === 'string' ? { base: row.base } : {}),
  };
}

function namesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

export async function describeTable(connections: SqlConnections, table: TableName, signal: AbortSignal): Promise<FoundTable | undefined> {
  // The fingerprint first: a change in between makes it older than the columns, and the next write looks again.
  const statements = [fingerprintOf(table), about(kindText, table), about(columnsText, table), about(uniquesText, table), about(guardsText, table)];
  const [print, kinds, columns, uniques, guards] = await connections.transaction(statements, signal);
  const kind = kinds?.rows[0]?.kind;
  if (kind === undefined) return undefined;
  const indexes = (uniques?.rows ?? []).map(({ name, plain, names }) => ({ name: String(name), plain: plain === true, names: namesOf(names) }));
  return {
    ordinary: kind === 'r' || kind === 'p',
    columns: (columns?.rows ?? []).map(columnOf),
    uniqueKeys: indexes.filter(({ plain }) => plain).map(({ names }) => names),
    otherUniques: indexes.filter(({ plain }) => !plain).map(({ name }) => name),
    guards: (guards?.rows ?? []).map(({ name }) => String(name)),
    fingerprint: String(print?.rows[0]?.fingerprint),
  };
}

export async function schemaExists(connections: SqlConnections, schema: string, signal: AbortSignal): Promise<boolean> {
  const { rows } = await connections.run({ text: 'SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1', values: [schema] }, signal);
  return rows.length > 0;
}

export async function introduce(connections: SqlConnections, signal: AbortSignal): Promise<{ readonly server: string; readonly readOnly: boolean }> {
  const { rows } = await connections.run({ text: "SELECT version() AS server, current_setting('transaction_read_only') = 'on' AS read_only" }, signal);
  return { server: String(rows[0]?.server ?? ''), readOnly: rows[0]?.read_only === true };
}

const measureText =
  'SELECT greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid), 0)::float8 AS rows, pg_catalog.pg_total_relation_size(c.oid)::float8 AS bytes ' +
  'FROM pg_catalog.pg_class AS c WHERE c.oid = pg_catalog.to_regclass($1)';

/** As the server's statistics have it; they follow by a minute or so. */
export async function measure(connections: SqlConnections, shape: TableShape, signal: AbortSignal): Promise<TableMeasure> {
  const [rows, tombstones] = await connections.transaction([about(measureText, shape.rows), about(measureText, shape.tombstones)], signal);
  const found = rows?.rows[0];
  const beside = tombstones?.rows[0];
  return {
    ...(found === undefined ? {} : { rows: Number(found.rows), bytes: Number(found.bytes) }),
    ...(beside === undefined ? {} : { tombstones: Number(beside.rows) }),
  };
}
