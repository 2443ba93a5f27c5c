// Whether a table that is there can hold what is to be written to it, and what a person should know of it. Pure: it compares a
// description with a shape.
import type { ColumnType, FoundColumn, FoundTable, SqlTypes } from './dialect.ts';
import { deletedAtColumn, documentColumn, type TableShape } from './shape.ts';

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name) => right.includes(name));
}

type Wanted = readonly (readonly [name: string, type: ColumnType])[];

function keyWanted({ key }: TableShape, types: SqlTypes): Wanted {
  return key.map(({ name, type }) => [name, types.key[type]] as const);
}

export function wantedOfRows(shape: TableShape, types: SqlTypes): Wanted {
  const { names, layout, soft } = shape;
  return [
    ...keyWanted(shape, types),
    [names.time, types.time],
    [names.seq, types.seq],
    ...(layout === 'document' ? [[documentColumn, types.document] as const] : []),
    ...(soft ? [[names.deleted, types.deleted] as const] : []),
  ];
}

export function wantedOfTombstones(shape: TableShape, types: SqlTypes): Wanted {
  return [...keyWanted(shape, types), [shape.names.time, types.time], [shape.names.seq, types.seq], [deletedAtColumn, types.timestamp]];
}

function columnFaults(columns: readonly FoundColumn[], wanted: Wanted): string[] {
  const faults: string[] = [];
  for (const [name, { fits }] of wanted) {
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined) faults.push(`it has no column "${name}"`);
    else if (column.generated) faults.push(`its column "${name}" is filled by the server`);
    else if (!fits.test(column.type)) faults.push(`its column "${name}" is ${column.type}`);
  }
  return faults;
}

/**
 * What is wrong with it, each fault a phrase; empty when it fits. `optional` columns may be missing. Rows come without a column
 * that has no value, and a delete puts a row without values for a moment: columns beside the key must take NULL or a default.
 */
export function misfits(found: FoundTable, key: TableShape['key'], wanted: Wanted, optional: Wanted, valuesAreColumns: boolean): string[] {
  if (!found.ordinary) return ['it is no table'];
  const present = optional.filter(([name]) => found.columns.some((column) => column.name === name));
  const faults = columnFaults(found.columns, [...wanted, ...present]);
  const known = new Set([...wanted, ...present].map(([name]) => name));
  for (const { name, notNull, hasDefault, generated } of found.columns) {
    if (!notNull || generated || known.has(name)) continue;
    if (valuesAreColumns) faults.push(`its column "${name}" is NOT NULL, and rows may come without it`);
    else if (!hasDefault) faults.push(`its column "${name}" is NOT NULL without a default`);
  }
  const names = key.map(({ name }) => name);
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
  const generated = found.columns.filter((column) => column.generated && layout === 'columns').map(({ name }) => `"${name}"`);
  if (generated.length > 0) problems.push(`Filled by the server: ${generated.join(', ')}. Attributes of these names go to the extra column.`);
  return problems;
}
