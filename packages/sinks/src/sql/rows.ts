// Statements that write one row by its key. It decides nothing and runs nothing.
import type { Value } from '@shardfold/changes';
import { sql } from 'kysely';
import { allOf, column, type Fragment, list, tableId } from './builder.ts';
import type { Statement } from './connections.ts';
import type { Engine } from './engine.ts';
import type { TableName } from './names.ts';
import type { KeyColumn } from './shape.ts';

type Sets = readonly (readonly [column: string, value: Fragment])[];

/** The condition that a row, or the table's alias, has this key. */
export function keyIs({ dialect }: Engine, columns: readonly KeyColumn[], key: readonly Value[], alias?: string): Fragment {
  return allOf(columns.map((part, index) => sql`${column(part.name, alias)} = ${dialect.bind.key(part, key[index] ?? null)}`));
}

export function deleteRow(engine: Engine, table: TableName, columns: readonly KeyColumn[], key: readonly Value[]): Statement {
  return engine.builder.statement(sql`delete from ${tableId(table)} where ${keyIs(engine, columns, key)}`);
}

export function updateRow(engine: Engine, table: TableName, columns: readonly KeyColumn[], key: readonly Value[], sets: Sets): Statement {
  const assignments = list(sets.map(([name, value]) => sql`${column(name)} = ${value}`));
  return engine.builder.statement(sql`update ${tableId(table)} set ${assignments} where ${keyIs(engine, columns, key)}`);
}

export function insertRow(engine: Engine, table: TableName, columns: readonly KeyColumn[], key: readonly Value[], sets: Sets): Statement {
  const names = list([...columns, ...sets.map(([name]) => ({ name }))].map(({ name }) => column(name)));
  const keys = columns.map((part, index) => engine.dialect.bind.key(part, key[index] ?? null));
  return engine.builder.statement(sql`insert into ${tableId(table)} (${names}) values (${list([...keys, ...sets.map(([, value]) => value)])})`);
}
