// PostgreSQL's types: which ones columns are made of, which ones that are there serve as well, and how values are bound to them.
import { type Value, valueToJson } from '@shardfold/changes';
import { sql } from 'kysely';
import { bufferOf } from '../bytes.ts';
import { digitsOfNumber, fitsDecimal, fitsDouble, fitsInteger, fitsSingle, isWithin } from '../columns/exact.ts';
import type { ColumnKind } from '../columns/kinds.ts';
import type { SqlBindings, SqlTypes } from '../sql/dialect.ts';
import { digitsOfKey } from '../sql/key.ts';
import type { KeyColumn } from '../sql/shape.ts';
import { holdsArray, memberTypeOf } from './list-types.ts';
import { holdsOther } from './other-types.ts';

const varying = /^character varying\((\d+)\)/;

/** The server cuts spaces off that are too many, and refuses any other text that is too long. */
function keepsSpaces(declared: string, text: string): boolean {
  const length = varying.exec(declared)?.[1];
  return length === undefined || !text.endsWith(' ') || isWithin(text, Number(length));
}

/** What columns get here, which is most of them: no need to look at the value. */
const unlimited = new Set(['text', 'bigint', 'numeric', 'boolean', 'jsonb', 'bytea']);
const numeric = /^numeric\((\d+),(-?\d+)\)$/;
const integerBits: Readonly<Record<string, bigint>> = { smallint: 16n, integer: 32n };
/** With so many digits any two numbers of four bytes are told apart. */
const realDigits = 9;

function fitsNumber(type: string, digits: string): boolean {
  const [, precision, scale] = numeric.exec(type) ?? [];
  if (precision !== undefined) return Number(scale) >= 0 && fitsDecimal(digits, Number(precision), Number(scale));
  if (type === 'real') return fitsSingle(digits, realDigits);
  if (type === 'double precision') return fitsDouble(digits);
  const bits = integerBits[type];
  return bits === undefined || fitsInteger(digits, bits, false);
}

const characters = /^character( varying)?\((\d+)\)/;

function fitsText(type: string, text: string): boolean {
  const [, isVarying, length] = characters.exec(type) ?? [];
  return length === undefined || (isWithin(text, Number(length)) && (isVarying !== undefined || !text.endsWith(' ')));
}

/** Types that round, cut or wrap in silence. */
const changing = /^(?:numeric\(|real$|double precision$|character\b)/;

function kindOf(type: string): ColumnKind {
  if (memberTypeOf(type) !== undefined) return 'other';
  if (type === 'boolean') return 'boolean';
  if (type === 'bigint' || type === 'integer' || type === 'smallint') return 'integer';
  if (/^numeric\b/.test(type) || type === 'real' || type === 'double precision') return 'number';
  if (type === 'text' || /^character\b|(?:^|\.)citext$/.test(type)) return 'text';
  if (type === 'bytea') return 'binary';
  return type === 'json' || type === 'jsonb' ? 'json' : 'other';
}

function holds(type: string, value: Value): boolean {
  if (unlimited.has(type)) return true;
  const member = memberTypeOf(type);
  if (member !== undefined) {
    const changes = changing.test(member) || holdsOther(member, null) !== undefined;
    return holdsArray(value, { kind: kindOf(member), changes, holds: (each) => holds(member, each) });
  }
  const held = holdsOther(type, value);
  if (held !== undefined) return held;
  const digits = digitsOfNumber(value);
  if (digits !== undefined) return fitsNumber(type, digits);
  return typeof value !== 'string' || fitsText(type, value);
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The server takes a uuid in many spellings, and keeps one; what is none it refuses itself. */
function isOneUuid(text: string): boolean {
  return uuid.test(text) || !/^[0-9a-f]{32}$/i.test(text.replace(/[-{}]/g, ''));
}

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
  kindOf,
  holds,
  holdsKey: (declared, value) => typeof value !== 'string' || (keepsSpaces(declared, value) && (declared !== 'uuid' || isOneUuid(value))),
};

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
  return value instanceof Uint8Array ? bufferOf(value) : value;
}

export const postgresBindings: SqlBindings = {
  key: (column, value) => sql`cast(${keyParameter(column, value)} as ${sql.raw(castType(column))})`,
  seq: (seq) => sql`cast(${seq} as numeric)`,
  json: (text) => sql`cast(${text} as jsonb)`,
  boolean: (value) => sql`${sql.lit(value)}`,
  // The one way in which values become a column's type: that of the fast statements.
  cell: ({ type, kind }, value) =>
    kind === 'binary' && value instanceof Uint8Array
      ? sql`cast(${bufferOf(value)} as bytea)`
      : sql`(select x.v from jsonb_to_record(cast(${`{"v":${valueToJson(value, { numbers: 'exact' })}}`} as jsonb)) as x(v ${sql.raw(type)}))`,
  now: () => sql`now()`,
  ago: (milliseconds) => sql`now() - cast(${milliseconds} as float8) * interval '1 millisecond'`,
  timestamp: (atMs) => sql`cast(${new Date(atMs)} as timestamptz)`,
  jsonText: (column) => sql`${column}::text`,
  readTimestampMs: (value) => (value instanceof Date ? value.getTime() : Number.NaN),
};
