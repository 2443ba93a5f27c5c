// Statements over whole tables and their columns, and the locks of the slow way, as text and parameters. It runs nothing.
import type { Value } from '@shardfold/changes';
import type { Statement } from '../sql/connections.ts';
import { markerTime, type SqlStatements, type TableChange } from '../sql/dialect.ts';
import { deletedAtColumn, documentColumn, type TableShape } from '../sql/shape.ts';
import type { Flavor } from './flavor.ts';
import { jsonRows, keyJson, readJsonRows } from './json-rows.ts';
import { literal, quoted, quotedTable } from './names.ts';
import { plantFloorText } from './statements.ts';

/** One statement adds so many columns: where the server has no room for all, the earlier statements' are there. */
const maxColumnsPerStatement = 50;

/** The floor's row with others, which keeps truncations off; then the rows, absent ones by markers. */
function lockKeys(flavor: Flavor, shape: TableShape, keys: readonly (readonly Value[])[]): Statement[] {
  const { key, names, soft, layout } = shape;
  const rows = quotedTable(shape.rows);
  const x = readJsonRows(flavor, key, false);
  const more: (readonly [name: string, value: string])[] = [
    [names.time, markerTime],
    [names.seq, '0'],
    ...(layout === 'document' ? [[documentColumn, "'null'"] as const] : []),
    ...(soft ? [[names.deleted, '0'] as const] : []),
  ];
  const columns = [...key.map(({ name }) => name), ...more.map(([name]) => name)].map(quoted).join(', ');
  const unchanged = `${quoted(names.time)} = ${rows}.${quoted(names.time)}`;
  return [
    { text: plantFloorText(shape) },
    {
      name: 'lock',
      text: `INSERT INTO ${rows} (${columns}) SELECT ${[...x.values, ...more.map(([, value]) => value)].join(', ')} FROM ${x.table} ON DUPLICATE KEY UPDATE ${unchanged}`,
      values: [jsonRows(keys.map((values) => keyJson(key, values)))],
    },
  ];
}

function sameKey({ key }: TableShape, left: string, right: string): string {
  return key.map(({ name }) => `${left}.${quoted(name)} = ${right}.${quoted(name)}`).join(' AND ');
}

function keysOf({ key }: TableShape, alias: string): string {
  return key.map(({ name }) => `${alias}.${quoted(name)}`).join(', ');
}

/** What is found without a lock is asked again under it: a newer row may have taken its place. */
function heal(shape: TableShape, maxRows: number): Statement {
  const { rows, tombstones, names, soft, patches } = shape;
  const [time, seq] = [quoted(names.time), quoted(names.seq)];
  const stale =
    `(d.${time}, d.${seq}) >= (t.${time}, t.${seq})${patches ? ` AND t.${quoted(names.partial)} IS NULL` : ''}` +
    `${soft ? ` AND t.${quoted(names.deleted)} = 0` : ''}`;
  const joined = `${quotedTable(rows)} AS t FORCE INDEX (PRIMARY) ON`;
  const chosen =
    `(SELECT ${keysOf(shape, 'd')} FROM ${quotedTable(tombstones)} AS d STRAIGHT_JOIN ${joined} ${sameKey(shape, 't', 'd')} ` +
    `WHERE ${stale} LIMIT ${maxRows}) AS c`;
  const from = `${chosen} STRAIGHT_JOIN ${joined} ${sameKey(shape, 't', 'c')} STRAIGHT_JOIN ${quotedTable(tombstones)} AS d FORCE INDEX (PRIMARY) ON ${sameKey(shape, 'd', 'c')}`;
  return { text: soft ? `UPDATE ${from} SET t.${quoted(names.deleted)} = 1 WHERE ${stale}` : `DELETE t FROM ${from} WHERE ${stale}` };
}

/** By the server's clock. */
function forget(shape: TableShape, retentionMs: number, maxRows: number): Statement {
  const { rows, tombstones, soft } = shape;
  const old = (alias: string): string => `${alias}.${deletedAtColumn} <= utc_timestamp(3) - INTERVAL ${Math.round(retentionMs) * 1_000} MICROSECOND`;
  const without = soft ? ` AND NOT EXISTS (SELECT 1 FROM ${quotedTable(rows)} AS t WHERE ${sameKey(shape, 't', 'd')})` : '';
  return {
    text:
      `DELETE d FROM (SELECT ${keysOf(shape, 'd')} FROM ${quotedTable(tombstones)} AS d WHERE ${old('d')}${without} LIMIT ${maxRows}) AS c ` +
      `STRAIGHT_JOIN ${quotedTable(tombstones)} AS d FORCE INDEX (PRIMARY) ON ${sameKey(shape, 'd', 'c')} WHERE ${old('d')}`,
  };
}

function changeText({ kind, name, type }: TableChange): string {
  return `${kind === 'add' ? 'ADD' : 'MODIFY'} COLUMN ${quoted(name)} ${type} NULL`;
}

export function mysqlStatements(flavor: Flavor): SqlStatements {
  return {
    alter(table, changes) {
      const statements: Statement[] = [];
      for (let from = 0; from < changes.length; from += maxColumnsPerStatement) {
        const part = changes.slice(from, from + maxColumnsPerStatement);
        statements.push({ text: `ALTER TABLE ${quotedTable(table)} ${part.map(changeText).join(', ')}` });
      }
      return statements;
    },
    // Not the table, which a transaction cannot lock, but the floor's row, which every writer locks first, with others.
    lockTable: ({ floors, floorName }) => ({
      text: `INSERT INTO ${quotedTable(floors)} VALUES (${literal(floorName)}, ${markerTime}, 0, utc_timestamp(3)) ON DUPLICATE KEY UPDATE target = target`,
    }),
    lockKeys: (shape, keys) => lockKeys(flavor, shape, keys),
    ...(flavor.snapshots === 'a moment later' ? { lockingRead: 'for update' } : {}),
    heal,
    forget,
    setNotNull: (table, { name, type, declared }) => [`ALTER TABLE ${quotedTable(table)} MODIFY COLUMN ${quoted(name)} ${declared ?? type} NOT NULL`],
  };
}
