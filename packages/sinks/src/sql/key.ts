// Whether a mutation's address and version are ones that a table's key and version columns take. Pure.
import { ExactNumber, type Value } from '@shardfold/changes';
import type { Mutation, SinkRowError } from '../types.ts';
import type { KeyColumn } from './shape.ts';

const seqPattern = /^\d{1,65}$/;

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

/** The row's fault, if its address or version has one. */
export function addressFault(columns: readonly KeyColumn[], mutation: Mutation): SinkRowError | undefined {
  const { time, seq } = mutation.version;
  if (!Number.isSafeInteger(time) || !seqPattern.test(seq)) {
    return { code: 'BAD_VERSION', message: `The version (${time}, ${seq.slice(0, 80)}) is no integer and digits, at most 65.` };
  }
  if (mutation.kind === 'append') {
    if (columns.length === 1 && columns[0]?.type === 'text') return undefined;
  } else {
    const { key } = mutation;
    if (key.length === columns.length && columns.every(({ type }, index) => isOfType(type, key[index]?.[1]))) return undefined;
  }
  const wanted = columns.map(({ name, type }) => `${name} (${type})`).join(', ');
  const names = mutation.kind === 'append' ? 'its position' : mutation.key.map(([name]) => name).join(', ');
  return { code: 'KEY_TYPE', message: `The table's key is ${wanted}; the change's key (${names}) has other parts or types. Correct tables[].key.` };
}

/** The digits of a number key. */
export function digitsOfKey(value: Value): string {
  return value instanceof ExactNumber ? value.digits : String(value);
}
