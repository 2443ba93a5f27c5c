// What a server's answer to a bulk says of its rows, and what it does not say. Pure.
import type { BulkAnswer } from './bulk.ts';
import type { Update } from './statements.ts';

/** Of so many guarded upserts: how many changed something, as the server says, or that it is not known. FerretDB counts what it only found. */
export function changesOf(changed: number, rows: number, tellsChanges: boolean): { readonly applied: number; readonly unresolved: number } {
  return tellsChanges ? { applied: Math.min(rows, changed), unresolved: 0 } : { applied: 0, unresolved: rows };
}

/** Whether the exchange or insertion of this index stands; undefined where the answer does not say. */
export function stands(
  { upserted, duplicates, matched }: Pick<BulkAnswer, 'upserted' | 'duplicates' | 'matched'>,
  updates: readonly Pick<Update, 'upsert'>[],
  index: number,
  tellsChanges: boolean,
): boolean | undefined {
  if (duplicates.has(index)) return false;
  if (updates[index]?.upsert === true) return tellsChanges && upserted.has(index) ? true : undefined;
  if (matched === 0) return false;
  // An insertion that made nothing and met no duplicate found a document without bookkeeping: it is among the matched.
  const unclear = updates.some(({ upsert }, at) => upsert === true && !upserted.has(at) && !duplicates.has(at));
  const exchanges = updates.filter(({ upsert }) => upsert !== true).length;
  return !unclear && matched === exchanges ? true : undefined;
}
