// From one document to its changes: the envelope that people put around python-mysql-replication's row events. It knows no text.
import type { DecodeError, RawRecord, RowChange, SourceTable, Value, Version } from '../types.ts';
import { streamOrder } from '../values/version.ts';
import { readColumns } from './columns.ts';
import { type Fields, isFields, maxChanges } from './documents.ts';
import { rowImage } from './image.ts';

type Kind = 'insert' | 'modify' | 'remove';

const maxNameLength = 255;
const kinds: ReadonlyMap<Value | undefined, Kind> = new Map<Value | undefined, Kind>([
  ['WriteRowsEvent', 'insert'],
  ['UpdateRowsEvent', 'modify'],
  ['PartialUpdateRowsEvent', 'modify'],
  ['DeleteRowsEvent', 'remove'],
]);

/** What goes on after "The record". */
export interface Problem {
  readonly code: DecodeError['code'];
  readonly problem: string;
}

function kindOf(document: Fields): Kind | undefined {
  return kinds.get(document.type) ?? kinds.get(document.event);
}

function hasRow(document: Fields): boolean {
  return document.row !== undefined || document.rows !== undefined;
}

/** Whether the document is a row event, whole or broken. */
export function isRowEvent(document: Value | undefined): document is Fields {
  return isFields(document) && kindOf(document) !== undefined && hasRow(document);
}

function broken(problem: string): Problem {
  return { code: 'BROKEN_RECORD', problem };
}

function isName(value: Value | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxNameLength;
}

function sourceOf({ schema, table }: Fields): SourceTable | Problem {
  if (!isName(table)) return broken('names no table in table');
  if (schema === undefined || schema === null) return { system: 'mysql', table };
  return isName(schema) ? { system: 'mysql', database: schema, table } : broken('names no database in schema');
}

/** The reasons for None beside an image, if there are any. */
function sourcesOf(sources: Value | undefined): Fields | undefined {
  return isFields(sources) ? sources : undefined;
}

function withUnknown(change: RowChange, unknown: readonly string[]): RowChange {
  return unknown.length === 0 ? change : { ...change, unknown };
}

function modification(source: SourceTable, row: Fields, version: Version): RowChange | Problem {
  const { before_values: earlier = null, after_values: later } = row;
  if (!isFields(later)) return { code: 'NO_IMAGE', problem: 'updates a row without its after_values' };
  if (earlier !== null && !isFields(earlier)) return broken('has before_values that are no columns');
  const before = earlier === null ? undefined : readColumns(earlier, sourcesOf(row.before_none_sources), undefined).fields;
  const { fields, unknown } = readColumns(later, sourcesOf(row.after_none_sources), before);
  const change: RowChange = { kind: 'modify', source, key: undefined, after: rowImage(fields), version };
  return withUnknown(before === undefined ? change : { ...change, before: rowImage(before) }, unknown);
}

function rowChange(kind: Kind, source: SourceTable, row: Value, version: Version): RowChange | Problem {
  if (!isFields(row)) return broken('has a row that is no dict');
  if (kind === 'modify') return modification(source, row, version);
  if (!isFields(row.values)) return { code: 'NO_IMAGE', problem: `${kind === 'insert' ? 'writes' : 'deletes'} a row without its values` };
  const { fields, unknown } = readColumns(row.values, sourcesOf(row.none_sources), undefined);
  if (kind === 'remove') return { kind, source, key: undefined, before: rowImage(fields), version };
  return withUnknown({ kind, source, key: undefined, after: rowImage(fields), version }, unknown);
}

/**
 * The place in the stream, and nothing else. A position in the binlog would not do: all rows of one event share it, and one
 * event may change a row twice. Nor would its time: a statement that began earlier may change the row later.
 */
function versionAt(record: RawRecord, index: number): Version | Problem {
  if (index >= maxChanges) return { code: 'TOO_LARGE', problem: `carries more than ${maxChanges} changes, whose order could not be told apart` };
  const seq = streamOrder(record, index);
  return seq === undefined ? broken('came without a decimal sequence number of at most 56 digits') : { time: 0, seq };
}

/** Adds the document's changes to `changes`, in its order; returns what is wrong, if anything is. */
export function addRowChanges(document: Value, record: RawRecord, changes: RowChange[]): Problem | undefined {
  const kind = isFields(document) ? kindOf(document) : undefined;
  if (!isFields(document) || kind === undefined || !hasRow(document)) return broken('has row events and something else beside them');
  const source = sourceOf(document);
  if ('problem' in source) return source;
  const rows = document.rows ?? [document.row ?? null];
  if (!Array.isArray(rows)) return broken('has rows that are no list');
  for (const row of rows) {
    const version = versionAt(record, changes.length);
    if ('problem' in version) return version;
    const change = rowChange(kind, source, row, version);
    if ('problem' in change) return change;
    changes.push(change);
  }
  return undefined;
}
