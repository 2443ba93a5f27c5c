// The statements that write rows, as texts for one state of a table's columns. They run nothing.
//
// One row stands for each key, dead or alive: its content, the version of its newest whole row (NULL where there is none), and the
// version of its newest delete. So every guard is within one row, and one upsert is one step that nobody sees half of.
import type { Version } from '@shardfold/changes';
import { documentColumn } from '../sql/shape.ts';
import { quoted } from './names.ts';
import type { CrateShape } from './shape.ts';

/** Versions' digits are compared as text. */
const seqDigits = 65;

export function seqText(seq: string): string {
  return seq.padStart(seqDigits, '0');
}

/** A version from two columns of an answer. */
export function versionOf(time: unknown, seq: unknown): Version | undefined {
  return time === null || time === undefined ? undefined : { time: Number(time), seq: String(seq) };
}

/** Times are safe integers. */
const belowAllTimes = -Number.MAX_SAFE_INTEGER - 1;

type Pair = readonly [time: string, seq: string];

/** Both halves are SQL. `or equal` where a replay must write again. */
export function above([time, seq]: Pair, [otherTime, otherSeq]: Pair, operator: '>' | '>=' = '>'): string {
  return `(${time} > ${otherTime} OR ${time} = ${otherTime} AND ${seq} ${operator} ${otherSeq})`;
}

/** Also where nothing is stored. */
function isNewer(version: Pair, stored: Pair, operator: '>' | '>=' = '>'): string {
  return `coalesce(${above(version, stored, operator)}, true)`;
}

/**
 * Newer than a row's whole version and its delete's, of which the flag tells the later one; with `again` also as new as the row's
 * own, where it is not deleted. The server goes through every function of a statement once more for each row of bulk arguments:
 * guards of one comparison each for both versions would cost it a quarter more.
 */
function outranks(shape: CrateShape, [time, seq]: Pair, again: boolean): string {
  const [whole, dead] = [wholeVersion(shape), deadVersion(shape)];
  const deleted = quoted(shape.names.deleted);
  const stored = `greatest(${whole[0]}, ${dead[0]}, ${belowAllTimes})`;
  const last = again
    ? `CASE WHEN ${deleted} THEN ${seq} > ${dead[1]} ELSE ${seq} >= ${whole[1]} END`
    : `${seq} > CASE WHEN ${deleted} THEN ${dead[1]} ELSE ${whole[1]} END`;
  return `(${time} > ${stored} OR ${time} = ${stored} AND ${last})`;
}

function excluded(pair: Pair): Pair {
  return [`excluded.${pair[0]}`, `excluded.${pair[1]}`];
}

export function wholeVersion({ names }: Pick<CrateShape, 'names'>): Pair {
  return [quoted(names.time), quoted(names.seq)];
}

export function deadVersion({ dead }: Pick<CrateShape, 'dead'>): Pair {
  return [quoted(dead.time), quoted(dead.seq)];
}

/** Attributes' columns; in layout `document` the document itself. */
export function contentColumns({ layout, names }: CrateShape, attributes: readonly string[]): string[] {
  return layout === 'document' ? [documentColumn] : [...attributes, names.extra];
}

export function keyIs({ key }: Pick<CrateShape, 'key'>): string {
  return key.map(({ name }) => `${quoted(name)} = ?`).join(' AND ');
}

type Assignment = readonly [column: string, value: string];

interface Upsert {
  /** By column, quoted: what is inserted. */
  readonly values: readonly Assignment[];
  /** By column, quoted: what replaces the stored value where the guard holds; a version's time first. */
  readonly sets: readonly [time: Assignment, ...others: Assignment[]];
  readonly guard: string;
  readonly incoming: Pair;
  /** Whether it may replace a row of its own version. */
  readonly again: boolean;
}

/**
 * What becomes of a row whose guard does not hold. `kept`: it stays as it is and counts as written. `refused`: it fails, and stays as
 * it is; so does every row that is not plainly living, whatever its version.
 */
export type Losing = 'kept' | 'refused';

/**
 * A row that has patches must not be written by its version alone. No UPDATE can leave a row out, so it is made to fail: the text
 * of the patches is no number, and a row that fails stays as it is and is reported.
 */
function failsWherePatched({ patches, names }: CrateShape): string {
  return patches ? `WHEN ${quoted(names.partial)} IS NOT NULL THEN CAST(${quoted(names.partial)} AS BIGINT) ` : '';
}

function keptSets(shape: CrateShape, { sets, guard }: Upsert): string[] {
  return sets.map(([column, value], index) => `${column} = CASE ${index === 0 ? failsWherePatched(shape) : ''}WHEN ${guard} THEN ${value} ELSE ${column} END`);
}

/**
 * The first column divides by zero where the row is refused, so that the others need no guard: the server goes through every function of
 * a statement once more for each row. A living row without patches has one version, its own, which is later than its delete's.
 */
function refusedSets(shape: CrateShape, { sets, incoming, again }: Upsert): string[] {
  const [[column, value], ...others] = sets;
  const [time, seq] = wholeVersion(shape);
  const fails = `${value} / 0`;
  const cases = [
    ...(shape.patches ? [`${quoted(shape.names.partial)} IS NOT NULL THEN ${fails}`] : []),
    `${quoted(shape.names.deleted)} THEN ${fails}`,
    `${incoming[0]} > ${time} THEN ${value}`,
    `${incoming[0]} = ${time} AND ${incoming[1]} ${again ? '>=' : '>'} ${seq} THEN ${value}`,
  ];
  return [`${column} = CASE WHEN ${cases.join(' WHEN ')} ELSE ${fails} END`, ...others.map(([name, other]) => `${name} = ${other}`)];
}

function upsert(shape: CrateShape, parts: Upsert, losing: Losing): string {
  const key = shape.key.map(({ name }) => quoted(name));
  const names = [...key, ...parts.values.map(([column]) => column)];
  const inserted = [...key.map(() => '?'), ...parts.values.map(([, value]) => value)];
  const sets = losing === 'kept' ? keptSets(shape, parts) : refusedSets(shape, parts);
  return `INSERT INTO ${shape.rows} (${names.join(', ')}) VALUES (${inserted.join(', ')}) ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${sets.join(', ')}`;
}

/** Arguments: the key, the content's columns in their order, time, seq. */
export function putStatement(shape: CrateShape, attributes: readonly string[], losing: Losing): string {
  const whole = wholeVersion(shape);
  const [time, seq] = whole;
  const deleted = quoted(shape.names.deleted);
  const content = contentColumns(shape, attributes).map(quoted);
  const incoming = excluded(whole);
  // Layout `columns`: another program may have added a column that this one did not know when it wrote this version. A replay
  // writes it again, with all columns.
  const again = shape.layout === 'columns';
  const parts: Upsert = {
    values: [...content.map((column) => [column, '?'] as const), [time, '?'], [seq, '?'], [deleted, 'false']],
    sets: [
      [time, `excluded.${time}`],
      [seq, `excluded.${seq}`],
      [deleted, shape.soft && losing === 'kept' ? `NOT ${isNewer(incoming, deadVersion(shape))}` : 'false'],
      ...content.map((column) => [column, `excluded.${column}`] as const),
    ],
    guard: shape.soft ? isNewer(incoming, whole, again ? '>=' : '>') : outranks(shape, incoming, again),
    incoming,
    again,
  };
  return upsert(shape, parts, losing);
}

/** Arguments: the key, time, seq, now. Hard deletes take the content along. */
export function deleteStatement(shape: CrateShape, attributes: readonly string[], losing: Losing): string {
  const whole = wholeVersion(shape);
  const dead = deadVersion(shape);
  const at = quoted(shape.dead.at);
  const deleted = quoted(shape.names.deleted);
  const incoming = excluded(dead);
  const gone = shape.soft ? [] : [...whole, ...contentColumns(shape, attributes).map(quoted)];
  const parts: Upsert = {
    values: [
      [dead[0], '?'],
      [dead[1], '?'],
      [at, '?'],
      [deleted, 'true'],
    ],
    sets: [
      [dead[0], `excluded.${dead[0]}`],
      [dead[1], `excluded.${dead[1]}`],
      [at, `excluded.${at}`],
      [deleted, 'true'],
      ...gone.map((column) => [column, 'NULL'] as const),
    ],
    guard: shape.soft ? `(${isNewer(incoming, dead)} AND ${isNewer(incoming, whole, '>=')})` : outranks(shape, incoming, true),
    incoming,
    again: true,
  };
  return upsert(shape, parts, losing);
}

const unchanged = '"_seq_no" = ? AND "_primary_term" = ?';

/** Arguments: the columns, the key. It changes nothing where somebody else was first. */
export function insertStatement(shape: CrateShape, columns: readonly string[]): string {
  const names = [...columns.map(quoted), ...shape.key.map(({ name }) => quoted(name))];
  return `INSERT INTO ${shape.rows} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`;
}

/**
 * Arguments: the columns, the key, the place in the shard's history where the row was read. UPDATE refuses names with dots and
 * brackets inside of an object that it is given outright, which INSERT takes: a condition that always holds hides it.
 */
export function updateStatement(shape: CrateShape, columns: readonly string[], objects: ReadonlySet<string> = new Set()): string {
  const time = quoted(shape.names.time);
  const always = `${time} IS NULL OR ${time} > ${belowAllTimes}`;
  const sets = columns.map(quoted).map((column, index) => {
    const isObject = objects.has(columns[index] ?? '');
    return `${column} = ${isObject ? `CASE WHEN ${always} THEN ? ELSE ${column} END` : '?'}`;
  });
  return `UPDATE ${shape.rows} SET ${sets.join(', ')} WHERE ${keyIs(shape)} AND ${unchanged}`;
}

/** Arguments: the key, the place in the shard's history where the row was read. */
export function removeStatement(shape: CrateShape): string {
  return `DELETE FROM ${shape.rows} WHERE ${keyIs(shape)} AND ${unchanged}`;
}

/** About how long the longest of these statements is. */
export function statementLength(shape: CrateShape, attributes: readonly string[]): number {
  return Math.max(putStatement(shape, attributes, 'kept').length, deleteStatement(shape, attributes, 'kept').length);
}
