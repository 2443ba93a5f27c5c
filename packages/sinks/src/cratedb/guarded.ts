// Upserts by their guards: which of two statements for the same end a bulk takes. It knows no table and makes no statement.
//
// The statement that refuses costs the server about as much as one without a guard, but says of a row only that it was not
// written: it lost, or is a tombstone, or has patches, or something is wrong with it. So those rows go again, with the statement that
// keeps what is stored and has an answer for every row. Where many are refused, in a replay say, that is dearer than the second
// statement alone, which then goes first for a while.
import { type Bulk, type Outcome, sendBulk, sendOptimistic } from './bulk.ts';
import type { Losing } from './statements.ts';

/** The same upsert, by what becomes of losing rows. */
export type Guarded = Readonly<Record<Losing, string>>;

/** What a table's last bulks came to. */
export interface Pace {
  /** Bulks that go without the refusing statement. */
  keeping: number;
}

/** Of a bulk: from here on sending rows twice costs more than the cheaper statement saves. */
const maxRefusedShare = 0.4;
const keepingBulks = 16;

export function newPace(): Pace {
  return { keeping: 0 };
}

interface Upserting extends Omit<Bulk, 'statement'> {
  readonly guarded: Guarded;
  readonly pace: Pace;
}

/** What became of rows, for those that did not simply change. Throws as `sendBulk` does. */
export async function sendGuarded<Row>(
  { guarded, pace, ...bulk }: Upserting,
  rows: readonly Row[],
  argsOf: (row: Row) => readonly string[],
): Promise<Map<Row, Outcome>> {
  if (rows.length === 0) return new Map();
  const keeping = { ...bulk, statement: guarded.kept };
  if (pace.keeping > 0) {
    pace.keeping -= 1;
    return sendBulk(keeping, rows, argsOf);
  }
  const refused = await sendOptimistic({ ...bulk, statement: guarded.refused }, rows, argsOf);
  if (refused.length > rows.length * maxRefusedShare) pace.keeping = keepingBulks;
  return sendBulk(keeping, refused, argsOf);
}
