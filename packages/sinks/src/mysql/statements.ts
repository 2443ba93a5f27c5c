// The statements of the hot path, as text. It knows the shape of a table and nothing of connections.
//
// One transaction, READ COMMITTED, in this order:
//   1. `floor`   reads the table's floor and locks its row with others (S). A truncation takes that lock alone (X) before anything
//                else, so no truncation runs beside a writer: whoever comes second waits, and finds what the first has done.
//   2. `store`   upserts the puts under the version guard and, for every delete, takes the row's lock: an existing row is locked
//                without being changed, an absent one is held by a marker row that nobody else ever sees. A marker's time is below
//                every version, so the guard keeps it from changing a row that is there.
//   3. `graves`  asks whether a put may have a tombstone, unless all were updates. If so, `dead` finds those that have, and `look` reads
//                the rows and tombstones that a tombstone, a floor or a delete concerns. What is to become of them is decided outside
//                (settle.ts).
//   4. `remove`, `flag` and `bury` carry it out.
// After 2 no other writer can commit a row or a tombstone of these keys. All locks of rows are taken in 2, in the group's order.
//
// What InnoDB adds to that:
// - An upsert locks the row it meets, changed or not, and its own row by inserting it; under READ COMMITTED neither locks a gap. A
//   deadlock can still be (an insert beside a row that is being purged): the whole transaction is sent again.
// - `dead`, `look`, `remove`, `flag` and `bury` read what is committed now, by locking it. They go from the keys to the rows by the
//   primary key, one by one: with a list of keys after WHERE ... IN the optimiser may walk a small table instead, and would wait
//   for every row that others hold. An absent key locks nothing under READ COMMITTED.
// - `graves` is a consistent read, since a locking one would wait for others' tombstones. Its snapshot is its own statement's, taken
//   after 2, and MySQL makes a transaction visible before it lets go of its locks: a tombstone whose writer we waited for is in it.
//   MariaDB lets go of a marker's lock a moment before: there `graves` does not ask, and `dead` always looks.
// - Assignments after ON DUPLICATE KEY UPDATE run from left to right and see each other: the version is set last.
// - A second unique index would make an upsert overwrite another row: such tables are refused (catalog.ts).
import type { TableColumn } from '../columns/layout.ts';
import { floorTargetColumn } from '../sql/ddl.ts';
import { markerTime } from '../sql/dialect.ts';
import { deletedAtColumn, documentColumn, type TableShape } from '../sql/shape.ts';
import type { Flavor } from './flavor.ts';
import { readJsonRows } from './json-rows.ts';
import { literal, quoted, quotedTable } from './names.ts';

/** The server's limit of values in one prepared statement. */
export const maxPlaceholders = 65_535;

export interface HotStatements {
  /** Answers `floor_time`, `floor_seq`, and `is_own`: 1 for the row that truncations lock, 0 for one that an older version left. */
  readonly floor: string;
  /** Rows of key, content, time and seq; a delete has the marker's time and no content. */
  store(rows: number): string;
  /** Values of one row of `store`. */
  readonly storeValues: number;
  /**
   * Answers `buried`: 0 when no row stands at or below its tombstone, 1 when one does or may. In layout `columns` also the table's
   * `fingerprint`. Absent where there is nothing to ask: each put may.
   */
  readonly graves: string | undefined;
  /** A JSON array of keys. Answers the places, from 1, of those that have a tombstone. */
  readonly dead: string;
  /** A JSON array of keys. Answers `place`, `row_time`, `row_seq`, `patched`, `dead_time`, `dead_seq`. */
  readonly look: string;
  /** A JSON array of keys. */
  readonly remove: string;
  readonly flag: string;
  /** A JSON array of keys with their versions. */
  readonly bury: string;
}

/** The columns that hold the row, by layout. */
export function contentNames({ layout, names }: TableShape, columns: readonly TableColumn[], hasExtra: boolean): string[] {
  if (layout === 'document') return [documentColumn];
  return [...(hasExtra ? [names.extra] : []), ...columns.map(({ name }) => name)];
}

function storeText(shape: TableShape, flavor: Flavor, content: readonly string[], rows: number): string {
  const { key, names, soft, patches } = shape;
  const table = quotedTable(shape.rows);
  const columns = [...key.map(({ name }) => name), ...content, names.time, names.seq].map(quoted);
  const [time, seq, deleted, partial] = [names.time, names.seq, names.deleted, names.partial].map(quoted);
  const own = (column: string | undefined): string => `${table}.${column}`;
  const incoming = (column = ''): string => flavor.incoming(column);
  const unpatched = patches ? `${own(partial)} IS NULL AND ` : '';
  const newer = `${unpatched}(${incoming(time)} > ${own(time)} OR (${incoming(time)} = ${own(time)} AND ${incoming(seq)} > ${own(seq)}))`;
  const set = (column: string, value: string): string => `${column} = IF(${newer}, ${value}, ${own(column)})`;
  const latest = `GREATEST(${own(time)}, ${incoming(time)})`;
  const sets = [
    ...content.map((name) => set(quoted(name), incoming(quoted(name)))),
    ...(soft ? [set(deleted ?? '', '0')] : []),
    set(seq ?? '', incoming(seq)),
    // Once the sequence is set the guard no longer tells; the later time does.
    `${time} = ${patches ? `IF(${own(partial)} IS NULL, ${latest}, ${own(time)})` : latest}`,
  ];
  const row = `(${columns.map(() => '?').join(',')}${soft ? ',0' : ''})`;
  return (
    `INSERT INTO ${table} (${[...columns, ...(soft ? [deleted] : [])].join(', ')}) VALUES ${Array(rows).fill(row).join(',')}${flavor.alias} ` +
    `ON DUPLICATE KEY UPDATE ${sets.join(', ')}`
  );
}

function floorText({ floors, floorName, floorNames }: TableShape): string {
  return (
    `SELECT ${floorTargetColumn} = ${literal(floorName)} AS is_own, cdc_time AS floor_time, cdc_seq AS floor_seq FROM ${quotedTable(floors)} ` +
    `WHERE ${floorTargetColumn} IN (${floorNames.map(literal).join(', ')}) LOCK IN SHARE MODE`
  );
}

/** Makes a floor below everything where there is none, and locks the row that is there, with others. */
export function plantFloorText({ floors, floorName }: Pick<TableShape, 'floors' | 'floorName'>): string {
  return `INSERT IGNORE INTO ${quotedTable(floors)} VALUES (${literal(floorName)}, ${markerTime}, 0, utc_timestamp(3))`;
}

/** Fewer tombstones than these are all looked at, which costs a tenth of looking for a thousand puts among them. */
const manyTombstones = 100;

/** Of the rows that were stored a moment ago one may stand at or below its tombstone; all others stand above theirs. */
function gravesText({ rows, tombstones, key, names }: TableShape, { snapshots }: Flavor, fingerprint: string | undefined): string | undefined {
  const print = fingerprint === undefined ? '' : `, (${fingerprint}) AS fingerprint`;
  if (snapshots === 'a moment later') return fingerprint === undefined ? undefined : `SELECT 1 AS buried${print}`;
  const [time, seq] = [quoted(names.time), quoted(names.seq)];
  const columns = key.map(({ name }) => quoted(name));
  const same = columns.map((name) => `t.${name} = d.${name}`).join(' AND ');
  return (
    `SELECT COUNT(*) = ${manyTombstones} OR COUNT(t.${time}) > 0 AS buried${print} ` +
    `FROM (SELECT ${[...columns, time, seq].join(', ')} FROM ${quotedTable(tombstones)} LIMIT ${manyTombstones}) AS d ` +
    `LEFT JOIN ${quotedTable(rows)} AS t FORCE INDEX (PRIMARY) ON ${same} AND (t.${time} < d.${time} OR (t.${time} = d.${time} AND t.${seq} <= d.${seq}))`
  );
}

export function hotStatements(shape: TableShape, flavor: Flavor, content: readonly string[], fingerprint: string | undefined): HotStatements {
  const { key, names, patches } = shape;
  const [rows, tombstones] = [quotedTable(shape.rows), quotedTable(shape.tombstones)];
  const x = readJsonRows(flavor, key, false);
  const versioned = readJsonRows(flavor, key, true);
  const [time, seq] = [quoted(names.time), quoted(names.seq)];
  const byKey = (table: string, alias: string): string => `${table} AS ${alias} FORCE INDEX (PRIMARY) ON ${x.same(alias)}`;
  const patched = patches ? `t.${quoted(names.partial)} IS NOT NULL` : '0';
  const buried = [...key.map(({ name }) => quoted(name)), time, seq, deletedAtColumn].join(', ');
  return {
    floor: floorText(shape),
    store: (count) => storeText(shape, flavor, content, count),
    storeValues: key.length + content.length + 2,
    graves: gravesText(shape, flavor, fingerprint),
    dead: `SELECT x.place FROM ${x.table} STRAIGHT_JOIN ${byKey(tombstones, 'd')}${flavor.lock(['d'])}`,
    look:
      `SELECT x.place, t.${time} AS row_time, t.${seq} AS row_seq, ${patched} AS patched, d.${time} AS dead_time, d.${seq} AS dead_seq ` +
      `FROM ${x.table} LEFT JOIN ${byKey(rows, 't')} LEFT JOIN ${byKey(tombstones, 'd')}${flavor.lock(['t', 'd'])}`,
    remove: `DELETE t FROM ${x.table} STRAIGHT_JOIN ${byKey(rows, 't')}`,
    flag: `UPDATE ${x.table} STRAIGHT_JOIN ${byKey(rows, 't')} SET t.${quoted(names.deleted)} = 1`,
    bury:
      `INSERT INTO ${tombstones} (${buried}) SELECT ${[...versioned.values, 'x.t', 'x.s', 'utc_timestamp(3)'].join(', ')} FROM ${versioned.table} ` +
      `ON DUPLICATE KEY UPDATE ${time} = x.t, ${seq} = x.s, ${deletedAtColumn} = utc_timestamp(3)`,
  };
}
