// What the engine has to be told about PostgreSQL 13 and newer. It holds no SQL and runs nothing.
import { PostgresAdapter, PostgresQueryCompiler } from 'kysely';
import type { SqlDialect } from '../sql/dialect.ts';
import { describeTable, fingerprint, introduce, measure, schemaExists } from './catalog.ts';
import { createDenial } from './create-right.ts';
import type { EncodedRow } from './encode.ts';
import { isColumnLimit, isDeadlock, lostCreateRace, sortPostgresError } from './errors.ts';
import { hotTable } from './hot.ts';
import { postgresNames, quoted } from './names.ts';
import { postgresBindings, postgresTypes } from './types.ts';
import { postgresStatements } from './upkeep.ts';

export const postgresDialect: SqlDialect<EncodedRow> = {
  kind: 'postgres',
  product: 'PostgreSQL',
  /** Measured: the second one nearly doubles the rate. */
  statementsPerTable: 2,
  compiler: { createAdapter: () => new PostgresAdapter(), createQueryCompiler: () => new PostgresQueryCompiler() },
  insertOnce: 'on conflict',
  names: postgresNames,
  types: postgresTypes,
  bind: postgresBindings,
  statements: postgresStatements,
  maxColumns: 1_600,
  hot: hotTable,
  introduce,
  describeTable,
  schemaExists,
  createSchema: (schema) => `CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`,
  createDenial,
  measure,
  fingerprint,
  sortError: sortPostgresError,
  lostCreateRace,
  isDeadlock,
  isColumnLimit,
};
