// MongoDB's change events as a change stream gives them, in Extended JSON, canonical or relaxed. It knows no stream service and
// no target.
import { readWithExactNumbers, type Walk } from '../records/exact-walk.ts';
import { isObject, quoted, type Undecodable, undecodable } from '../records/json.ts';
import { jsonFormat } from '../records/json-format.ts';
import type { LongNumbers } from '../records/long-numbers.ts';
import { rowChange } from '../records/row-change.ts';
import type { ChangeEvent, Codec, Decoded, Key, RawRecord, RowChange, RowImage, SourceTable, Value, Version } from '../types.ts';
import { isSameKey } from '../values/key.ts';
import { streamOrder } from '../values/version.ts';
import { clusterMicros } from './cluster-time.ts';
import { mongodbExamples } from './examples.ts';
import { checkDocument, documentImage, fieldValue, numberTexts } from './extended-json.ts';
import { millisOfDate } from './wrappers.ts';

type Fields = Readonly<Record<string, unknown>>;
type Kind = 'insert' | 'modify' | 'remove';

const maxNameLength = 255;
const kinds: ReadonlyMap<unknown, Kind> = new Map([
  ['insert', 'insert'],
  ['update', 'modify'],
  ['replace', 'modify'],
  ['delete', 'remove'],
]);
/** What happened to something else than a document. */
const ignored: ReadonlyMap<unknown, string> = new Map([
  ['drop', 'A collection was dropped; a drop is not applied.'],
  ['dropDatabase', 'A database was dropped; a drop is not applied.'],
  ['rename', 'A collection was renamed; its documents come under the new name from now on.'],
  ['invalidate', 'The change stream has ended; the record changes no document.'],
  ...['create', 'createIndexes', 'dropIndexes', 'modify', 'shardCollection', 'reshardCollection', 'refineCollectionShardKey'].map(
    (operation) => [operation, `The collection was changed (${operation}), no document.`] as const,
  ),
]);

function isOurs(tree: unknown): tree is Fields {
  if (!isObject(tree) || typeof tree.operationType !== 'string') return false;
  return (isObject(tree.ns) && typeof tree.ns.db === 'string') || (tree.operationType === 'invalidate' && isObject(tree._id));
}

function broken(problem: string): Undecodable {
  return undecodable('BROKEN_RECORD', `The MongoDB change event ${problem}; it is not decoded. Check what wrote it to the stream.`);
}

function sourceOf(ns: unknown): SourceTable | undefined {
  if (!isObject(ns)) return undefined;
  const { db, coll } = ns;
  if (typeof db !== 'string' || typeof coll !== 'string') return undefined;
  if (db === '' || coll === '' || db.length > maxNameLength || coll.length > maxNameLength) return undefined;
  return { system: 'mongodb', database: db, table: coll };
}

/** Microseconds; 0 where the event has no time at all, as before MongoDB 4.0. */
function timeOf({ clusterTime, wallTime }: Fields): number | undefined {
  if (clusterTime !== undefined && clusterTime !== null) {
    const timestamp = isObject(clusterTime) ? clusterTime.$timestamp : undefined;
    return isObject(timestamp) ? clusterMicros(timestamp.t, timestamp.i) : undefined;
  }
  if (!isObject(wallTime)) return 0;
  const micros = Number(millisOfDate(wallTime.$date)) * 1000;
  return Number.isSafeInteger(micros) && micros >= 0 ? micros : undefined;
}

function versionOf(change: Fields, record: RawRecord): Version | undefined {
  const time = timeOf(change);
  const seq = streamOrder(record, 0);
  return time === undefined || seq === undefined ? undefined : { time, seq };
}

function imageOf(document: unknown, walk: Walk): RowImage | undefined {
  return isObject(document) ? documentImage(document, walk) : undefined;
}

function noImage(operation: string): Undecodable {
  return undecodable(
    'NO_IMAGE',
    `The ${operation} event carries no fullDocument, so the document is not known and nothing is applied. Open the change stream with fullDocument: 'updateLookup' (or 'required'); if it is, the document was deleted before it was looked up, and its delete follows.`,
  );
}

function splitEvent(): Undecodable {
  return undecodable(
    'NO_IMAGE',
    'The record is a fragment of a change event that was split for its size; fragments are not put together, and it is not decoded. Leave $changeStreamSplitLargeEvent out, or take large fields out of the change stream.',
  );
}

/** The same fields as in `key`, as the document has them now. */
function keyIn(document: Fields, key: Key): Key {
  const now: (readonly [name: string, value: Value])[] = [];
  for (const [name, before] of key) {
    const value = fieldValue(document, name);
    now.push([name, value === undefined ? before : value]);
  }
  return now;
}

/**
 * A sharded collection's key is the shard key and `_id`, and the shard key's fields may change: then the document is another row.
 * The event names the key from before.
 */
function eventsOf(change: RowChange, document: unknown, record: RawRecord): readonly ChangeEvent[] {
  const { kind, source, key, after, before, version } = change;
  if (key === undefined || after === undefined || key.length < 2 || !isObject(document)) return [change];
  const nextKey = keyIn(document, key);
  if (isSameKey(nextKey, key)) return [change];
  const next: Version = { time: version.time, seq: streamOrder(record, 1) ?? version.seq };
  return [
    rowChange({ kind: 'remove', source, key, version, after: undefined, before }),
    rowChange({ kind, source, key: nextKey, version: next, after, before: undefined }),
  ];
}

function keyOf({ documentKey, fullDocument }: Fields, walk: Walk): Key | undefined {
  const hasOwnId = isObject(fullDocument) && Object.hasOwn(fullDocument, '_id');
  const fields = isObject(documentKey) || !hasOwnId ? documentKey : { _id: fullDocument._id };
  if (!isObject(fields)) return undefined;
  checkDocument(fields, walk);
  const key: (readonly [name: string, value: Value])[] = [];
  if (walk.wrong === undefined) for (const name in fields) key.push([name, fieldValue(fields, name) ?? null]);
  return key.length === 0 ? undefined : key;
}

function decodeEvent(tree: Fields, record: RawRecord, walk: Walk): Decoded {
  const { operationType } = tree;
  const reason = ignored.get(operationType);
  if (reason !== undefined) return { kind: 'ignored', reason };
  const kind = kinds.get(operationType);
  if (kind === undefined || typeof operationType !== 'string') return broken(`has the operationType ${quoted(String(operationType))}, which is not known here`);
  if (isObject(tree.splitEvent)) return splitEvent();
  const source = sourceOf(tree.ns);
  if (source === undefined) return broken('names no database and collection in ns');
  const version = versionOf(tree, record);
  if (version === undefined) return broken('has no usable clusterTime, or the stream gave it no decimal sequence number of at most 56 digits');
  const key = keyOf(tree, walk);
  if (key === undefined) return walk.wrong ?? broken('has no documentKey');
  const after = kind === 'remove' ? undefined : imageOf(tree.fullDocument, walk);
  if (after === undefined && kind !== 'remove') return noImage(operationType);
  const before = imageOf(tree.fullDocumentBeforeChange, walk);
  if (walk.wrong !== undefined) return walk.wrong;
  return { kind: 'changes', events: eventsOf(rowChange({ kind, source, key, version, after, before }), tree.fullDocument, record) };
}

function decodeTree(value: Fields, record: RawRecord, numbers: LongNumbers | undefined): Decoded {
  const read = readWithExactNumbers({ value, numbers }, (tree, walk) => decodeEvent(tree, record, walk), numberTexts);
  if (!read.walk.outOfBounds) return read.result;
  return undecodable(
    'BROKEN_VALUE',
    'The MongoDB change event has a number with more digits or a larger exponent than any type of MongoDB; it is not decoded. Check what wrote it to the stream.',
  );
}

/** Change events of a MongoDB change stream. */
export const mongodbCodec: Codec = {
  name: 'mongodb',
  about: 'One change event of a MongoDB change stream in Extended JSON, canonical or relaxed: a JSON object with operationType and ns.',
  examples: mongodbExamples,
  ...jsonFormat({
    isOurs,
    foreign: 'The record is JSON, but has no operationType and ns of a MongoDB change event; it is not decoded. Choose the format that the stream carries.',
    decodeTree,
  }),
};
