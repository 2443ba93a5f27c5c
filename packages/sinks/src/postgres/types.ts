// PostgreSQL's types: which ones columns are made of, which ones that are there serve as well, and how values are bound to them.
import { type Value, valueToJson } from '@shardfold/changes';
import { sql } from 'kysely';
import type { SqlBindings, SqlTypes } from '../sql/dialect.ts';
import { digitsOfKey } from '../sql/key.ts';
import type { KeyColumn } from '../sql/shape.ts';

/** Types that hold every value of a key type unchanged, or refuse it; a byte-wise collation makes the order and equality those of the source. */
export const postgresTypes: SqlTypes = {
  key: {
    text: { ddl: 'text COLLATE "C"', fits: /^(text|uuid|character varying(\(\d+\))?)$/ },
    number: { ddl: 'numeric', fits: /^(numeric|bigint|integer|smallint)$/ },
    integer: { ddl: 'bigint', fits: /^(numeric|bigint|integer|smallint)$/ },
    binary: { ddl: 'bytea', fits: /^bytea$/ },
    boolean: { ddl: 'boolean', fits: /^boolean$/ },
  },
  kinds: { boolean: 'boolean', integer: 'bigint', number: 'numeric', text: 'text', binary: 'bytea', json: 'jsonb' },
  document: { ddl: 'jsonb', fits: /^jsonb$/ },
  time: { ddl: 'bigint', fits: /^bigint$/ },
  seq: { ddl: 'numeric(65)', fits: /^numeric(\(65,0\))?$/ },
  deleted: { ddl: 'boolean', fits: /^boolean$/ },
  json: { ddl: 'jsonb', fits: /^jsonb$/ },
  timestamp: { ddl: 'timestamptz', fits: /^timestamp with time zone$/ },
  name: 'text COLLATE "C"',
  text: 'text',
  bytes: 'bytea',
  integer: 'bigint',
  kindOf(type) {
    if (type === 'boolean') return 'boolean';
    if (type === 'bigint') return 'integer';
    if (type.startsWith('numeric')) return 'number';
    if (type === 'text' || type.startsWith('character')) return 'text';
    if (type === 'bytea') return 'binary';
    return type === 'json' || type === 'jsonb' ? 'json' : 'other';
  },
};

function bytesOf(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** The type of a key column, for casts. */
export function keyTypeText({ type, declared }: KeyColumn): string {
  return declared ?? postgresTypes.key[type].ddl;
}

/** Without its collation: CAST takes none. */
function castType(column: KeyColumn): string {
  return keyTypeText(column).replace(/ COLLATE .*$/, '');
}

function keyParameter({ type }: KeyColumn, value: Value): unknown {
  if (type === 'number' || type === 'integer') return digitsOfKey(value);
  return value instanceof Uint8Array ? bytesOf(value) : value;
}

export const postgresBindings: SqlBindings = {
  key: (column, value) => sql`cast(${keyParameter(column, value)} as ${sql.raw(castType(column))})`,
  seq: (seq) => sql`cast(${seq} as numeric)`,
  json: (text) => sql`cast(${text} as jsonb)`,
  boolean: (value) => sql`${sql.lit(value)}`,
  // The one way in which values become a column's type: that of the fast statements.
  cell: ({ type, kind }, value) =>
    kind === 'binary' && value instanceof Uint8Array
      ? sql`cast(${bytesOf(value)} as bytea)`
      : sql`(select x.v from jsonb_to_record(cast(${`{"v":${valueToJson(value, { numbers: 'exact' })}}`} as jsonb)) as x(v ${sql.raw(type)}))`,
  now: () => sql`now()`,
  ago: (milliseconds) => sql`now() - cast(${milliseconds} as float8) * interval '1 millisecond'`,
  timestamp: (atMs) => sql`cast(${new Date(atMs)} as timestamptz)`,
  jsonText: (column) => sql`${column}::text`,
  readTimestampMs: (value) => (value instanceof Date ? value.getTime() : Number.NaN),
};
