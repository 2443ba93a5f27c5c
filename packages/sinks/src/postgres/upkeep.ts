// Statements over whole tables and their columns, and the locks of the slow way, as text and parameters. It runs nothing.
import type { Value } from '@shardfold/changes';
import type { Statement } from '../sql/connections.ts';
import type { SqlStatements, TableChange } from '../sql/dialect.ts';
import { deletedAtColumn, type TableShape } from '../sql/shape.ts';
import { encodeKey, jsonArray } from './encode.ts';
import { quoted, quotedTable } from './names.ts';
import { lockText } from './statements.ts';

/** Adding a column waits for the writers in flight, and everybody else waits behind it: not for long. */
const lockTimeout = '5s';

function lockKeys(shape: TableShape, keys: readonly (readonly Value[])[]): Statement[] {
  return [{ text: lockText(shape), values: [jsonArray(keys.map((key) => `{${encodeKey(shape.key, key)}}`))] }];
}

/** Rows that a writer has in hand are left to the next sweep. Of a partitioned table a place is not unique: what is chosen is asked again. */
function heal({ rows, tombstones, key, names, soft, patches }: TableShape, maxRows: number): Statement {
  const version = (alias: string): string => `(${alias}.${quoted(names.time)}, ${alias}.${quoted(names.seq)})`;
  const same = key.map(({ name }) => `d.${quoted(name)} = t.${quoted(name)}`).join(' AND ');
  const outranked =
    `${same} AND ${version('d')} >= ${version('t')}` +
    `${patches ? ` AND t.${quoted(names.partial)} IS NULL` : ''}${soft ? ` AND NOT t.${quoted(names.deleted)}` : ''}`;
  const table = quotedTable(rows);
  const chosen =
    `t.ctid = ANY (ARRAY(SELECT t.ctid FROM ${table} AS t JOIN ${quotedTable(tombstones)} AS d ON ${outranked} LIMIT ${maxRows} FOR UPDATE OF t SKIP LOCKED)) ` +
    `AND EXISTS (SELECT FROM ${quotedTable(tombstones)} AS d WHERE ${outranked})`;
  return {
    text: soft ? `UPDATE ${table} AS t SET ${quoted(names.deleted)} = true WHERE ${chosen}` : `DELETE FROM ${table} AS t WHERE ${chosen}`,
  };
}

/** By the server's clock. */
function forget({ rows, tombstones, key, soft }: TableShape, retentionMs: number, maxRows: number): Statement {
  const same = key.map(({ name }) => `t.${quoted(name)} = d.${quoted(name)}`).join(' AND ');
  const without = soft ? ` AND NOT EXISTS (SELECT FROM ${quotedTable(rows)} AS t WHERE ${same})` : '';
  const old = `d.${deletedAtColumn} < now() - $1::float8 * interval '1 millisecond'`;
  const table = `${quotedTable(tombstones)} AS d`;
  return {
    text: `DELETE FROM ${table} WHERE d.ctid = ANY (ARRAY(SELECT d.ctid FROM ${table} WHERE ${old}${without} LIMIT ${maxRows} FOR UPDATE SKIP LOCKED)) AND ${old}${without}`,
    values: [retentionMs],
  };
}

function changeText({ kind, name, type }: TableChange): string {
  return kind === 'add' ? `ADD COLUMN IF NOT EXISTS ${quoted(name)} ${type}` : `ALTER COLUMN ${quoted(name)} TYPE ${type}`;
}

export const postgresStatements: SqlStatements = {
  lockTable: ({ rows }) => ({ text: `LOCK TABLE ${quotedTable(rows)} IN SHARE ROW EXCLUSIVE MODE` }),
  lockKeys,
  heal,
  forget,
  alterPatience: { text: `SET LOCAL lock_timeout = '${lockTimeout}'` },
  alter: (table, changes) => [{ text: `ALTER TABLE ${quotedTable(table)} ${changes.map(changeText).join(', ')}` }],
};
