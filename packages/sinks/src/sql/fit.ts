// Whether a table that is there can hold what is to be written to it, and what a person should know of it. Pure: it compares a
// description with a shape.
import { floorTargetColumn, raisedAtColumn } from './ddl.ts';
import type { ColumnType, FoundColumn, FoundTable, SqlTypes } from './dialect.ts';
import { deletedAtColumn, documentColumn, type TableShape } from './shape.ts';

/** In any order. */
export function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name) => right.includes(name));
}

/** What a column has to be; `filled`: never NULL, since a comparison with NULL is neither true nor false. */
type Wanted = readonly (readonly [name: string, type: ColumnType, filled?: 'filled'])[];

function keyWanted({ key }: TableShape, types: SqlTypes): Wanted {
  return key.map(({ name, type }) => [name, types.key[type]] as const);
}

function versionWanted({ time, seq }: Pick<TableShape['names'], 'time' | 'seq'>, types: SqlTypes): Wanted {
  return [
    [time, types.time, 'filled'],
    [seq, types.seq, 'filled'],
  ];
}

export function wantedOfRows(shape: TableShape, types: SqlTypes): Wanted {
  const { names, layout, soft } = shape;
  return [
    ...keyWanted(shape, types),
    ...versionWanted(names, types),
    ...(layout === 'document' ? [[documentColumn, types.document] as const] : []),
    ...(soft ? [[names.deleted, types.deleted, 'filled'] as const] : []),
  ];
}

export function wantedOfTombstones(shape: TableShape, types: SqlTypes): Wanted {
  return [...keyWanted(shape, types), ...versionWanted(shape.names, types), [deletedAtColumn, types.timestamp]];
}

export const floorsKey = [{ name: floorTargetColumn, type: 'text' }] as const;

export function wantedOfFloors(types: SqlTypes): Wanted {
  return [[floorTargetColumn, types.key.text], ...versionWanted({ time: 'cdc_time', seq: 'cdc_seq' }, types), [raisedAtColumn, types.timestamp]];
}

function columnFaults(columns: readonly FoundColumn[], wanted: Wanted, keys: readonly string[]): string[] {
  const faults: string[] = [];
  for (const [name, { fits }, filled] of wanted) {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) faults.push(`it has no column "${name}"`);
    else if (column.generated) faults.push(`its column "${name}" is filled by the server`);
    else if (!fits.test(column.type)) faults.push(`its column "${name}" is ${column.type}`);
    else if (keys.includes(name) && column.merges !== undefined) faults.push(`its column "${name}" has ${column.merges}, so that different keys are one row`);
    else if (filled !== undefined && !column.notNull) faults.push(`its column "${name}" may be NULL`);
  }
  return faults;
}

export interface Unfilled {
  readonly name: string;
  readonly wanted: ColumnType;
  /** Absent where there is no such column. */
  readonly column?: FoundColumn;
}

/** Columns whose one fault is that rows that were there before have no value in them. */
export function unfilled({ columns }: FoundTable, wanted: Wanted): Unfilled[] {
  return wanted.flatMap(([name, type, filled]) => {
    if (filled === undefined) return [];
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) return [{ name, wanted: type }];
    return column.notNull || column.generated || !type.fits.test(column.type) ? [] : [{ name, wanted: type, column }];
  });
}

/**
 * What is wrong with it, each fault a phrase; empty when it fits. `optional` columns may be missing. Rows come without a column
 * that has no value, and a delete puts a row without values for a moment: columns beside the key must take NULL or a default.
 */
export function misfits(found: FoundTable, key: TableShape['key'], wanted: Wanted, optional: Wanted, valuesAreColumns: boolean): string[] {
  if (!found.ordinary) return ['it is no table'];
  const present = optional.filter(([name]) => found.columns.some((column) => column.name === name));
  const names = key.map(({ name }) => name);
  const faults = columnFaults(found.columns, [...wanted, ...present], names);
  const known = new Set([...wanted, ...present].map(([name]) => name));
  for (const { name, notNull, hasDefault, generated } of found.columns) {
    if (!notNull || generated || known.has(name)) continue;
    if (valuesAreColumns) faults.push(`its column "${name}" is NOT NULL, and rows may come without it`);
    else if (!hasDefault) faults.push(`its column "${name}" is NOT NULL without a default`);
  }
  if (!found.uniqueKeys.some((unique) => sameNames(unique, names))) faults.push(`it has no primary key or unique index on (${names.join(', ')})`);
  return faults;
}

/** What works, but not as somebody may expect: sentences. */
export function problemsOf(found: FoundTable, { key, layout }: TableShape): string[] {
  const names = key.map(({ name }) => name);
  const others = [
    ...found.uniqueKeys.filter((unique) => !sameNames(unique, names)).map((unique) => `(${unique.join(', ')})`),
    ...found.otherUniques.map((name) => `"${name}"`),
  ];
  const problems = others.map(
    (unique) => `Another unique index, ${unique}: of two rows that it cannot hold at once the later one is a dead letter. Drop it, or make it not unique.`,
  );
  const guards = (found.guards ?? []).map((name) => `"${name}"`);
  if (guards.length > 0) {
    problems.push(
      `Asked of every row: ${guards.join(', ')}. What they refuse is a dead letter; where they refuse the row that stands for a delete's lock, deletes lock the whole table and are slow.`,
    );
  }
  const named = (is: (column: FoundColumn) => boolean): string[] => (layout === 'columns' ? found.columns.filter(is).map(({ name }) => `"${name}"`) : []);
  const generated = named((column) => column.generated);
  if (generated.length > 0) problems.push(`Filled by the server: ${generated.join(', ')}. Attributes of these names go to the extra column.`);
  const composite = named((column) => column.composite === true && !column.generated);
  if (composite.length > 0) problems.push(`Of a type with fields: ${composite.join(', ')}. Attributes of these names go whole to the extra column.`);
  return problems;
}
