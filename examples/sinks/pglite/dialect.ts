// What the engine has to be told of PGlite: names, types, how values are bound, what is there, and what an error means. There is no fast
// way (`hot`): every row is locked, read, decided and written, which is right for every database, and slower.
import { ExactNumber, type Value, valueToJson } from '@shardfold/changes';
import { type FoundTable, SinkError, type SortedError, type SqlBindings, type SqlDialect, type SqlTableName, type SqlTypes } from '@shardfold/sinks';
import { PostgresAdapter, PostgresQueryCompiler, sql } from 'kysely';

const types: SqlTypes = {
  // Equal keys must be equal bytes: text by the byte, numbers with all their digits.
  key: {
    text: { ddl: 'text collate "C"', fits: /^text$/ },
    number: { ddl: 'numeric', fits: /^numeric$/ },
    integer: { ddl: 'bigint', fits: /^(bigint|numeric)$/ },
    binary: { ddl: 'bytea', fits: /^bytea$/ },
    boolean: { ddl: 'boolean', fits: /^boolean$/ },
  },
  kinds: { boolean: 'boolean', integer: 'bigint', number: 'numeric', text: 'text', binary: 'bytea', json: 'jsonb' },
  document: { ddl: 'jsonb', fits: /^jsonb$/ },
  time: { ddl: 'bigint', fits: /^bigint$/ },
  seq: { ddl: 'numeric(65)', fits: /^numeric/ },
  deleted: { ddl: 'boolean', fits: /^boolean$/ },
  json: { ddl: 'jsonb', fits: /^jsonb$/ },
  timestamp: { ddl: 'timestamptz', fits: /^timestamp with time zone$/ },
  name: 'text collate "C"',
  text: 'text',
  bytes: 'bytea',
  integer: 'bigint',
  kindOf(type) {
    const kind = Object.entries(types.kinds).find(([, ddl]) => ddl === type)?.[0];
    return kind === 'boolean' || kind === 'integer' || kind === 'number' || kind === 'text' || kind === 'binary' || kind === 'json' ? kind : 'other';
  },
};

/** A value on its way to a column of that type: as text where digits count, and the server casts. */
function cast(value: Value, type: string) {
  const isNumber = typeof value === 'number' || typeof value === 'bigint' || value instanceof ExactNumber;
  if (value instanceof Uint8Array) return sql`cast(${value} as bytea)`;
  const text =
    type === 'jsonb' ? valueToJson(value, { numbers: 'exact' }) : isNumber ? (value instanceof ExactNumber ? value.digits : String(value)) : String(value);
  return sql`cast(cast(${text} as text) as ${sql.raw(type)})`;
}

const bind: SqlBindings = {
  key: ({ type }, value) => cast(value, type === 'number' ? 'numeric' : type === 'integer' ? 'bigint' : type),
  seq: (seq) => cast(seq, 'numeric'),
  json: (text) => sql`cast(cast(${text} as text) as jsonb)`,
  boolean: (value) => sql.lit(value),
  cell: ({ type }, value) => cast(value, type),
  now: () => sql`now()`,
  ago: (milliseconds) => sql`now() - ${sql.lit(milliseconds)} * interval '1 millisecond'`,
  timestamp: (atMs) => cast(new Date(atMs).toISOString(), 'timestamptz'),
  jsonText: (column) => sql`${column}::text`,
  readTimestampMs: (value) => (value instanceof Date ? value.getTime() : Number.NaN),
};

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function nameOf({ schema, table }: SqlTableName): string {
  return schema === undefined ? quoted(table) : `${quoted(schema)}.${quoted(table)}`;
}

const kindText = 'select relkind::text as kind from pg_class where oid = to_regclass($1)';
const columnsText = `select attname::text as name, format_type(atttypid, atttypmod) as type, attnotnull as not_null, atthasdef as has_default,
  attgenerated <> '' as generated from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum`;
const uniquesText = `select i.indexrelid::regclass::text as name, i.indpred is null and i.indexprs is null as plain,
  (select json_agg(a.attname) from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any (i.indkey))::text as columns
  from pg_index i where i.indrelid = to_regclass($1) and i.indisunique order by i.indisprimary desc`;

const describeTable: SqlDialect['describeTable'] = async (connections, table, signal): Promise<FoundTable | undefined> => {
  const statements = [kindText, columnsText, uniquesText].map((text) => ({ text, values: [nameOf(table)] }));
  const [kinds, columns, uniques] = await connections.transaction(statements, signal);
  const kind = kinds?.rows[0]?.kind;
  if (kind === undefined || columns === undefined) return undefined;
  const indexes = uniques?.rows ?? [];
  return {
    ordinary: kind === 'r',
    columns: columns.rows.map((row) => ({
      name: String(row.name),
      type: String(row.type),
      notNull: row.not_null === true,
      hasDefault: row.has_default === true,
      generated: row.generated === true,
    })),
    uniqueKeys: indexes.filter(({ plain }) => plain === true).map((row) => JSON.parse(String(row.columns)) as string[]),
    otherUniques: indexes.filter(({ plain }) => plain !== true).map(({ name }) => String(name)),
    fingerprint: JSON.stringify(columns.rows),
  };
};

/** By SQLSTATE. Values, constraints and sizes are the row's fault; what is not known stops the writing. */
function sortError(error: unknown): SortedError {
  if (error instanceof SinkError) return { kind: 'sink', error };
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/^(22|23|54)/.test(code) && code !== '54011') return { kind: 'row', error: { code, message } };
  return {
    kind: 'sink',
    error: new SinkError('SINK_UNEXPECTED', `PGlite: ${message} (${code}). Writing stops. Look at the table.`, { retryable: false, cause: error }),
  };
}

function causeCode({ cause }: SinkError): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}

export const pgliteDialect: SqlDialect = {
  kind: 'pglite',
  product: 'PGlite',
  statementsPerTable: 1,
  compiler: { createAdapter: () => new PostgresAdapter(), createQueryCompiler: () => new PostgresQueryCompiler() },
  insertOnce: 'on conflict',
  names: { maxLength: 63, unit: 'bytes', ignoresCase: false, allows: (name) => !['ctid', 'tableoid', 'xmin', 'xmax', 'cmin', 'cmax'].includes(name) },
  types,
  bind,
  statements: {
    alter: (table, changes) =>
      changes.map(({ kind, name, type }) => ({
        text: `alter table ${nameOf(table)} ${kind === 'add' ? `add column ${quoted(name)} ${type}` : `alter column ${quoted(name)} type ${type}`}`,
      })),
  },
  maxColumns: 1_600,
  introduce: async (connections, signal) => ({
    server: String((await connections.run({ text: 'select version() as server' }, signal)).rows[0]?.server),
    readOnly: false,
  }),
  describeTable,
  schemaExists: async (connections, schema, signal) =>
    (await connections.run({ text: 'select 1 from pg_namespace where nspname = $1', values: [schema] }, signal)).rows.length > 0,
  createSchema: (schema) => `create schema if not exists ${quoted(schema)}`,
  async fingerprint(send, table) {
    const [columns] = await send([{ text: columnsText, values: [nameOf(table)] }]);
    return JSON.stringify(columns?.rows);
  },
  sortError,
  // Somebody else made the same table or column first.
  lostCreateRace: (error) => ['42701', '42P06', '42P07'].includes(String(causeCode(error))),
  isColumnLimit: (error) => causeCode(error) === '54011',
};
