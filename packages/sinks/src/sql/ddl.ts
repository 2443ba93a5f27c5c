// The statements that make a target's tables, for the server or for a person to run. It runs nothing.
import { type ColumnDefinitionBuilder, type CreateTableBuilder, sql } from 'kysely';
import { fittingName } from '../columns/names.ts';
import { partitionKeyColumn } from '../dead-letters/partition-key.ts';
import type { Builder } from './builder.ts';
import type { SqlDialect } from './dialect.ts';
import type { TableName } from './names.ts';
import { deletedAtColumn, documentColumn, type TableShape } from './shape.ts';

interface Definition {
  readonly name: string;
  readonly type: string;
  readonly nullable?: boolean;
}

export const floorTargetColumn = 'target';
export const raisedAtColumn = 'raised_at';

function notNull(definition: ColumnDefinitionBuilder): ColumnDefinitionBuilder {
  return definition.notNull();
}

function createTable(
  { kysely, compiled }: Builder,
  { tableSuffix, names }: SqlDialect,
  { schema, table }: TableName,
  columns: readonly Definition[],
  key: readonly string[],
): string {
  let query: CreateTableBuilder<string, string> = (schema === undefined ? kysely.schema : kysely.schema.withSchema(schema)).createTable(table).ifNotExists();
  for (const { name, type, nullable } of columns) query = query.addColumn(name, sql.raw(type), nullable ? undefined : notNull);
  query = query.addPrimaryKeyConstraint(fittingName(`${table}_pkey`, names), [...key]);
  return compiled(tableSuffix === undefined ? query : query.modifyEnd(sql.raw(tableSuffix))).text;
}

function versionOf({ names }: TableShape, { types }: SqlDialect): Definition[] {
  return [
    { name: names.time, type: types.time.ddl },
    { name: names.seq, type: types.seq.ddl },
  ];
}

function keyOf({ key }: TableShape, { types, keyType }: SqlDialect): Definition[] {
  return key.map(({ name, type, declared }, at) => ({ name, type: declared ?? keyType?.(key, at) ?? types.key[type].ddl }));
}

export function rowsDdl(builder: Builder, dialect: SqlDialect, shape: TableShape): string {
  const { types } = dialect;
  const { names, layout, soft, patches } = shape;
  const columns: Definition[] = [
    ...keyOf(shape, dialect),
    layout === 'document' ? { name: documentColumn, type: types.document.ddl } : { name: names.extra, type: types.json.ddl, nullable: true },
    ...versionOf(shape, dialect),
    ...(soft ? [{ name: names.deleted, type: `${types.deleted.ddl} DEFAULT false` }] : []),
    ...(patches ? [{ name: names.partial, type: types.json.ddl, nullable: true }] : []),
  ];
  return createTable(
    builder,
    dialect,
    shape.rows,
    columns,
    shape.key.map(({ name }) => name),
  );
}

export function tombstonesDdl(builder: Builder, dialect: SqlDialect, shape: TableShape): string {
  const columns = [...keyOf(shape, dialect), ...versionOf(shape, dialect), { name: deletedAtColumn, type: dialect.types.timestamp.ddl }];
  return createTable(
    builder,
    dialect,
    shape.tombstones,
    columns,
    shape.key.map(({ name }) => name),
  );
}

export function floorsDdl(builder: Builder, dialect: SqlDialect, shape: TableShape): string {
  const { types } = dialect;
  const columns = [
    { name: floorTargetColumn, type: types.name },
    { name: 'cdc_time', type: types.time.ddl },
    { name: 'cdc_seq', type: types.seq.ddl },
    { name: raisedAtColumn, type: types.timestamp.ddl },
  ];
  return createTable(builder, dialect, shape.floors, columns, [floorTargetColumn]);
}

/** Text throughout where a source's text goes: a JSON column would refuse the very letters that must not get lost. */
export function deadLettersDdl(builder: Builder, dialect: SqlDialect, table: TableName): string {
  const { types } = dialect;
  const texts = (...names: string[]): Definition[] => names.map((name) => ({ name, type: types.text }));
  const columns: Definition[] = [
    { name: 'id', type: types.name },
    { name: 'failed_at', type: types.timestamp.ddl },
    ...texts('application', 'worker', 'stream', 'shard', 'sequence'),
    { name: 'sub_sequence', type: types.integer },
    { name: 'arrival', type: types.timestamp.ddl },
    { name: partitionKeyColumn, type: types.text, nullable: true },
    ...texts('stage'),
    ...texts('sink', 'target', 'key').map((definition) => ({ ...definition, nullable: true })),
    ...texts('error_code', 'error_message'),
    { name: 'attempts', type: types.integer },
    { name: 'raw', type: types.bytes },
    { name: 'event', type: types.text, nullable: true },
  ];
  return createTable(builder, dialect, table, columns, ['id']);
}
