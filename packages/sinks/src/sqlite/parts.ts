// A chunk of rows as lists of parameters, in one part or in several: a thread with nothing else to do writes the first part while
// the next one is made. It knows no statement and no thread.
import type { HotPart, SqlValue } from './thread/protocol.ts';

export interface PartRow {
  /** Its place in the caller's group. */
  readonly index: number;
  readonly kind: 'put' | 'delete';
  /** About how many characters. */
  readonly size: number;
}

/** How many parameters a row of each kind has. */
export interface Widths {
  readonly put: number;
  readonly delete: number;
}

/** Of each row that was cut, its place in the caller's group; a delete's are counted apart. */
export interface Places {
  readonly puts: number[];
  readonly deletes: number[];
}

/** The first part is small, so that the thread begins at once; writing a row takes it four times as long as making one takes here. */
const firstRows = 16;
const firstCharacters = 32 * 1024;
const growth = 3;

interface Lists {
  readonly indexes: number[];
  readonly parameters: SqlValue[][];
  count: number;
}

function emptyLists(width: number, indexes: number[]): Lists {
  return { indexes, parameters: Array.from({ length: width }, (): SqlValue[] => []), count: 0 };
}

/** All rows in order, at least one part. Adds to `places`. Throws what `parametersOf` throws. */
export function* partsOf<Row extends PartRow>(
  rows: readonly Row[],
  isCut: boolean,
  widths: Widths,
  parametersOf: (row: Row) => readonly SqlValue[],
  places: Places,
): Generator<HotPart, void> {
  let maxRows = isCut ? firstRows : Number.POSITIVE_INFINITY;
  let maxCharacters = isCut ? firstCharacters : Number.POSITIVE_INFINITY;
  let from = 0;
  do {
    const [puts, deletes] = [emptyLists(widths.put, places.puts), emptyLists(widths.delete, places.deletes)];
    let characters = 0;
    let to = from;
    for (let row = rows[to]; row !== undefined && to - from < maxRows && characters < maxCharacters; row = rows[to]) {
      const lists = row.kind === 'put' ? puts : deletes;
      const parameters = parametersOf(row);
      for (const [part, list] of lists.parameters.entries()) list.push(parameters[part] ?? null);
      lists.indexes.push(row.index);
      lists.count += 1;
      characters += row.size;
      to += 1;
    }
    from = to;
    maxRows *= growth;
    maxCharacters *= growth;
    yield {
      puts: { count: puts.count, parameters: puts.parameters },
      deletes: { count: deletes.count, parameters: deletes.parameters },
      isLast: from >= rows.length,
    };
  } while (from < rows.length);
}
