// The statements that make a target's tables, for the server or for a person to run. It runs nothing.
import { quoted, quotedTable, type TableName } from './names.ts';
import { type KeyColumn, keyTypes, type TableShape } from './shape.ts';

const version = 'cdc_time bigint NOT NULL, cdc_seq numeric(65) NOT NULL';

function keyDefinition(key: readonly KeyColumn[]): string {
  return key.map(({ name, type }) => `${quoted(name)} ${keyTypes[type]} NOT NULL`).join(', ');
}

function primaryKey(key: readonly KeyColumn[]): string {
  return `PRIMARY KEY (${key.map(({ name }) => quoted(name)).join(', ')})`;
}

export function schemaDdl(schema: string): string {
  return `CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`;
}

export function rowsDdl({ rows, key }: TableShape): string {
  return `CREATE TABLE IF NOT EXISTS ${quotedTable(rows)} (${keyDefinition(key)}, data jsonb NOT NULL, ${version}, ${primaryKey(key)})`;
}

export function tombstonesDdl({ tombstones, key }: TableShape): string {
  return `CREATE TABLE IF NOT EXISTS ${quotedTable(tombstones)} (${keyDefinition(key)}, ${version}, deleted_at timestamptz NOT NULL, ${primaryKey(key)})`;
}

export function floorsDdl({ floors }: TableShape): string {
  return `CREATE TABLE IF NOT EXISTS ${quotedTable(floors)} (target text COLLATE "C" PRIMARY KEY, ${version}, raised_at timestamptz NOT NULL)`;
}

/** Text throughout where a source's text goes: `jsonb` would refuse the very letters that must not get lost. */
export function deadLettersDdl(table: TableName): string {
  return (
    `CREATE TABLE IF NOT EXISTS ${quotedTable(table)} (id text PRIMARY KEY, failed_at timestamptz NOT NULL, application text NOT NULL, worker text NOT NULL, ` +
    'stream text NOT NULL, shard text NOT NULL, sequence text NOT NULL, sub_sequence bigint NOT NULL, arrival timestamptz NOT NULL, stage text NOT NULL, ' +
    'sink text, target text, key text, error_code text NOT NULL, error_message text NOT NULL, attempts integer NOT NULL, raw bytea NOT NULL, event text)'
  );
}
