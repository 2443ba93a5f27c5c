// Mutations as the JSON text that the hot statements read. A row's own JSON goes in as it is, unparsed: this is the hottest
// code of the sink. It knows the statements' field names and no connection.
import { ExactNumber, type TextPolicy, type Value } from '@shardfold/changes';
import type { Mutation, SinkRowError } from '../types.ts';
import type { KeyColumn } from './shape.ts';

/** A mutation on its way: `stored` for the store statement, `address` for the other two: a put's key, a delete's key and version. */
export interface EncodedRow {
  /** Its place in the caller's group. */
  readonly index: number;
  readonly kind: 'put' | 'delete';
  readonly stored: string;
  readonly address: string;
}

export type Encoded = { readonly row: EncodedRow } | { readonly error: SinkRowError };

const seqPattern = /^\d{1,65}$/;

/** The key value as JSON; undefined when it is no value of the column's type. */
function keyValue(type: KeyColumn['type'], value: Value | undefined): string | undefined {
  switch (type) {
    case 'text':
      return typeof value === 'string' ? JSON.stringify(value) : undefined;
    case 'number':
    case 'integer':
      if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))) return `"${value}"`;
      return value instanceof ExactNumber ? JSON.stringify(value.digits) : undefined;
    case 'binary':
      return value instanceof Uint8Array ? `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}"` : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined;
  }
}

function keyError(columns: readonly KeyColumn[], mutation: Mutation): SinkRowError {
  const wanted = columns.map(({ name, type }) => `${name} (${type})`).join(', ');
  const names = mutation.kind === 'append' ? 'its position' : mutation.key.map(([name]) => name).join(', ');
  return { code: 'KEY_TYPE', message: `The table's key is ${wanted}; the change's key (${names}) has other parts or types. Correct tables[].key.` };
}

/** Key and version as fields of a JSON object. */
function encodeAddress(
  columns: readonly KeyColumn[],
  mutation: Mutation,
): { readonly key: string; readonly version: string } | { readonly error: SinkRowError } {
  const { time, seq } = mutation.version;
  if (!Number.isSafeInteger(time) || !seqPattern.test(seq)) {
    return { error: { code: 'BAD_VERSION', message: `The version (${time}, ${seq.slice(0, 80)}) is no integer and digits, at most 65.` } };
  }
  const parts = mutation.kind === 'append' ? [mutation.position] : mutation.key.map(([, value]) => value);
  if (parts.length !== columns.length) return { error: keyError(columns, mutation) };
  let key = '';
  for (const [index, { type }] of columns.entries()) {
    const value = keyValue(type, parts[index]);
    if (value === undefined) return { error: keyError(columns, mutation) };
    key += index === 0 ? `"k0":${value}` : `,"k${index}":${value}`;
  }
  return { key, version: `"t":${time},"s":"${seq}"` };
}

/** One mutation as JSON, or why this table cannot hold it. */
export function encodeMutation(columns: readonly KeyColumn[], policy: TextPolicy, mutation: Mutation, index: number): Encoded {
  if (mutation.kind === 'patch') {
    return {
      error: { code: 'PATCH_UNSUPPORTED', message: 'The postgres sink cannot yet write a change that leaves columns out; let the source send whole rows.' },
    };
  }
  const address = encodeAddress(columns, mutation);
  if ('error' in address) return address;
  const { key, version } = address;
  if (mutation.kind === 'delete') {
    const whole = `{${key},${version}}`;
    return { row: { index, kind: 'delete', stored: whole, address: whole } };
  }
  return { row: { index, kind: 'put', stored: `{${key},${version},"d":${mutation.row.json(policy)}}`, address: `{${key}}` } };
}

/** The parameter of a statement. */
export function jsonArray(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}
