// Whether a mutation's address and version are ones that a table's key and version columns take. Pure.
import { ExactNumber, type Key, type Value } from '@shardfold/changes';
import type { Mutation, SinkRowError } from '../types.ts';
import type { KeyColumn } from './shape.ts';

const maxSeqDigits = 65;
/** Without a count: the engine would count each digit. */
const seqPattern = /^\d+$/;

function isOfType(type: KeyColumn['type'], value: Value | undefined): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'number':
    case 'integer':
      return typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value)) || value instanceof ExactNumber;
    case 'binary':
      return value instanceof Uint8Array;
    case 'boolean':
      return typeof value === 'boolean';
  }
}

export function keyParts(mutation: Mutation): Value[] {
  return mutation.kind === 'append' ? [mutation.position] : mutation.key.map(([, value]) => value);
}

/** Whether a key column, as it is declared, keeps a value as it is, or refuses it: one that changes it may make two rows one. */
export type HoldsKey = (declared: string, value: Value) => boolean;

function changedPart(columns: readonly KeyColumn[], parts: readonly Value[], holdsKey: HoldsKey): SinkRowError | undefined {
  const changing = columns.find(({ declared }, index) => declared !== undefined && !holdsKey(declared, parts[index] ?? null));
  if (changing === undefined) return undefined;
  const { name, declared } = changing;
  return {
    code: 'KEY_CHANGED',
    message: `The key's column "${name}" (${declared}) would store this key's value as another one, which may be another row's. Give the column a type that keeps it, text without a length, say.`,
  };
}

function fits(columns: readonly KeyColumn[], key: Key): boolean {
  if (key.length !== columns.length) return false;
  for (let index = 0; index < key.length; index += 1) {
    const column = columns[index];
    if (column === undefined || !isOfType(column.type, key[index]?.[1])) return false;
  }
  return true;
}

/** The row's fault, if its address or version has one. By default a key column keeps what it takes. */
export function addressFault(columns: readonly KeyColumn[], mutation: Mutation, holdsKey?: HoldsKey): SinkRowError | undefined {
  const { time, seq } = mutation.version;
  if (!Number.isSafeInteger(time) || seq.length > maxSeqDigits || !seqPattern.test(seq)) {
    return { code: 'BAD_VERSION', message: `The version (${time}, ${seq.slice(0, 80)}) is no integer and digits, at most 65.` };
  }
  if (mutation.kind === 'append') {
    if (columns.length === 1 && columns[0]?.type === 'text') return undefined;
  } else {
    const { key } = mutation;
    if (fits(columns, key)) return holdsKey && changedPart(columns, keyParts(mutation), holdsKey);
  }
  const wanted = columns.map(({ name, type }) => `${name} (${type})`).join(', ');
  const names = mutation.kind === 'append' ? 'its position' : mutation.key.map(([name]) => name).join(', ');
  return { code: 'KEY_TYPE', message: `The table's key is ${wanted}; the change's key (${names}) has other parts or types. Correct tables[].key.` };
}

/** The digits of a number key. */
export function digitsOfKey(value: Value): string {
  return value instanceof ExactNumber ? value.digits : String(value);
}
