// The columns of one row image as python-mysql-replication gives them: which of its Nones are NULL, and which say that nobody sent
// the column. It knows no change.
import { type Value, ValueSet } from '../types.ts';
import type { Fields } from './documents.ts';
import { setField } from './literal.ts';

/** Reasons for None that mean: the server did not send the column (binlog_row_image MINIMAL or NOBLOB, partial JSON). */
const notSent: readonly Value[] = ['cols bitmap', 'same with before values'];
/** The reader has None for a SET without members. */
const emptySet = 'empty set';

export interface Columns {
  readonly fields: Fields;
  /** Columns of the table whose value nobody sent. */
  readonly unknown: readonly string[];
}

function fieldOf(fields: Fields | undefined, name: string): Value | undefined {
  return fields !== undefined && Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/**
 * The columns of an image. `sources` tells why a column is None; readers before 1.0 do not tell, and None is NULL then. A column
 * that was not sent has the value that it has in `before`, where that one has it.
 */
export function readColumns(values: Fields, sources: Fields | undefined, before: Fields | undefined): Columns {
  if (sources === undefined) return { fields: values, unknown: [] };
  const fields: { [name: string]: Value } = {};
  const unknown: string[] = [];
  for (const name in values) {
    const value = values[name] ?? null;
    const reason = value === null ? fieldOf(sources, name) : undefined;
    if (reason === undefined || !(reason === emptySet || notSent.includes(reason))) setField(fields, name, value);
    else if (reason === emptySet) setField(fields, name, new ValueSet([]));
    else {
      const earlier = fieldOf(before, name);
      if (earlier === undefined) unknown.push(name);
      else setField(fields, name, earlier);
    }
  }
  return { fields, unknown };
}
