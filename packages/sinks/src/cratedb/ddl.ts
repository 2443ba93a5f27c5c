// The statements that make a target's table, its view, and the tables that all targets share. They run as they are, one by one.
import { partitionKeyColumn } from '../dead-letters/partition-key.ts';
import { documentColumn } from '../sql/shape.ts';
import { literal, quoted } from './names.ts';
import type { CrateShape } from './shape.ts';
import { keyTypes, longText, plainObject } from './types.ts';

export function createRows(shape: CrateShape): string {
  const { rows, key, layout, patches, names, dead } = shape;
  const columns = [
    ...key.map(({ name, type }) => `${quoted(name)} ${keyTypes[type].ddl}`),
    `${quoted(layout === 'document' ? documentColumn : names.extra)} ${plainObject}`,
    `${quoted(names.time)} BIGINT`,
    `${quoted(names.seq)} TEXT`,
    `${quoted(names.deleted)} BOOLEAN`,
    `${quoted(dead.time)} BIGINT`,
    `${quoted(dead.seq)} TEXT`,
    `${quoted(dead.at)} TIMESTAMP WITH TIME ZONE`,
    ...(patches ? [`${quoted(names.partial)} ${longText}`] : []),
  ];
  return `CREATE TABLE IF NOT EXISTS ${rows} (${[...columns, `PRIMARY KEY (${key.map(({ name }) => quoted(name)).join(', ')})`].join(', ')})`;
}

/** The columns that the view shows, in its order; `attributes` are those of layout `columns`. */
export function viewColumns({ key, layout, soft, patches, names }: CrateShape, attributes: readonly string[]): string[] {
  return [
    ...key.map(({ name }) => name),
    ...(layout === 'document' ? [documentColumn] : [...attributes, names.extra]),
    names.time,
    names.seq,
    ...(soft ? [names.deleted] : []),
    ...(patches ? [names.partial] : []),
  ];
}

/** A key of which only a delete was seen has no version of a row. */
export function createView(shape: CrateShape, attributes: readonly string[]): string {
  const columns = viewColumns(shape, attributes).map(quoted).join(', ');
  const living = shape.soft ? `${quoted(shape.names.time)} IS NOT NULL` : `NOT coalesce(${quoted(shape.names.deleted)}, false)`;
  return `CREATE OR REPLACE VIEW ${shape.view} AS SELECT ${columns} FROM ${shape.rows} WHERE ${living}`;
}

export function createFloors({ floors }: Pick<CrateShape, 'floors'>): string {
  return `CREATE TABLE IF NOT EXISTS ${floors} ("target" TEXT PRIMARY KEY, "cdc_time" BIGINT, "cdc_seq" TEXT, "raised_at" TIMESTAMP WITH TIME ZONE) CLUSTERED INTO 1 SHARDS`;
}

export function addPartitionKey(table: string): string {
  return alterTable(table, [addColumn(partitionKeyColumn, longText)]);
}

/** `raw` is base64 text: the server has no type for bytes. */
export function createLetters(table: string): string {
  const texts = [
    'application',
    'worker',
    'stream',
    'shard',
    'sequence',
    partitionKeyColumn,
    'stage',
    'sink',
    'target',
    'key',
    'error_code',
    'error_message',
    'raw',
    'event',
  ];
  const columns = [
    '"id" TEXT PRIMARY KEY',
    '"failed_at" TIMESTAMP WITH TIME ZONE',
    '"arrival" TIMESTAMP WITH TIME ZONE',
    '"sub_sequence" BIGINT',
    '"attempts" BIGINT',
    ...texts.map((name) => `${quoted(name)} ${longText}`),
  ];
  return `CREATE TABLE IF NOT EXISTS ${table} (${columns.join(', ')}) CLUSTERED INTO 1 SHARDS`;
}

export function addColumn(name: string, type: string): string {
  return `ADD COLUMN ${quoted(name)} ${type}`;
}

export function alterTable(table: string, additions: readonly string[]): string {
  return `ALTER TABLE ${table} ${additions.join(', ')}`;
}

/** A question to the catalog about one relation. */
export function catalogQuestion(select: string, from: string, schema: string, relation: string): string {
  return `SELECT ${select} FROM information_schema.${from} WHERE table_schema = ${literal(schema)} AND table_name = ${literal(relation)}`;
}
