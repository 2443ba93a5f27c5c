// The key of a row: Debezium Server sends a record's key as the partition key of Kinesis, and nowhere else. It knows no row.

import { documentImage } from '../mongodb/extended-json.ts';
import { parsedExactly } from '../records/exact-tree.ts';
import type { Walk } from '../records/exact-walk.ts';
import { isObject } from '../records/json.ts';
import type { Key } from '../types.ts';
import { type Fields, unwrapped } from './envelope.ts';
import { fieldSchemas, valueBySchema } from './values.ts';

/** Kinesis allows no longer one. */
const maxKeyLength = 256;

interface RecordKey {
  readonly fields: Fields;
  readonly schema: unknown;
}

/** The record's key as Debezium's JSON converter writes it; undefined for a row without a key, or a partition key by another hand. */
export function recordKey(partitionKey: string): RecordKey | undefined {
  if (!partitionKey.startsWith('{') || partitionKey.length > maxKeyLength) return undefined;
  let tree: unknown;
  try {
    tree = parsedExactly(partitionKey);
  } catch {
    return undefined;
  }
  const { schema, payload } = unwrapped(tree);
  return isObject(payload) && Object.keys(payload).length > 0 ? { fields: payload, schema } : undefined;
}

/**
 * The key's columns in their order at the source. A key that carries no schema, which it seldom does for want of room, is read by
 * that of the row, so that the key's values are those of its columns. What is wrong is noted in `walk`.
 */
export function columnKey(partitionKey: string, rowSchema: unknown, walk: Walk): Key | undefined {
  const key = recordKey(partitionKey);
  if (key === undefined) return undefined;
  const schemas = fieldSchemas(key.schema ?? rowSchema);
  return Object.keys(key.fields).map((name) => [name, valueBySchema(key.fields[name], schemas.get(name), walk)] as const);
}

/** MongoDB's key is one field `id` whose text is the `_id` in Extended JSON. */
export function documentKey(partitionKey: string, walk: Walk): Key | undefined {
  const id = recordKey(partitionKey)?.fields.id;
  if (typeof id !== 'string') return undefined;
  try {
    return Object.entries(documentImage({ _id: parsedExactly(id) }, walk).values());
  } catch {
    return undefined;
  }
}
