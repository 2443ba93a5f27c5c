// What the engine has to be told about MariaDB and MySQL. It holds no SQL and runs nothing.
import { MysqlAdapter, MysqlQueryCompiler } from 'kysely';
import type { NameRules } from '../columns/names.ts';
import type { SqlDialect } from '../sql/dialect.ts';
import { describeTable, fingerprint, introduce, measure, schemaExists } from './catalog.ts';
import { createDenial } from './create-right.ts';
import type { EncodedRow } from './encode.ts';
import { isColumnLimit, isDeadlock, lostCreateRace, sortMysqlError } from './errors.ts';
import type { Flavor } from './flavor.ts';
import { hotTable } from './hot.ts';
import { mysqlNames, quoted } from './names.ts';
import { keyType, mysqlTypes } from './types.ts';
import { mysqlStatements } from './upkeep.ts';
import { mysqlBindings } from './values.ts';

export const mysqlKind = 'mysql';
/** Measured: the second one nearly doubles the rate. */
export const mysqlStatementsPerTable = 2;

export function mysqlDialect(flavor: Flavor, names: NameRules = mysqlNames): SqlDialect<EncodedRow> {
  const { product } = flavor;
  return {
    kind: mysqlKind,
    product,
    statementsPerTable: mysqlStatementsPerTable,
    compiler: { createAdapter: () => new MysqlAdapter(), createQueryCompiler: () => new MysqlQueryCompiler() },
    insertOnce: 'on duplicate key',
    names,
    types: mysqlTypes(flavor),
    keyType: (key, at) => keyType(flavor, key, at),
    numbers: flavor.numbers,
    bind: mysqlBindings(flavor),
    statements: mysqlStatements(flavor),
    /** InnoDB's. */
    maxColumns: 1_017,
    tableSuffix: `engine = InnoDB default character set utf8mb4 collate ${flavor.collation}`,
    hot: (context) => hotTable(flavor, context),
    introduce: (connections, signal) => introduce(flavor, connections, signal),
    describeTable: (connections, table, signal) => describeTable(flavor, connections, table, signal),
    schemaExists,
    createSchema: (schema) => `CREATE DATABASE IF NOT EXISTS ${quoted(schema)} CHARACTER SET utf8mb4`,
    createDenial,
    measure,
    fingerprint,
    sortError: (error) => sortMysqlError(error, product),
    lostCreateRace,
    isDeadlock,
    isColumnLimit,
  };
}
