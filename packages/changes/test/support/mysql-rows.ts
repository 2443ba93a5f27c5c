// Row events as programs around python-mysql-replication write them, made up for the tests. It expects nothing.
import type { Decoded, RowChange } from '../../src/index.ts';
import { mysqlRowsCodec } from '../../src/mysql-rows/codec.ts';
import { recordOf } from './records.ts';

export function rowEvent(type: string, row: string, table = 'people'): string {
  return `{'schema': 'shop', 'table': '${table}', 'type': '${type}', 'row': ${row}}`;
}

export const written = (id: number): string => rowEvent('WriteRowsEvent', `{'values': {'id': ${id}}}`);

export function rowChanges(decoded: Decoded): readonly RowChange[] {
  if (decoded.kind !== 'changes') throw new Error(`expected changes: ${JSON.stringify(decoded)}`);
  return decoded.events.filter((one) => one.kind !== 'truncate');
}

/** Code and message; what was decoded instead, where it was. */
export function mysqlRowsError(text: string, place = {}): unknown {
  const decoded = mysqlRowsCodec.decode(recordOf(text, place));
  return decoded.kind === 'undecodable' ? [decoded.error.code, decoded.error.message] : decoded;
}
