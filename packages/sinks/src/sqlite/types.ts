// SQLite's types: which ones columns are made of, which ones that are there serve as well, and how values are bound to them. A
// type is a name here; what it does to values is its affinity, and the names are chosen for theirs.
import { sql } from 'kysely';
import type { SqlBindings, SqlTypes } from '../sql/dialect.ts';
import { affinityOf, cellParameter, keeps, keyParameter, numberType, seqParameter } from './values.ts';

/** ISO 8601 in UTC to the millisecond: its order is that of time. */
const clockText = "'%Y-%m-%dT%H:%M:%fZ'";
export const nowText = `strftime(${clockText}, 'now')`;

/** Compared byte by byte; `describeTable` adds any other collation to the type. */
const anyText = /^(?!.*(?:INT|COLLATE)).*(?:CHAR|CLOB|TEXT)/i;
const anyInteger = /INT/i;
const anyBoolean = /^BOOL|INT/i;
/** A document begins with a brace, so that no column takes it for a number. */
const anyJson = /^(?!.*(?:INT|COLLATE))(?:JSON$|.*(?:CHAR|CLOB|TEXT))/i;
const anyNumber = /^NUMBER_BLOB$|INT|^(?:NUMERIC|DECIMAL|NUMBER)\b/i;

const jsonType = 'JSON_TEXT';

export const sqliteTypes: SqlTypes = {
  key: {
    text: { ddl: 'TEXT', fits: anyText },
    number: { ddl: numberType, fits: anyNumber },
    integer: { ddl: 'INTEGER', fits: anyNumber },
    binary: { ddl: 'BLOB', fits: /^BLOB$/i },
    boolean: { ddl: 'BOOLEAN', fits: anyBoolean },
  },
  kinds: { boolean: 'BOOLEAN', integer: numberType, number: numberType, text: 'TEXT', binary: 'BLOB', json: jsonType },
  document: { ddl: jsonType, fits: anyJson },
  time: { ddl: 'INTEGER', fits: anyInteger },
  seq: { ddl: 'TEXT', fits: anyText },
  deleted: { ddl: 'BOOLEAN', fits: anyBoolean },
  json: { ddl: jsonType, fits: anyJson },
  timestamp: { ddl: 'TEXT', fits: anyText },
  name: 'TEXT',
  text: 'TEXT',
  bytes: 'BLOB',
  integer: 'INTEGER',
  kindOf(type) {
    if (/^BOOL/i.test(type)) return 'boolean';
    if (/^JSON/i.test(type)) return 'json';
    if (type.toUpperCase() === numberType) return 'number';
    if (/^BLOB/i.test(type)) return 'binary';
    const affinity = affinityOf(type);
    if (affinity === 'integer' || affinity === 'real' || /^(?:NUM|DEC)/i.test(type)) return 'number';
    return affinity === 'text' ? 'text' : 'other';
  },
  holds: keeps,
};

export const sqliteBindings: SqlBindings = {
  key: (column, value) => sql`${keyParameter(column, value)}`,
  seq: (seq) => sql`${seqParameter(seq)}`,
  json: (text) => sql`${text}`,
  boolean: (value) => sql.lit(value ? 1 : 0),
  cell: (column, value) => sql`${cellParameter(column, value)}`,
  now: () => sql.raw(nowText),
  ago: (milliseconds) => sql`strftime(${sql.raw(clockText)}, 'now', ${`-${milliseconds / 1000} seconds`})`,
  timestamp: (atMs) => sql`${new Date(atMs).toISOString()}`,
  jsonText: (column) => column,
  readTimestampMs: (value) => Date.parse(String(value)),
};
