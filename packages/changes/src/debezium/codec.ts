// What Debezium Server puts on Kinesis: changes of rows and documents in Debezium's envelope, with schema and without, and the
// records beside them. It knows no stream service and no target.
import { type ExactRead, exactTreeOf } from '../records/exact-tree.ts';
import { readWithExactNumbers, type Walk } from '../records/exact-walk.ts';
import { isObject, type JsonRead, quoted, readJson, type Undecodable, undecodable } from '../records/json.ts';
import { rowChange, sourceTable } from '../records/row-change.ts';
import type { Codec, Decoded, Key, RawRecord, RowChange, RowImage, SourceTable } from '../types.ts';
import { documentOfText } from './document.ts';
import { type Fields, isNamedHeartbeat, type Message, messageOf } from './envelope.ts';
import { debeziumExamples } from './examples.ts';
import { columnKey, documentKey, recordKey } from './key.ts';
import { type Row, rowOf } from './row.ts';
import { fieldSchemas } from './values.ts';
import { versionOf } from './version.ts';

type Change = Extract<Message, { kind: 'change' }>;
type Kind = RowChange['kind'];

const maxNameLength = 255;
const kinds: ReadonlyMap<string, Kind> = new Map([
  ['c', 'insert'],
  ['u', 'modify'],
  ['d', 'remove'],
  ['r', 'snapshot'],
]);

function broken(problem: string): Undecodable {
  return undecodable('BROKEN_RECORD', `The Debezium record ${problem}; it is not decoded. Check what wrote it: Debezium's own records are whole.`);
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= maxNameLength ? value : undefined;
}

function sourceOf(source: Fields): SourceTable | undefined {
  const system = nameOf(source.connector);
  const table = nameOf(source.connector === 'mongodb' ? source.collection : source.table);
  const database = nameOf(source.db);
  const schema = nameOf(source.schema);
  if (system === undefined || table === undefined) return undefined;
  return sourceTable(system, database, schema, table);
}

/** A transformation may have made inserts of snapshot reads; the source block still tells. */
function kindOf({ op, source }: Change): Kind | undefined {
  const isSnapshot = op === 'c' && source.snapshot !== undefined && source.snapshot !== null && source.snapshot !== false && source.snapshot !== 'false';
  return isSnapshot ? 'snapshot' : kinds.get(op);
}

function noImage(source: Fields, kind: Kind): Undecodable {
  const advice =
    source.connector === 'mongodb'
      ? "Set the connector's capture.mode to change_streams_update_full; if it is, the document was deleted before it was looked up, and its delete follows."
      : 'Check the transformations of the connector: Debezium itself always sends it.';
  return undecodable('NO_IMAGE', `The ${kind} record carries no after, so the row is not known and nothing is applied. ${advice}`);
}

interface Content {
  readonly after: Row | undefined;
  readonly before: Row | undefined;
  readonly key: Key | undefined;
}

function columnsContent({ payload, schema }: Change, record: RawRecord, walk: Walk): Content {
  const schemas = fieldSchemas(schema);
  const row = (name: string): Row | undefined => {
    const columns = payload[name];
    return isObject(columns) ? rowOf(columns, schemas.get(name), walk) : undefined;
  };
  return { after: row('after'), before: row('before'), key: columnKey(record.partitionKey, schemas.get('before'), walk) };
}

function documentContent({ payload }: Change, record: RawRecord, walk: Walk): Content {
  const row = (name: string): Row | undefined => {
    const text = payload[name];
    if (typeof text !== 'string') return undefined;
    const image = documentOfText(text, name);
    if (!('kind' in image)) return { image, unknown: [] };
    walk.wrong ??= image;
    return undefined;
  };
  const after = row('after');
  const before = row('before');
  return { after, before, key: documentKey(record.partitionKey, walk) ?? idOf(after?.image ?? before?.image) };
}

function idOf(image: RowImage | undefined): Key | undefined {
  const id = image?.values()._id;
  return id === undefined ? undefined : [['_id', id]];
}

function decodeChange(change: Change, record: RawRecord, walk: Walk): Decoded {
  const { op, payload, source } = change;
  if (op === 'm') return { kind: 'ignored', reason: 'The record is a message in the log of PostgreSQL; it changes no row.' };
  const kind = kindOf(change);
  if (kind === undefined && op !== 't') return broken(`has the op ${quoted(op)}, which is not known here`);
  const table = sourceOf(source);
  if (table === undefined) return broken('names no table in its source block');
  const version = versionOf(source, payload, record, kind === 'snapshot');
  if (version === undefined) return broken('has no usable ts_ms, or the stream gave it no decimal sequence number of at most 56 digits');
  if (kind === undefined) return { kind: 'changes', events: [{ kind: 'truncate', source: table, version }] };
  const { after, before, key } = source.connector === 'mongodb' ? documentContent(change, record, walk) : columnsContent(change, record, walk);
  if (walk.wrong !== undefined) return walk.wrong;
  if (after === undefined && kind !== 'remove') return noImage(source, kind);
  const event = rowChange({ kind, source: table, key, version, after: kind === 'remove' ? undefined : after?.image, before: before?.image });
  if (after !== undefined && after.unknown.length > 0) event.unknown = after.unknown;
  return { kind: 'changes', events: [event] };
}

function foreign(): Undecodable {
  return undecodable(
    'UNKNOWN_FORMAT',
    'The record is JSON, but has no envelope of Debezium (op and source.connector); it is not decoded. Choose the format that the stream carries, or leave out the transformation that takes the envelope off (ExtractNewRecordState).',
  );
}

function decodeTree(tree: unknown, record: RawRecord, walk: Walk): Decoded {
  const message = messageOf(tree);
  if (message === undefined) return foreign();
  if (message.kind === 'heartbeat') return { kind: 'ignored', reason: 'The record is a heartbeat of Debezium; it changes no row.' };
  return message.kind === 'ignored' ? message : decodeChange(message, record, walk);
}

/** A document is text within the record: the record's own numbers are none of its. */
function exactOf({ value, text }: Extract<JsonRead, { kind: 'json' }>): ExactRead {
  const message = messageOf(value);
  const hasRow = message?.kind === 'change' && message.source.connector !== 'mongodb';
  return hasRow ? exactTreeOf(text, value) : { kind: 'json', value, numbers: undefined };
}

function decode(record: RawRecord): Decoded {
  const read = readJson(record);
  if (read.kind === 'json') {
    const tree = exactOf(read);
    if (tree.kind === 'undecodable') return tree;
    const { result, walk } = readWithExactNumbers(tree, (value, each) => decodeTree(value, record, each));
    if (!walk.outOfBounds) return result;
    return undecodable(
      'BROKEN_VALUE',
      'The Debezium record has a number with too many digits or too large an exponent; it is not decoded. Set decimal.handling.mode to string.',
    );
  }
  if (read.error.code !== 'EMPTY' || record.text() !== '') return read;
  return { kind: 'ignored', reason: "The record is empty: Debezium's tombstone, which follows a delete." };
}

function isTombstone(record: RawRecord): boolean {
  return record.text() === '' && recordKey(record.partitionKey) !== undefined;
}

function isHeartbeatOf(tree: unknown, record: RawRecord): boolean {
  return isNamedHeartbeat(tree) || typeof recordKey(record.partitionKey)?.value.serverName === 'string';
}

function recognises(record: RawRecord): boolean {
  const read = readJson(record);
  if (read.kind === 'undecodable') return read.error.code === 'EMPTY' && isTombstone(record);
  const message = messageOf(read.value);
  return message !== undefined && (message.kind !== 'heartbeat' || isHeartbeatOf(read.value, record));
}

/** Records of Debezium Server's Kinesis sink. */
export const debeziumCodec: Codec = {
  name: 'debezium',
  about:
    "One change of one row or document, written by Debezium Server: a JSON object with op and source.connector, with Debezium's schema around it or without. The key comes from the partition key.",
  examples: debeziumExamples,
  recognises,
  decode,
};
