// Whether a change is one that a table's `where` keeps. Filters over columns are judged by what the change knows of the row, before
// and after: a row that leaves the filter has to leave the target. Pure; it knows no target.
import { type ChangeEvent, ExactNumber, type Image, type RowChange, type Value } from '@shardfold/changes';

/** `left`: the row is none that is kept now, and may have been one before. */
export type Sieved = 'kept' | 'left' | 'filtered';

const properties = ['eventSource', 'kind', 'database', 'schema'] as const;

function isProperty(name: string): name is (typeof properties)[number] {
  return (properties as readonly string[]).includes(name);
}

function propertyOf(event: ChangeEvent, name: (typeof properties)[number]): string | undefined {
  if (name === 'eventSource') return event.source.system;
  return name === 'kind' ? event.kind : event.source[name];
}

function plain(value: Value | undefined): string | undefined {
  if (value instanceof ExactNumber) return value.digits;
  return value === undefined || value === null || typeof value === 'object' ? undefined : String(value);
}

/** Undefined: the change does not say. A row that was sent whole says of each column, if only that it is not there. */
function matches(row: Image | undefined, event: RowChange, [name, wanted]: readonly [string, string]): boolean | undefined {
  const value = row?.[name] ?? event.key?.find(([each]) => each === name)?.[1];
  if (value !== undefined) return plain(value) === wanted;
  return row === undefined || event.unknown?.includes(name) === true ? undefined : false;
}

function all(row: Image | undefined, event: RowChange, filters: readonly (readonly [string, string])[]): boolean | undefined {
  const each = filters.map((filter) => matches(row, event, filter));
  if (each.includes(false)) return false;
  return each.includes(undefined) ? undefined : true;
}

/** An old image may hold no more than the key, or what has changed: what is not in it is not known. */
function beforeSaysNo(event: RowChange, filters: readonly (readonly [string, string])[]): boolean {
  const row = event.before?.values();
  return row !== undefined && filters.some(([name, wanted]) => row[name] !== undefined && plain(row[name]) !== wanted);
}

function sieveRow(event: RowChange, filters: readonly (readonly [string, string])[]): Sieved {
  if (filters.length === 0) return 'kept';
  // A delete of a row that is not there does no harm; one that is left out leaves a row for ever.
  if (event.kind === 'remove') return beforeSaysNo(event, filters) ? 'filtered' : 'kept';
  // Where the row's new image does not say, neither may it be left out.
  if (all(event.after?.values(), event, filters) !== false) return 'kept';
  if (event.kind !== 'modify' || beforeSaysNo(event, filters)) return 'filtered';
  return 'left';
}

export function sieve(event: ChangeEvent, where: Readonly<Record<string, string>>): Sieved {
  const filters = Object.entries(where);
  if (!filters.every(([name, wanted]) => !isProperty(name) || propertyOf(event, name) === wanted)) return 'filtered';
  if (event.kind === 'truncate') return 'kept';
  return sieveRow(
    event,
    filters.filter(([name]) => !isProperty(name)),
  );
}
