// What Maxwell's daemon writes of a MySQL or MariaDB server: one change of one row a record, as JSON. It knows no stream
// service and no target.
import { isObject, quoted, type Undecodable, undecodable } from '../records/json.ts';
import { jsonFormat } from '../records/json-format.ts';
import { type CheckedColumns, type CheckedRow, checkRow, jsonRowImage } from '../records/json-row.ts';
import type { LongNumbers } from '../records/long-numbers.ts';
import type { ChangeEvent, Codec, Decoded, RawRecord, SourceTable } from '../types.ts';
import { isSameKey } from '../values/key.ts';
import { maxwellExamples } from './examples.ts';
import { keyColumns, keyOf } from './key.ts';
import { bootstrapVersion, changeVersions } from './version.ts';

type Fields = Readonly<Record<string, unknown>>;
type RowType = 'insert' | 'update' | 'delete' | 'bootstrap-insert';
interface MaxwellRecord extends Fields {
  readonly database: string;
  readonly type: string;
}

const system = 'mysql';
const maxNameLength = 255;
const rowTypes: readonly RowType[] = ['insert', 'update', 'delete', 'bootstrap-insert'];
const ofTable = 'a change of the table itself; only changes of rows are applied';
const ofDatabase = 'a change of the database itself; only changes of rows are applied';
/** Why there is nothing to apply. */
const otherTypes: Readonly<Record<string, string>> = {
  'bootstrap-start': 'a bootstrap begins; its rows are records of their own',
  'bootstrap-complete': 'a bootstrap is over; its rows were records of their own',
  'table-create': ofTable,
  'table-alter': ofTable,
  'table-drop': ofTable,
  'database-create': ofDatabase,
  'database-alter': ofDatabase,
  'database-drop': ofDatabase,
};

function isRowType(type: string): type is RowType {
  return rowTypes.some((each) => each === type);
}

function isOurs(tree: unknown): tree is MaxwellRecord {
  if (!isObject(tree) || typeof tree.database !== 'string' || typeof tree.type !== 'string') return false;
  return tree.ts !== undefined && (isRowType(tree.type) || Object.hasOwn(otherTypes, tree.type));
}

function broken(problem: string): Undecodable {
  return undecodable('BROKEN_RECORD', `The Maxwell record ${problem}; it is not decoded. Check what wrote it: Maxwell's own records are whole.`);
}

function describeFault({ code, problem }: Extract<CheckedRow, { kind: 'fault' }>): Undecodable {
  return undecodable(code, `${problem}; the Maxwell record is not decoded. Check what wrote it: Maxwell itself sends no such value.`);
}

function noVersion(type: RowType): Undecodable {
  const time = type === 'bootstrap-insert' ? 'has no whole seconds in ts, or ' : 'has no order: ';
  return broken(`${time}the stream gave it no decimal sequence number of at most 56 digits`);
}

function withoutRow(tree: MaxwellRecord): Undecodable {
  if (tree.encrypted !== undefined || typeof tree.data === 'string') {
    return undecodable('NO_IMAGE', 'The Maxwell record is encrypted, so its row is not known and nothing is applied. Run Maxwell with encrypt=none.');
  }
  return undecodable('NO_IMAGE', `The Maxwell record is an ${tree.type} without data, so the row is not known and nothing is applied. Check what wrote it.`);
}

interface Row {
  readonly source: SourceTable;
  readonly columns: readonly string[];
  readonly data: CheckedColumns;
}

/** `old` has the columns that changed as they were; with `data` it is the whole row from before. */
function updateEvents(
  tree: MaxwellRecord,
  { source, columns, data }: Row,
  old: CheckedColumns | undefined,
  record: RawRecord,
): readonly ChangeEvent[] | undefined {
  const after = jsonRowImage(data);
  const key = keyOf(columns, data.row);
  const versions = changeVersions(tree, record);
  const version = versions(0);
  if (version === undefined) return undefined;
  if (old === undefined) return [{ kind: 'modify', source, key, after, version }];
  const before = jsonRowImage(data, old);
  const oldKey = columns.some((column) => Object.hasOwn(old.row, column)) ? keyOf(columns, data.row, old.row) : key;
  if (key === undefined || oldKey === undefined || isSameKey(key, oldKey)) {
    return [{ kind: 'modify', source, key, after, before, version }];
  }
  const next = versions(1);
  if (next === undefined) return undefined;
  return [
    { kind: 'remove', source, key: oldKey, before, version },
    { kind: 'insert', source, key, after, version: next },
  ];
}

function singleEvent(tree: MaxwellRecord, type: 'insert' | 'delete' | 'bootstrap-insert', row: Row, record: RawRecord): ChangeEvent | undefined {
  const { source, columns, data } = row;
  const version = type === 'bootstrap-insert' ? bootstrapVersion(tree, record) : changeVersions(tree, record)(0);
  if (version === undefined) return undefined;
  const key = keyOf(columns, data.row);
  const image = jsonRowImage(data);
  if (type === 'delete') return { kind: 'remove', source, key, before: image, version };
  return { kind: type === 'insert' ? 'insert' : 'snapshot', source, key, after: image, version };
}

function decodeRow(tree: MaxwellRecord, type: RowType, record: RawRecord, numbers: LongNumbers | undefined): Decoded {
  const { database, table } = tree;
  if (typeof table !== 'string' || table === '' || table.length > maxNameLength || database.length > maxNameLength) return broken('names no table');
  const columns = keyColumns(tree.primary_key_columns);
  if (columns === undefined) return broken('has primary_key_columns that are no names');
  if (!isObject(tree.data)) return withoutRow(tree);
  const data = checkRow(tree.data, numbers, 'data');
  if (data.kind === 'fault') return describeFault(data);
  const row: Row = { source: { system, database, table }, columns, data };
  if (type !== 'update') {
    const event = singleEvent(tree, type, row, record);
    return event === undefined ? noVersion(type) : { kind: 'changes', events: [event] };
  }
  const old = tree.old === undefined || tree.old === null ? undefined : checkRow(tree.old, numbers, 'old');
  if (old?.kind === 'fault') return describeFault(old);
  const events = updateEvents(tree, row, old, record);
  return events === undefined ? noVersion(type) : { kind: 'changes', events };
}

function decodeTree(tree: MaxwellRecord, record: RawRecord, numbers: LongNumbers | undefined): Decoded {
  const { database, table, type } = tree;
  if (isRowType(type)) return decodeRow(tree, type, record, numbers);
  const name = typeof table === 'string' ? `${database}.${table}` : database;
  return { kind: 'ignored', reason: `${quoted(type)} of ${quoted(name)}: ${otherTypes[type]}.` };
}

/** Records of Maxwell's daemon. */
export const maxwellCodec: Codec = {
  name: 'maxwell',
  about:
    "One change of one row of a MySQL or MariaDB server, written by Maxwell's daemon: a JSON object with database, table, ts and a type such as insert or update. Run Maxwell with output_primary_key_columns, or name the key in tables[].key; with output_binlog_position, so that its retries change no order; and on a server with binlog_row_image=FULL, for nothing in a record tells that columns are missing.",
  examples: maxwellExamples,
  ...jsonFormat({
    isOurs,
    foreign: "The record is JSON, but has no database, ts and type as Maxwell's records do; it is not decoded. Choose the format that the stream carries.",
    decodeTree,
  }),
};
