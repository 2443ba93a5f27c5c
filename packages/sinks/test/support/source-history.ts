// Rows of a table at a source with columns of many types, and a history of changes of them; what must be there in the end is told from
// the rows alone. It knows no format and no database.
import { sequence } from '../../src/testing/history.ts';

/** One row as its source has it. Numbers that JavaScript would round are digits. */
export interface SourceRow {
  readonly id: number;
  /** BIGINT UNSIGNED. */
  readonly count: string;
  /** DECIMAL(20,6). */
  readonly price: string;
  /** DECIMAL(38,0). */
  readonly huge: string;
  readonly name: string | null;
  readonly photo: Uint8Array | null;
  /** DATE: days since 1970. */
  readonly born: number;
  /** DATETIME(6): microseconds since 1970. */
  readonly at: bigint;
  readonly open: boolean;
  /** JSON. */
  readonly tags: { readonly [name: string]: string };
  /** Text in some rows, a number in others: one of the two finds no column. */
  readonly mixed: string | number;
  /** A column with a name that bookkeeping needs. */
  readonly cdc_time: number;
  /** A column that is added to the table in the middle of the history. */
  readonly late?: string;
}

export interface SourceChange {
  readonly kind: 'insert' | 'update' | 'delete';
  /** Of a delete: the row that was there. */
  readonly row: SourceRow;
  /** Of an update that changed the row's key: the row as it was. */
  readonly from?: SourceRow;
}

const keys = 8;
const changes = 90;
const counts = ['0', '42', '9007199254740993', '9223372036854775807', '18446744073709551615'];
const names = ["O'Brien", 'Ада Лавлейс 🦊', '', '"\\ \n', null];
const hugeDigits = '99999999999999999999999999999999999999';

function rowAt(id: number, step: number, next: (below: number) => number): SourceRow {
  return {
    id,
    // The first one makes a column that the others outgrow.
    count: step === 0 ? '42' : (counts[next(counts.length)] ?? '0'),
    price: `${next(2) === 0 ? '-' : ''}${next(1_000_000)}${next(1_000_000)}.${String(next(1_000_000)).padStart(6, '0')}`,
    huge: next(4) === 0 ? hugeDigits : String(step),
    name: names[next(names.length)] ?? null,
    photo: next(4) === 0 ? null : Uint8Array.from({ length: next(6) }, () => next(256)),
    born: next(40_000) - 10_000,
    // Never a whole millisecond: formats leave zeros away in different ways.
    at: BigInt(next(2_000_000_000)) * 1_000_000n + BigInt(next(99_999)) * 10n + 7n,
    open: next(2) === 0,
    tags: { 'a "b"': names[next(4)] ?? 'x', step: String(step) },
    mixed: next(2) === 0 ? step : `step ${step}`,
    cdc_time: step,
    ...(step > changes / 2 ? { late: `since ${step}` } : {}),
  };
}

/** In the order in which the source made them. */
export function historyOf(seed: number): SourceChange[] {
  const next = sequence(seed);
  const living = new Map<number, SourceRow>();
  return Array.from({ length: changes }, (_, step): SourceChange => {
    const id = next(keys) + 1;
    const known = living.get(id);
    if (known !== undefined && next(3) === 0) {
      living.delete(id);
      return { kind: 'delete', row: known };
    }
    const free = Array.from({ length: keys }, (_each, at) => at + 1).filter((each) => !living.has(each));
    const moved = known !== undefined && next(3) === 0 ? free[next(free.length)] : undefined;
    if (moved !== undefined) living.delete(id);
    const row = rowAt(moved ?? id, step, next);
    living.set(row.id, row);
    return { kind: known === undefined ? 'insert' : 'update', row, ...(known === undefined || moved === undefined ? {} : { from: known }) };
  });
}

/** The rows that are there in the end. */
export function lastRows(history: readonly SourceChange[]): SourceRow[] {
  const living = new Map<number, SourceRow>();
  for (const { kind, row, from } of history) {
    if (from !== undefined) living.delete(from.id);
    if (kind === 'delete') living.delete(row.id);
    else living.set(row.id, row);
  }
  return [...living.values()];
}
