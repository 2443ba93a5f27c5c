// The statements of the hot path, as text. It knows the shape of a table and nothing of connections.
//
// One transaction, READ COMMITTED, in this order:
//   1. `store`   upserts the puts under the version guard and, for every delete, takes the row's lock: an existing row is
//                locked without being changed, an absent one is held by a marker row that nobody else ever sees. A marker's
//                time is below every version, so the guard keeps it from changing a row that is there.
//   2. `settle`  takes back the puts that a tombstone or a floor outranks; with soft deletes, flags them.
//   3. `bury`    deletes what the deletes outrank, or flags it, takes the markers away, and writes tombstones.
//   4. `left`    in tables with room for patches: names the rows that have some. The others' guards leave them alone.
// Each statement sees what was committed before it began. After 1 no other writer can commit a row or a tombstone of these
// keys, so 2, 3 and 4 see the last word on each of them; a put that waited in 1 for a delete finds its tombstone in 2. Either
// order of a put and a delete on one key ends alike, and all locks are taken in 1, in the group's order.
// At equal versions the delete wins, whichever came first.
import type { TableColumn } from '../columns/layout.ts';
import { markerTime } from '../sql/dialect.ts';
import { documentColumn, type KeyColumn, type TableShape } from '../sql/shape.ts';
import { quoted, quotedTable } from './names.ts';
import { keyTypeText } from './types.ts';

export interface HotStatements {
  /** `$1` is a JSON array of `{k0…, t, s}` with `d`, or `e` and `c0…`; a delete has the marker's time and no content. */
  readonly store: string;
  /** `$1` is a JSON array of `{k0…}` of the puts, `$2` the target. Answers what went: the put's place, from 0, and the row's version. */
  readonly settle: string;
  /** `$1` is a JSON array of `{k0…, t, s}` of the deletes, `$2` the target. Answers one row `markers, buried`. */
  readonly bury: string;
  /** `$1` is a JSON array of `{k0…}` of all rows. Answers their places, from 0. Absent where no row can have patches. */
  readonly left: string | undefined;
}

/** A column of the rows, and how it comes in: as a field of the record, with this type, by this expression. */
interface Field {
  readonly name: string;
  readonly field: string;
  readonly type: string;
  readonly expression: string;
}

/** Binary travels in JSON as base64 text. */
function field(name: string, key: string, type: string, isBinary: boolean): Field {
  return { name, field: key, type: isBinary ? 'text' : type, expression: isBinary ? `decode(x.${key}, 'base64')` : `x.${key}` };
}

function keyFields(key: readonly KeyColumn[]): Field[] {
  return key.map((column, index) => field(column.name, `k${index}`, keyTypeText(column), column.type === 'binary'));
}

/** The columns that hold the row, by layout. */
export function contentFields({ layout, names }: TableShape, columns: readonly TableColumn[], hasExtra: boolean): Field[] {
  if (layout === 'document') return [{ name: documentColumn, field: 'd', type: 'jsonb', expression: "coalesce(x.d, '{}'::jsonb)" }];
  return [
    ...(hasExtra ? [field(names.extra, 'e', 'jsonb', false)] : []),
    ...columns.map(({ name, type, kind }, index) => field(name, `c${index}`, type, kind === 'binary')),
  ];
}

function record(fields: readonly Pick<Field, 'field' | 'type'>[]): string {
  return fields.map((each) => `${each.field} ${each.type}`).join(', ');
}

/** The parameter as rows `x(k0…)`, with the versions `t` and `s` where they are asked for. */
function incoming(key: readonly KeyColumn[], versions: '' | ', t bigint, s numeric'): string {
  const fields = keyFields(key);
  const values = fields.map((each) => `${each.expression} AS ${each.field}`).join(', ');
  return `(SELECT ${values}${versions === '' ? '' : ', x.t, x.s'} FROM jsonb_to_recordset($1::jsonb) AS x(${record(fields)}${versions}))`;
}

/** The parameter as rows `x(k0…, place)`; places begin at 0. */
function incomingPlaces(key: readonly KeyColumn[]): string {
  const fields = keyFields(key);
  const values = fields.map((each) => `${each.expression} AS ${each.field}`).join(', ');
  const names = fields.map((each) => each.field).join(', ');
  return `(SELECT ${values}, x.place::int - 1 AS place FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (${record(fields)})) WITH ORDINALITY AS x(${names}, place))`;
}

/** `alias`'s key columns equal those of the incoming row `x`. */
function sameKey(alias: string, key: readonly KeyColumn[]): string {
  return key.map(({ name }, index) => `${alias}.${quoted(name)} = x.k${index}`).join(' AND ');
}

/** The two halves of a stored version. */
function versionOf({ names }: TableShape, alias: string): string {
  return `(${alias}.${quoted(names.time)}, ${alias}.${quoted(names.seq)})`;
}

function keyNames(key: readonly KeyColumn[]): string {
  return key.map(({ name }) => quoted(name)).join(', ');
}

/** The guard that keeps rows with patches for the slow way. */
function unpatched({ patches, names }: TableShape): string {
  return patches ? ` AND t.${quoted(names.partial)} IS NULL` : '';
}

function storeText(shape: TableShape, content: readonly Field[]): string {
  const { rows, key, names, soft } = shape;
  const fields: Field[] = [...keyFields(key), ...content, field(names.time, 't', 'bigint', false), field(names.seq, 's', 'numeric', false)];
  const changing = [...content.map(({ name }) => name), names.time, names.seq].map((name) => `${quoted(name)} = excluded.${quoted(name)}`);
  const deleted = soft ? `, ${quoted(names.deleted)}` : '';
  return (
    `INSERT INTO ${quotedTable(rows)} AS t (${fields.map(({ name }) => quoted(name)).join(', ')}${deleted}) ` +
    `SELECT ${fields.map(({ expression }) => expression).join(', ')}${soft ? ', false' : ''} FROM jsonb_to_recordset($1::jsonb) AS x(${record(fields)}) ` +
    `ON CONFLICT (${keyNames(key)}) DO UPDATE SET ${changing.join(', ')}${soft ? `${deleted} = false` : ''} ` +
    `WHERE ${versionOf(shape, 't')} < ${versionOf(shape, 'excluded')}${unpatched(shape)}`
  );
}

function floorText({ floors }: TableShape): string {
  return `(SELECT f.cdc_time, f.cdc_seq FROM ${quotedTable(floors)} AS f WHERE f.target = $2)`;
}

function settleText(shape: TableShape): string {
  const { rows, tombstones, floors, key, soft, names } = shape;
  const outranked =
    `${sameKey('t', key)}${unpatched(shape)} ` +
    // The scalar subquery keeps the planner from reading all tombstones into a hash for the sake of a few keys.
    `AND (EXISTS (SELECT FROM ${quotedTable(floors)} AS f WHERE f.target = $2) OR (SELECT true FROM ${quotedTable(tombstones)} AS d WHERE ${sameKey('d', key)})) ` +
    `AND (${versionOf(shape, 't')} <= ${floorText(shape)} OR EXISTS ` +
    `(SELECT FROM ${quotedTable(tombstones)} AS d WHERE ${sameKey('d', key)} AND ${versionOf(shape, 'd')} >= ${versionOf(shape, 't')}))`;
  return soft
    ? `UPDATE ${quotedTable(rows)} AS t SET ${quoted(names.deleted)} = true FROM ${incoming(key, '')} AS x WHERE ${outranked} AND NOT t.${quoted(names.deleted)}`
    : `DELETE FROM ${quotedTable(rows)} AS t USING ${incomingPlaces(key)} AS x WHERE ${outranked} ` +
        `RETURNING x.place, t.${quoted(names.time)} AS row_time, t.${quoted(names.seq)} AS row_seq`;
}

function buryText(shape: TableShape): string {
  const { rows, tombstones, key, soft, names } = shape;
  const table = quotedTable(rows);
  const from = `${incoming(key, ', t bigint, s numeric')} AS x WHERE ${sameKey('t', key)}`;
  const isMarker = `t.${quoted(names.time)} = ${markerTime}`;
  const outranked = `${versionOf(shape, 't')} <= (x.t, x.s)${unpatched(shape)}`;
  const answer = `RETURNING ${key.map((_, index) => `x.k${index}`).join(', ')}, x.t, x.s, ${isMarker} AS marker`;
  const gone = soft
    ? `WITH cleared AS (DELETE FROM ${table} AS t USING ${from} AND ${isMarker} ${answer}), ` +
      `flagged AS (UPDATE ${table} AS t SET ${quoted(names.deleted)} = true FROM ${from} AND NOT ${isMarker} AND ${outranked} ${answer}), ` +
      'gone AS (SELECT * FROM cleared UNION ALL SELECT * FROM flagged), '
    : `WITH gone AS (DELETE FROM ${table} AS t USING ${from} AND ${outranked} ${answer}), `;
  const version = `${quoted(names.time)}, ${quoted(names.seq)}`;
  const changing = [names.time, names.seq, 'deleted_at'].map((name) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ');
  return (
    `${gone}laid AS (INSERT INTO ${quotedTable(tombstones)} AS d (${keyNames(key)}, ${version}, deleted_at) ` +
    `SELECT ${key.map((_, index) => `k${index}`).join(', ')}, t, s, now() FROM gone WHERE ((t, s) <= ${floorText(shape)}) IS NOT TRUE ` +
    `ON CONFLICT (${keyNames(key)}) DO UPDATE SET ${changing} WHERE ${versionOf(shape, 'd')} < ${versionOf(shape, 'excluded')} RETURNING 1) ` +
    'SELECT (SELECT count(*) FROM gone WHERE marker)::int AS markers, (SELECT count(*) FROM laid)::int AS buried'
  );
}

function leftText({ rows, key, names, patches }: TableShape): string | undefined {
  if (!patches) return undefined;
  return `SELECT x.place FROM ${incomingPlaces(key)} AS x JOIN ${quotedTable(rows)} AS t ON ${sameKey('t', key)} WHERE t.${quoted(names.partial)} IS NOT NULL`;
}

export function hotStatements(shape: TableShape, content: readonly Field[]): HotStatements {
  return { store: storeText(shape, content), settle: settleText(shape), bury: buryText(shape), left: leftText(shape) };
}

/** Locks rows, absent ones by markers. `$1` is a JSON array of `{k0…}`. */
export function lockText(shape: TableShape): string {
  const { rows, key, names, soft, layout } = shape;
  const fields = keyFields(key);
  const more: (readonly [name: string, value: string])[] = [
    [names.time, markerTime],
    [names.seq, '0'],
    ...(layout === 'document' ? [[documentColumn, "'{}'"] as const] : []),
    ...(soft ? [[names.deleted, 'false'] as const] : []),
  ];
  return (
    `INSERT INTO ${quotedTable(rows)} AS t (${keyNames(key)}, ${more.map(([name]) => quoted(name)).join(', ')}) ` +
    `SELECT ${[...fields.map(({ expression }) => expression), ...more.map(([, value]) => value)].join(', ')} FROM jsonb_to_recordset($1::jsonb) AS x(${record(fields)}) ` +
    `ON CONFLICT (${keyNames(key)}) DO UPDATE SET ${quoted(names.time)} = t.${quoted(names.time)} WHERE false`
  );
}
