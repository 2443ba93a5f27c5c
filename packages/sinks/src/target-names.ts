// Whether a table of a database can have a target's name: names come from records, too, and no wait mends one that no server takes. Pure;
// it asks no server, and what is wrong with a table that can be is not its business.
import type { SinkKind } from './address.ts';
import { crateNames } from './cratedb/names.ts';
import { collectionNameProblem } from './mongodb/shape.ts';
import { mysqlNames } from './mysql/names.ts';
import { rowsEnding } from './own-names.ts';
import { postgresNames } from './postgres/names.ts';
import { tableNameProblem } from './sql/names.ts';
import { sqliteNames } from './sqlite/names.ts';

const problems: Readonly<Record<SinkKind, (name: string) => string | undefined>> = {
  postgres: (name) => tableNameProblem(name, postgresNames),
  cratedb: (name) => tableNameProblem(name, crateNames, rowsEnding),
  mysql: (name) => tableNameProblem(name, mysqlNames),
  sqlite: (name) => tableNameProblem(name, sqliteNames),
  mongodb: collectionNameProblem,
};

/** What the sinks themselves refuse a target for: a phrase that follows its name. Undefined: a table may be called so. */
export function targetNameProblem(kind: SinkKind, name: string): string | undefined {
  return problems[kind](name);
}
