// Whether a table that is there can hold what is to be written to it, and what a person should know of it. Pure.
import { documentColumn } from '../sql/shape.ts';
import type { FoundColumn, FoundTable } from './catalog.ts';
import { type CrateShape, ownColumns } from './shape.ts';
import { keyTypes } from './types.ts';

function wantedTypes({ key, layout, names, dead }: CrateShape): (readonly [name: string, fits: RegExp])[] {
  return [
    ...key.map(({ name, type }) => [name, keyTypes[type].fits] as const),
    [layout === 'document' ? documentColumn : names.extra, /^object$/],
    [names.time, /^bigint$/],
    [names.seq, /^text$/],
    [names.deleted, /^boolean$/],
    [dead.time, /^bigint$/],
    [dead.seq, /^text$/],
    [dead.at, /^timestamp with time zone$/],
  ];
}

function columnFault(column: FoundColumn | undefined, name: string, fits: RegExp): string[] {
  if (column === undefined) return [`it has no column "${name}"`];
  if (column.generated) return [`its column "${name}" is filled by the server`];
  return fits.test(column.type) ? [] : [`its column "${name}" is ${column.type}`];
}

/** Objects that the sink writes: an unknown attribute in a row that loses would set them to NULL. */
function isWritten({ name }: FoundColumn, { layout, names }: CrateShape): boolean {
  return layout === 'columns' || name === documentColumn || name === names.extra;
}

/** Objects, and lists of them, however deep. */
function isMadeOfObjects(type: string): boolean {
  return /^(array\()*object(_array|\))*$/.test(type);
}

/** What is wrong with it, each fault a phrase; empty when it fits. */
export function misfits(found: FoundTable, shape: CrateShape): string[] {
  if (!found.isTable) return ['it is no table'];
  const wanted = wantedTypes(shape);
  const { partial } = shape.names;
  if (found.columns.some(({ name }) => name === partial)) wanted.push([partial, /^text$/]);
  const faults = wanted.flatMap(([name, fits]) =>
    columnFault(
      found.columns.find((column) => column.name === name),
      name,
      fits,
    ),
  );
  for (const column of found.columns) {
    const { name, type, policy, hasInner, notNull, generated, hasDefault } = column;
    if (isMadeOfObjects(type) && policy !== 'ignored' && isWritten(column, shape)) {
      faults.push(
        `its column "${name}" is ${type === 'object' ? 'OBJECT' : 'made of OBJECT'}(${policy.toUpperCase()}), which loses or refuses attributes that it has not seen before; OBJECT(IGNORED) keeps them`,
      );
    }
    if (isMadeOfObjects(type) && hasInner === true && isWritten(column, shape)) {
      faults.push(
        `its column "${name}" has columns of its own inside, which round, cut and convert values without a word; OBJECT(IGNORED) without any keeps them`,
      );
    }
    if (notNull && !generated && !hasDefault && !shape.key.some((part) => part.name === name))
      faults.push(`its column "${name}" is NOT NULL without a default`);
  }
  const names = shape.key.map(({ name }) => name);
  if (found.key.length !== names.length || !names.every((name) => found.key.includes(name))) faults.push(`its primary key is not (${names.join(', ')})`);
  return faults;
}

/** The shape as the table is: its key's own types, and whether it has room for patches. */
export function withFound(shape: CrateShape, { columns }: FoundTable): CrateShape {
  const typeOf = (name: string) => {
    const column = columns.find((candidate) => candidate.name === name);
    return column === undefined ? {} : { declared: column.type };
  };
  return {
    ...shape,
    key: shape.key.map((column) => ({ ...column, ...typeOf(column.name) })),
    patches: columns.some(({ name }) => name === shape.names.partial),
  };
}

/** The columns of layout `columns` that hold attributes. */
export function attributeColumns(found: FoundTable, shape: CrateShape): FoundColumn[] {
  const own = new Set([...shape.key.map(({ name }) => name), ...ownColumns(shape), ...Object.values(shape.names)]);
  return found.columns.filter(({ name }) => !own.has(name));
}

/** What works, but not as somebody may expect: sentences. */
export function problemsOf(found: FoundTable, shape: CrateShape): string[] {
  const problems: string[] = [];
  if (found.durability !== 'REQUEST') {
    problems.push(
      `The table's translog.durability is ${found.durability}: rows that were acknowledged are lost when a node crashes. Run ALTER TABLE ${shape.rows} SET ("translog.durability" = 'REQUEST').`,
    );
  }
  const generated = shape.layout === 'columns' ? found.columns.filter((column) => column.generated).map(({ name }) => `"${name}"`) : [];
  if (generated.length > 0) problems.push(`Filled by the server: ${generated.join(', ')}. Attributes of these names go to the extra column.`);
  return problems;
}
