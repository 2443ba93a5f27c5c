// What the engine has to be told about SQLite 3.35 and newer. It holds no SQL of the fast way and runs nothing.
import { SqliteAdapter, SqliteQueryCompiler } from 'kysely';
import type { SqlDialect } from '../sql/dialect.ts';
import { describeTable, fingerprint, introduce, measure, schemaExists } from './catalog.ts';
import type { SqliteConnections } from './connections.ts';
import { isColumnLimit, lostCreateRace, sortSqliteError } from './errors.ts';
import { hotTable, type SqliteRow } from './hot.ts';
import { checkSchema, quoted, quotedTable, sqliteTargetNames } from './names.ts';
import { sqliteBindings, sqliteTypes } from './types.ts';

/** A column stays as it was made: another one takes its place. */
function setNotNull(table: string, name: string, former: string, type: string): string[] {
  return [
    `ALTER TABLE ${table} RENAME COLUMN ${name} TO ${former}`,
    `ALTER TABLE ${table} ADD COLUMN ${name} ${type} NOT NULL DEFAULT 0`,
    `UPDATE ${table} SET ${name} = ${former}`,
    `ALTER TABLE ${table} DROP COLUMN ${former}`,
  ];
}

export function sqliteDialect(connections: SqliteConnections): SqlDialect<SqliteRow> {
  return {
    kind: 'sqlite',
    product: 'SQLite',
    statementsPerTable: 2,
    compiler: { createAdapter: () => new SqliteAdapter(), createQueryCompiler: () => new SqliteQueryCompiler() },
    insertOnce: 'on conflict',
    names: sqliteTargetNames,
    types: sqliteTypes,
    bind: sqliteBindings,
    // No locks: a transaction that writes keeps every other one out. Numbers have one sort of column, so none is widened.
    statements: {
      alter: (table, changes) => changes.map(({ name, type }) => ({ text: `ALTER TABLE ${quotedTable(table)} ADD COLUMN ${quoted(name)} ${type}` })),
      setNotNull: (table, { name, type }) => setNotNull(quotedTable(table), quoted(name), quoted(`${name}_nullable`), type),
    },
    /** SQLite as it is built by everybody. */
    maxColumns: 2_000,
    hot: (context) => hotTable(connections, context),
    introduce,
    describeTable,
    schemaExists,
    createSchema: checkSchema,
    measure,
    fingerprint,
    sortError: sortSqliteError,
    lostCreateRace,
    isColumnLimit,
  };
}
