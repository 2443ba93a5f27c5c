// Whether a table that is there can hold what this sink writes. Pure: it compares a description with a shape.
import type { KeyType } from '../types.ts';
import type { FoundTable } from './introspect.ts';
import type { KeyColumn } from './shape.ts';

/** Types that hold every value of a key type unchanged; a varchar may be too short, which is then the row's fault. */
const keyFits: Readonly<Record<KeyType, RegExp>> = {
  text: /^(text|character varying)/,
  number: /^numeric$/,
  integer: /^(bigint|integer|numeric)$/,
  binary: /^bytea$/,
  boolean: /^boolean$/,
};

const bookkeepingFits: readonly (readonly [name: string, type: RegExp])[] = [
  ['cdc_time', /^bigint$/],
  ['cdc_seq', /^numeric(\(65,0\))?$/],
];

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name) => right.includes(name));
}

/** What is wrong with it, each fault a phrase; empty when it fits. */
export function misfits(found: FoundTable, key: readonly KeyColumn[], extra: readonly (readonly [name: string, type: RegExp])[]): string[] {
  if (!found.table) return ['it is no table'];
  const wanted = [...key.map(({ name, type }) => [name, keyFits[type]] as const), ...bookkeepingFits, ...extra];
  const faults: string[] = [];
  for (const [name, type] of wanted) {
    const column = found.columns.find((candidate) => candidate.name === name);
    if (column === undefined) faults.push(`it has no column "${name}"`);
    else if (!type.test(column.type)) faults.push(`its column "${name}" is ${column.type}`);
  }
  for (const { name, demanded } of found.columns) {
    if (demanded && !wanted.some(([known]) => known === name)) faults.push(`its column "${name}" is NOT NULL without a default`);
  }
  const names = key.map(({ name }) => name);
  if (!found.uniqueKeys.some((unique) => sameNames(unique, names))) faults.push(`it has no primary key or unique index on (${names.join(', ')})`);
  return faults;
}
