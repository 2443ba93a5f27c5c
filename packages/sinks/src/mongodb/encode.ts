// Mutations as documents: the hottest code of the sink. It knows the documents' fields and no server.
import { type Image, type Key, storedNames, type Value, type Version } from '@shardfold/changes';
import { addressFault } from '../sql/key.ts';
import type { Mutation, SinkRowError } from '../types.ts';
import { bookkeepingField, type CollectionShape, idFieldName } from './shape.ts';
import { type Stamp, stamp } from './statements.ts';
import { bsonNumber, bsonObject, bsonValue, checkedText, idText, setField, Unstorable, type ValueWriter } from './values.ts';

/** A mutation on its way. */
export interface Row {
  /** Its place in the caller's group. */
  readonly index: number;
  readonly kind: 'put' | 'patch' | 'delete';
  readonly id: unknown;
  /** Equal for what the server takes for the same `_id`. */
  readonly text: string;
  readonly version: Version;
  /** The same for the server. */
  readonly stamp: Stamp;
  /** The whole document of a put, the columns of a patch, nothing of a delete. */
  readonly document: Readonly<Record<string, unknown>>;
  /** About how many bytes of BSON. */
  readonly size: number;
}

/** The order of every bulk: two writers then meet at the first of the rows that both have. */
export function byText(left: Row, right: Row): number {
  return left.text < right.text ? -1 : 1;
}

export type Encoded = Row | { readonly index: number; readonly error: SinkRowError };

/** The `cdc` of a document that has no patches. */
export function bookkeepingOf([time, seq]: Stamp): Record<string, unknown> {
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

/** `_id` is left out where it is the key's. */
function isKeyPart(stored: string, { keyless, key }: CollectionShape): boolean {
  return stored === '_id' && !keyless && key.some(({ name }) => name === '_id');
}

function refuseOwn(stored: string): void {
  if (stored === '_id' || stored === bookkeepingField) throw new Unstorable('NAME_RESERVED', reservedMessage(stored));
}

/** The row's fields as they are stored; the image itself where nothing of it changes. */
function fieldsOf(image: Image, shape: CollectionShape, writer: ValueWriter): Readonly<Record<string, unknown>> {
  if (shape.keepsNames && !Object.hasOwn(image, '_id')) {
    if (Object.hasOwn(image, bookkeepingField)) refuseOwn(bookkeepingField);
    return bsonObject(image, writer);
  }
  const fields: Record<string, unknown> = {};
  for (const [name, stored] of storedNames(Object.keys(image), { numbers: 'exact', ...shape.columns })) {
    if (isKeyPart(stored, shape)) continue;
    refuseOwn(stored);
    setField(fields, stored, image[name] ?? null, writer);
  }
  return fields;
}

function documentOf(mutation: Mutation, id: unknown, own: Stamp, shape: CollectionShape, writer: ValueWriter): Row['document'] {
  if (mutation.kind === 'delete') return {};
  if (mutation.kind === 'patch') return fieldsOf(mutation.columns.values(), shape, writer);
  return { _id: id, ...fieldsOf(mutation.row.values(), shape, writer), [bookkeepingField]: bookkeepingOf(own) };
}

function encode(mutation: Mutation, index: number, shape: CollectionShape, writer: ValueWriter): Row {
  const { kind, version } = mutation;
  writer.size = 0;
  const id = kind === 'append' ? checkedText(mutation.position, writer) : idOf(mutation.key, writer);
  const own = stamp(version);
  const document = documentOf(mutation, id, own, shape, writer);
  return { index, kind: kind === 'append' ? 'put' : kind, id, text: idText(id), version, stamp: own, document, size: writer.size };
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
    return encode(mutation, index, shape, writer);
  } catch (error) {
    if (error instanceof Unstorable) return { index, error: { code: error.code, message: error.message } };
    if (error instanceof RangeError) return { index, error: { code: 'BAD_VALUE', message: error.message } };
    throw error;
  }
}
