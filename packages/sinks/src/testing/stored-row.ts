// A row as a reader of the table sees it, in one form for all sinks and layouts. It knows no sink.
import { ExactNumber, normalNumber, type Value, type Version } from '@shardfold/changes';
import { base64 } from '../base64.ts';

export interface StoredRow {
  /** Key values as text, in key order: numbers as digits, binary as base64. */
  readonly key: readonly string[];
  /** The row as JSON text; layout `columns`: `dataOfColumns`. */
  readonly data: string;
  /** That of the newest whole row; `noVersion` where only single columns have come. */
  readonly version: Version;
  /** Soft deletes: the row is gone at its source. False where the table has no such column. */
  readonly deleted: boolean;
  /** Columns that came alone, as JSON text `{"name":[time,"seq"]}`; null where there are none. */
  readonly partial: string | null;
}

/** A key's value as text. */
export function textOfValue(value: Value): string {
  if (value instanceof ExactNumber) return normalNumber(value.digits);
  if (value instanceof Uint8Array) return base64(value);
  return String(value);
}

/**
 * `StoredRow.data` of a table in layout `columns`. `fields` are the columns that are not bookkeeping, each with its value as
 * JSON text (all digits of a number, base64 text for binary), null for NULL. `extra` is the JSON text of `_extra`.
 */
export function dataOfColumns(fields: readonly (readonly [name: string, json: string | null])[], extra: string | null): string {
  const members = fields.filter(([, json]) => json !== null).map(([name, json]) => `${JSON.stringify(name)}:${json}`);
  const inner = extra === null ? '' : extra.trim().slice(1, -1).trim();
  return `{${[...members, ...(inner === '' ? [] : [inner])].join(',')}}`;
}
