// Row events of python-mysql-replication as people put them on a stream: JSON or Python's repr, one or several in a record. It
// knows no stream service and no target.
import { readText, type Undecodable, undecodable } from '../records/json.ts';
import type { Codec, Decoded, RawRecord, RowChange } from '../types.ts';
import { addRowChanges, isRowEvent, type Problem } from './changes.ts';
import { firstDocument, readDocuments } from './documents.ts';
import { mysqlRowsExamples } from './examples.ts';

function foreign(): Undecodable {
  return undecodable(
    'UNKNOWN_FORMAT',
    'The record is no row event: it has no type of WriteRowsEvent, UpdateRowsEvent or DeleteRowsEvent with a row; it is not decoded. Choose the format that the stream carries.',
  );
}

function broken({ code, problem }: Problem): Undecodable {
  return undecodable(code, `The record ${problem}; it is not decoded. Check the program that reads the binlog: it writes schema, table, type and row.`);
}

/** Every kind of event has this in its name: other formats' records are not parsed, whatever may be wrong with them. */
const mark = 'RowsEvent';

function decode(record: RawRecord): Decoded {
  const read = readText(record);
  if (read.kind === 'undecodable') return read;
  if (!read.text.includes(mark)) return foreign();
  const documents = readDocuments(read.text);
  if ('kind' in documents) return documents;
  if (!isRowEvent(documents[0])) return foreign();
  const events: RowChange[] = [];
  for (const document of documents) {
    const problem = addRowChanges(document, record, events);
    if (problem !== undefined) return broken(problem);
  }
  return events.length === 0 ? { kind: 'ignored', reason: 'The row event has no rows.' } : { kind: 'changes', events };
}

function recognises(record: RawRecord): boolean {
  const read = readText(record);
  return read.kind === 'text' && read.text.includes(mark) && isRowEvent(firstDocument(read.text));
}

/** Row events of python-mysql-replication. */
export const mysqlRowsCodec: Codec = {
  name: 'mysql-rows',
  about:
    "Rows of a MySQL binlog as python-mysql-replication gives them, written as JSON or with Python's str(): objects whose type is WriteRowsEvent, UpdateRowsEvent or DeleteRowsEvent, one or several in a record. They name no key: configure it.",
  examples: mysqlRowsExamples,
  recognises,
  decode,
};
