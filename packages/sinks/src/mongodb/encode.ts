// Mutations as documents: the hottest code of the sink. It knows the documents' fields and no server.
import { type Image, type Key, storedNames, type Value, type Version } from '@shardfold/changes';
import { addressFault } from '../sql/key.ts';
import type { Mutation, SinkRowError } from '../types.ts';
import { bookkeepingField, type CollectionShape, idFieldName } from './shape.ts';
import { stamp } from './statements.ts';
import { bsonNumber, bsonValue, checkedText, idText, setField, Unstorable, type ValueWriter } from './values.ts';

/** A mutation on its way. */
export interface Row {
  /** Its place in the caller's group. */
  readonly index: number;
  readonly kind: 'put' | 'patch' | 'delete';
  readonly id: unknown;
  /** Equal for what the server takes for the same `_id`; every bulk is sorted by it. */
  readonly text: string;
  readonly version: Version;
  /** The whole document of a put, the columns of a patch, nothing of a delete. */
  readonly document: Record<string, unknown>;
  /** About how many bytes of BSON. */
  readonly size: number;
}

export type Encoded = { readonly row: Row } | { readonly index: number; readonly error: SinkRowError };

/** The `cdc` of a document that has no patches. */
export function bookkeepingOf(version: Version): Record<string, unknown> {
  const [time, seq] = stamp(version);
  return { time, seq };
}

function idPart(value: Value, writer: ValueWriter): unknown {
  if (typeof value === 'string') return checkedText(value, writer);
  if (typeof value === 'number' || typeof value === 'bigint') return bsonNumber(value, writer);
  return bsonValue(value, writer);
}

/** A scalar, or a document in key order: as a `Map`, for an object would sort names that are integers. */
function idOf(key: Key, writer: ValueWriter): unknown {
  const [first] = key;
  if (key.length === 1 && first !== undefined) return idPart(first[1], writer);
  return new Map(key.map(([name, value]) => [idFieldName(name), idPart(value, writer)]));
}

function reservedMessage(name: string): string {
  return `The row has an attribute "${name}", the name of a field that the sink writes itself. Give it another name with tables[].columns.rename, or leave it out with tables[].columns.drop.`;
}

/** One field of the row; `_id` is left out where it is the key's. */
function addField(document: Record<string, unknown>, name: string, stored: string, value: Value, shape: CollectionShape, writer: ValueWriter): void {
  if (stored === '_id' && !shape.keyless && shape.key.some((part) => part.name === name)) return;
  if (stored === '_id' || stored === bookkeepingField) throw new Unstorable('NAME_RESERVED', reservedMessage(stored));
  setField(document, stored, value, writer);
}

function addFields(document: Record<string, unknown>, image: Image, shape: CollectionShape, writer: ValueWriter): void {
  const names = Object.keys(image);
  if (shape.keepsNames) {
    for (const name of names) addField(document, name, name, image[name] ?? null, shape, writer);
    return;
  }
  for (const [name, stored] of storedNames(names, { numbers: 'exact', ...shape.columns })) {
    addField(document, name, stored, image[name] ?? null, shape, writer);
  }
}

function encode(mutation: Mutation, index: number, shape: CollectionShape, writer: ValueWriter): Row {
  const { kind, version } = mutation;
  writer.size = 0;
  const id = kind === 'append' ? checkedText(mutation.position, writer) : idOf(mutation.key, writer);
  const document: Record<string, unknown> = {};
  if (kind === 'put' || kind === 'append') {
    document._id = id;
    addFields(document, mutation.row.values(), shape, writer);
    document[bookkeepingField] = bookkeepingOf(version);
  } else if (kind === 'patch') {
    addFields(document, mutation.columns.values(), shape, writer);
  }
  return { index, kind: kind === 'append' ? 'put' : kind, id, text: idText(id), version, document, size: writer.size };
}

const withoutAddress: SinkRowError = { code: 'KEY_TYPE', message: 'The table has no key, so this change has no row to go to. Set tables[].key.' };

/** One mutation as a document, or why this collection cannot hold it. */
export function encodeMutation(mutation: Mutation, index: number, shape: CollectionShape, writer: ValueWriter): Encoded {
  const fault = shape.keyless && mutation.kind !== 'append' ? withoutAddress : addressFault(shape.key, mutation);
  if (fault !== undefined) return { index, error: fault };
  if (mutation.kind === 'patch' && !shape.patches) {
    return {
      index,
      error: {
        code: 'PATCH_UNSUPPORTED',
        message:
          'The change leaves columns out, and the target was opened for whole rows only. Open it with room for patches, or let the source send whole rows.',
      },
    };
  }
  try {
    return { row: encode(mutation, index, shape, writer) };
  } catch (error) {
    if (error instanceof Unstorable) return { index, error: { code: error.code, message: error.message } };
    if (error instanceof RangeError) return { index, error: { code: 'BAD_VALUE', message: error.message } };
    throw error;
  }
}
