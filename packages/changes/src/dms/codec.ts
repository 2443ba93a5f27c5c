// What AWS DMS writes to a Kinesis data stream: one row, loaded or changed, or one change of a table, as JSON. It knows no
// stream service and no target, and no keys: DMS names a table's key in create-table records only, long before its rows.
import { isObject, quoted, type Undecodable, undecodable } from '../records/json.ts';
import { jsonFormat } from '../records/json-format.ts';
import { type CheckedColumns, type CheckedRow, checkRow, isEmpty, jsonRowImage } from '../records/json-row.ts';
import type { LongNumbers } from '../records/long-numbers.ts';
import { rowChange, sourceTable } from '../records/row-change.ts';
import type { Codec, Decoded, RawRecord, RowChange, RowImage, SourceTable, Version } from '../types.ts';
import { dmsExamples } from './examples.ts';
import { changeVersion, loadVersion } from './version.ts';

type Fields = Readonly<Record<string, unknown>>;
interface DmsRecord extends Fields {
  readonly metadata: Fields & { readonly operation: string };
}

const system = 'aws:dms';
const maxNameLength = 255;
/** DMS keeps its own books in tables with this prefix and without a schema. */
const bookkeeping = 'awsdms_';
const kinds: Readonly<Record<string, RowChange['kind']>> = { load: 'snapshot', insert: 'insert', update: 'modify', delete: 'remove' };
const truncations = ['truncate-table', 'truncate'];

function isOurs(tree: unknown): tree is DmsRecord {
  if (!isObject(tree) || !isObject(tree.metadata) || typeof tree.metadata.operation !== 'string') return false;
  return typeof tree.metadata['record-type'] === 'string' || tree.data !== undefined || tree.control !== undefined;
}

function broken(problem: string): Undecodable {
  return undecodable('BROKEN_RECORD', `The DMS record ${problem}; it is not decoded. Check what wrote it: DMS's own records are whole.`);
}

function describeFault({ code, problem }: Extract<CheckedRow, { kind: 'fault' }>): Undecodable {
  return undecodable(code, `${problem}; the DMS record is not decoded. Check what wrote it: DMS itself sends no such value.`);
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= maxNameLength;
}

function tableOf(metadata: Fields): SourceTable | undefined {
  const { 'schema-name': schema, 'table-name': table } = metadata;
  if (!isName(schema) || !isName(table) || table === '') return undefined;
  return sourceTable(system, undefined, schema === '' ? undefined : schema, table);
}

function nameOf({ schema, table }: SourceTable): string {
  return quoted(schema === undefined ? table : `${schema}.${table}`);
}

/** With the mapping rule `map-record-to-document` the row is the one attribute `_doc`. */
function columnsOf(data: unknown): unknown {
  if (!isObject(data) || !isObject(data._doc)) return data;
  return Object.keys(data).length === 1 ? data._doc : data;
}

/** The row that is gone: what `data` has of it, corrected by the image from before, which need not be whole. */
function removedRow(data: CheckedRow | undefined, before: CheckedRow | undefined): RowImage | undefined {
  const rows = [data, before].filter((checked): checked is CheckedColumns => checked?.kind === 'row' && !isEmpty(checked.row));
  const [row, over] = rows;
  return row === undefined ? undefined : jsonRowImage(row, over);
}

function noImage(operation: string): Undecodable {
  return undecodable(
    'NO_IMAGE',
    `The DMS record is an ${operation} without the row in data, so the row is not known and nothing is applied. Check what wrote it, and which columns the task's table mappings leave.`,
  );
}

interface Place {
  readonly source: SourceTable;
  readonly version: Version | undefined;
}

function decodeRow(tree: DmsRecord, kind: RowChange['kind'], { source, version }: Place, numbers: LongNumbers | undefined): Decoded {
  const { metadata } = tree;
  if (version === undefined) {
    return broken('has no usable time in timestamp or commit-timestamp, or the stream gave it no decimal sequence number of at most 56 digits');
  }
  const data = tree.data === undefined || tree.data === null ? undefined : checkRow(columnsOf(tree.data), numbers, 'data');
  const image = tree['before-image'];
  const old = image === undefined || image === null ? undefined : checkRow(columnsOf(image), numbers, 'before-image');
  if (data?.kind === 'fault') return describeFault(data);
  if (old?.kind === 'fault') return describeFault(old);
  if (kind === 'remove') {
    const before = removedRow(data, old);
    if (before === undefined) return noImage(metadata.operation);
    return { kind: 'changes', events: [{ kind, source, key: undefined, before, version }] };
  }
  if (data === undefined) return noImage(metadata.operation);
  const after = jsonRowImage(data);
  const before = old === undefined || isEmpty(old.row) ? undefined : jsonRowImage(old);
  return { kind: 'changes', events: [rowChange({ kind, source, key: undefined, version, after, before })] };
}

function decodeControl({ metadata }: DmsRecord, { source, version }: Place): Decoded {
  const { operation } = metadata;
  if (truncations.includes(operation)) {
    return version === undefined ? broken('has no usable timestamp') : { kind: 'changes', events: [{ kind: 'truncate', source, version }] };
  }
  if (metadata['record-type'] === 'control') {
    return { kind: 'ignored', reason: `${quoted(operation)} of table ${nameOf(source)}: a change of the table itself; only changes of rows are applied.` };
  }
  return broken(`has an operation other than load, insert, update, delete and those of control records (${quoted(operation)})`);
}

function decodeTree(tree: DmsRecord, record: RawRecord, numbers: LongNumbers | undefined): Decoded {
  const { metadata } = tree;
  const source = tableOf(metadata);
  if (source === undefined) return broken('names no table in schema-name and table-name');
  if (source.schema === undefined && source.table.startsWith(bookkeeping)) {
    return { kind: 'ignored', reason: `${quoted(metadata.operation)} of table ${nameOf(source)}, in which DMS keeps its own books: no change of a source.` };
  }
  const kind = Object.hasOwn(kinds, metadata.operation) ? kinds[metadata.operation] : undefined;
  const version = kind === 'snapshot' ? loadVersion(metadata, record) : changeVersion(metadata, record, numbers);
  return kind === undefined ? decodeControl(tree, { source, version }) : decodeRow(tree, kind, { source, version }, numbers);
}

/** Records of AWS DMS with a Kinesis data stream as its target. */
export const dmsCodec: Codec = {
  name: 'dms',
  about:
    'One row loaded or changed, or one change of a table, written by AWS DMS to its Kinesis target: a JSON object with data or control, and metadata that names an operation. The key columns are those of tables[].key. Have the rows from before by BeforeImageSettings, not as columns with a prefix such as BI_, or a change of a key leaves the old row.',
  examples: dmsExamples,
  ...jsonFormat({
    isOurs,
    foreign: 'The record is JSON, but has no metadata.operation beside data or control; it is not decoded. Choose the format that the stream carries.',
    decodeTree,
  }),
};
