// Plain rows that a query gave: one JSON object a record, without a word about table, key or operation. It knows no query, no
// stream service and no target.
import { readExactTree } from '../records/exact-tree.ts';
import { isObject, readJson, readText, type Undecodable, undecodable } from '../records/json.ts';
import { checkRow, isEmpty, jsonRowImage, maxRowDepth, scannedRowImage } from '../records/json-row.ts';
import { scanObject } from '../scan/object.ts';
import type { Codec, Decoded, RawRecord, RowChange, RowImage, Version } from '../types.ts';
import { snapshotTime, streamOrder } from '../values/version.ts';
import { rowsExamples } from './examples.ts';

const tableWithoutStream = 'rows';
/** The year 2255, where a snapshot would no longer rank below every change. */
const maxArrivalMs = 9e12;

/** Names that, all of them together, are the envelope of another format rather than columns. */
const envelopes: readonly (readonly string[])[] = [
  ['eventName', 'dynamodb'],
  ['metadata', 'data'],
  ['metadata', 'control'],
  ['type', 'table', 'row'],
  ['type', 'table', 'rows'],
  ['event', 'table', 'row'],
  ['event', 'table', 'rows'],
  ['schema', 'payload'],
  ['op', 'source'],
  ['type', 'database', 'ts'],
  ['type', 'database', 'data'],
  ['operationType', 'ns'],
  ['operationType', 'documentKey'],
  ['operationType', 'clusterTime'],
];

function broken(problem: string): Undecodable {
  return undecodable('BROKEN_RECORD', `The record ${problem}; it is not decoded. Check what wrote it: a row is one JSON object of columns.`);
}

/** The plain name, which is what comes last in an ARN. */
function tableOf({ shard }: RawRecord): string {
  const name = shard?.stream.slice(shard.stream.lastIndexOf('/') + 1);
  return name === undefined || name === '' ? tableWithoutStream : name;
}

/** By arrival first: whoever polls spreads the rows of a table over the shards, whose sequence numbers tell nothing of each other. */
function versionOf(record: RawRecord): Version | undefined {
  const { arrivalMs } = record;
  const seq = streamOrder(record, 0);
  if (seq === undefined || !Number.isSafeInteger(arrivalMs) || arrivalMs < 0 || arrivalMs >= maxArrivalMs) return undefined;
  return { time: snapshotTime(arrivalMs * 1000), seq };
}

function parsedRow(record: RawRecord): RowImage | Undecodable {
  const read = readExactTree(record);
  if (read.kind === 'undecodable') return read;
  if (!isObject(read.value)) return broken('is JSON, but no object');
  const checked = checkRow(read.value, read.numbers, 'row');
  if (checked.kind === 'fault') return undecodable(checked.code, `The record is no row: ${checked.problem}; it is not decoded. Check what wrote it.`);
  return isEmpty(checked.row) ? broken('is an object without columns') : jsonRowImage(checked);
}

/** Undefined: the parsed record has to be looked at. */
function scannedRow(record: RawRecord): RowImage | undefined {
  const read = readText(record);
  const scanned = read.kind === 'text' ? scanObject(read.text, maxRowDepth) : undefined;
  return scanned === undefined || scanned.parts === 0 ? undefined : scannedRowImage(scanned);
}

function decode(record: RawRecord): Decoded {
  const after = scannedRow(record) ?? parsedRow(record);
  if ('error' in after) return after;
  const version = versionOf(record);
  if (version === undefined) return broken('came without a usable time of arrival, or without a decimal sequence number of at most 56 digits');
  const event: RowChange = { kind: 'snapshot', source: { system: 'query', table: tableOf(record) }, key: undefined, after, version };
  return { kind: 'changes', events: [event] };
}

/** Almost every JSON object could be a row, so this tells what a row is not. */
function recognises(record: RawRecord): boolean {
  const read = readJson(record);
  if (read.kind === 'undecodable' || !isObject(read.value)) return false;
  const row = read.value;
  if (Object.keys(row).length === 0) return false;
  return !envelopes.some((names) => names.every((name) => Object.hasOwn(row, name)));
}

/** Rows of a query. */
export const rowsCodec: Codec = {
  name: 'rows',
  about:
    'Rows that a query gave, one JSON object a record, written to targets as snapshots. Nothing in them says table or key: the table is called after the stream, the key is configured, and the format is taken only where it is named.',
  examples: rowsExamples,
  recognises,
  decode,
};
