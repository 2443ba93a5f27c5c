// The key of a row: Debezium Server sends a record's key as the partition key of Kinesis, and nowhere else. It knows no row.

import { documentImage, numberTexts } from '../mongodb/extended-json.ts';
import { type ExactTree, exactTree } from '../records/exact-tree.ts';
import { readWithExactNumbers, type Walk } from '../records/exact-walk.ts';
import { isObject } from '../records/json.ts';
import type { Key } from '../types.ts';
import { type Fields, unwrapped } from './envelope.ts';
import { fieldSchemas, valueBySchema } from './values.ts';

/** Around the digits of the commonest key of a document, an ObjectId. */
const objectIdStart = '{"id":"{\\"$oid\\": \\"';
const objectIdEnd = '\\"}"}';
const objectId = /^[0-9a-fA-F]{24}$/;
/** Kinesis allows no longer one. */
const maxKeyLength = 256;

interface RecordKey extends ExactTree<Fields> {
  readonly schema: unknown;
}

function parsed(text: string): ExactTree | undefined {
  try {
    return exactTree(text);
  } catch {
    return undefined;
  }
}

/** The record's key as Debezium's JSON converter writes it; undefined for a row without a key, or a partition key by another hand. */
export function recordKey(partitionKey: string): RecordKey | undefined {
  if (!partitionKey.startsWith('{') || partitionKey.length > maxKeyLength) return undefined;
  const tree = parsed(partitionKey);
  const { schema, payload } = unwrapped(tree?.value);
  return isObject(payload) && Object.keys(payload).length > 0 ? { value: payload, numbers: tree?.numbers, schema } : undefined;
}

/** Reads a key, whose numbers are not those of the record, and notes in the record's `walk` what is wrong. */
function readKey<Tree>(tree: ExactTree<Tree>, walk: Walk, read: (tree: Tree, walk: Walk) => Key): Key {
  const key = readWithExactNumbers(tree, read, numberTexts);
  walk.outOfBounds ||= key.walk.outOfBounds;
  walk.wrong ??= key.walk.wrong;
  return key.result;
}

/**
 * The key's columns in their order at the source. A key that carries no schema, which it seldom does for want of room, is read by
 * that of the row, so that the key's values are those of its columns. What is wrong is noted in `walk`.
 */
export function columnKey(partitionKey: string, rowSchema: unknown, walk: Walk): Key | undefined {
  const key = recordKey(partitionKey);
  if (key === undefined) return undefined;
  const schemas = fieldSchemas(key.schema ?? rowSchema);
  return readKey(key, walk, (fields, keyWalk) =>
    Object.keys(fields).map((name) => {
      keyWalk.name = name;
      return [name, valueBySchema(fields[name], schemas.get(name), keyWalk)] as const;
    }),
  );
}

/** MongoDB's key is one field `id` whose text is the `_id` in Extended JSON. */
export function documentKey(partitionKey: string, walk: Walk): Key | undefined {
  if (partitionKey.startsWith(objectIdStart) && partitionKey.endsWith(objectIdEnd)) {
    const digits = partitionKey.slice(objectIdStart.length, -objectIdEnd.length);
    if (objectId.test(digits)) return [['_id', digits.toLowerCase()]];
  }
  const text = recordKey(partitionKey)?.value.id;
  const id = typeof text === 'string' ? parsed(text) : undefined;
  return id && readKey(id, walk, (_id, keyWalk) => Object.entries(documentImage({ _id }, keyWalk).values()));
}
