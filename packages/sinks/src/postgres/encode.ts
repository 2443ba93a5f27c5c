// Mutations as the JSON text that the hot statements read. A row's own JSON goes in as it is, unparsed: this is the hottest
// code of the sink. It knows the statements' field names and no connection.
import { ExactNumber, type TextPolicy, type Value } from '@shardfold/changes';
import type { Mutation, SinkRowError } from '../types.ts';
import type { KeyColumn } from './shape.ts';

/** A mutation on its way: `stored` for the store statement, `address` (key and version) for the other two. */
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

/** Key and version, without the closing brace. */
function encodeAddress(columns: readonly KeyColumn[], mutation: Mutation): { readonly text: string } | { readonly error: SinkRowError } {
  const { time, seq } = mutation.version;
  if (!Number.isSafeInteger(time) || !seqPattern.test(seq)) {
    return { error: { code: 'BAD_VERSION', message: `The version (${time}, ${seq.slice(0, 80)}) is no integer and digits, at most 65.` } };
  }
  const parts = mutation.kind === 'append' ? [mutation.position] : mutation.key.map(([, value]) => value);
  if (parts.length !== columns.length) return { error: keyError(columns, mutation) };
  let text = '{';
  for (let index = 0; index < columns.length; index += 1) {
    const value = keyValue(columns[index]?.type ?? 'text', parts[index]);
    if (value === undefined) return { error: keyError(columns, mutation) };
    text += `"k${index}":${value},`;
  }
  return { text: `${text}"t":${time},"s":"${seq}"` };
}

/** One mutation as JSON, or why this table cannot hold it. */
export function encodeMutation(columns: readonly KeyColumn[], policy: TextPolicy, mutation: Mutation, index: number): Encoded {
  if (mutation.kind === 'patch') {
    return {
      error: { code: 'PATCH_UNSUPPORTED', message: 'The postgres sink cannot yet write a change that leaves columns out; let the source send whole rows.' },
    };
  }
  const head = encodeAddress(columns, mutation);
  if ('error' in head) return head;
  const address = `${head.text}}`;
  if (mutation.kind === 'delete') return { row: { index, kind: 'delete', stored: address, address } };
  return { row: { index, kind: 'put', stored: `${head.text},"d":${mutation.row.json(policy)}}`, address } };
}

/** The parameter of a statement. */
export function jsonArray(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}
