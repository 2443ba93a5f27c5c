// Records in the shape of AWS DMS, made up for the tests. It expects nothing.
import { dmsCodec } from '../../src/dms/codec.ts';
import type { Decoded } from '../../src/index.ts';
import { recordOf } from './records.ts';

export const built = '2024-07-29T00:57:35.691762Z';
export const builtMicros = 1722214655691762;

/** What `metadata` has of a change with IncludeTransactionDetails. */
export function transaction(id: unknown, place: unknown = 1, committed: unknown = '2024-07-29T00:57:34.000001Z'): object {
  return { 'transaction-id': id, 'transaction-record-id': place, 'commit-timestamp': committed };
}

export function metadata(operation: string, more: object = {}): object {
  const type = /^(load|insert|update|delete)$/.test(operation) ? 'data' : 'control';
  return {
    timestamp: built,
    'record-type': type,
    operation,
    'partition-key-type': type === 'data' ? 'schema-table' : 'task-id',
    'schema-name': 'public',
    'table-name': 'foo',
    ...more,
  };
}

export function dmsRecord(operation: string, parts: { readonly row?: object; readonly metadata?: object } = {}): object {
  return { ...parts.row, metadata: metadata(operation, parts.metadata) };
}

/** A loaded row whose text is JSON already: the tests care for digits and duplicate names. */
export function loadOf(row: string): string {
  return JSON.stringify(dmsRecord('load', { row: { data: '@' } })).replace('"@"', () => row);
}

export function decodeDms(content: unknown, place: { readonly sequence?: string; readonly subSequence?: number } = {}): Decoded {
  return dmsCodec.decode(recordOf(content, place));
}
