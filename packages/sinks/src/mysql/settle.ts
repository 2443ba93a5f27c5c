// What becomes of rows that a tombstone, a floor or a delete concerns, once they have been stored or locked. Pure: from what was
// found of them to what is to be removed, flagged and buried.
import { compareVersions, type Version } from '@shardfold/changes';
import { isAbove, newer } from '../partial/fold.ts';
import type { EncodedRow } from './encode.ts';

/** What stands under a key. A row that stands only for a delete's lock is a marker. */
export interface Found {
  readonly row: 'marker' | Version;
  /** The row has patches: the hot statements leave it alone. */
  readonly patched: boolean;
  readonly tombstone: Version | undefined;
}

export interface Settlement {
  readonly remove: readonly EncodedRow[];
  readonly flag: readonly EncodedRow[];
  readonly bury: readonly EncodedRow[];
  /** Rows that take the slow way. */
  readonly left: readonly EncodedRow[];
  /** To be added to what the store statements changed. */
  readonly applied: number;
}

/** `found` is in the order of `rows`. At equal versions the delete wins. */
export function settle(rows: readonly EncodedRow[], found: readonly Found[], floor: Version | undefined, soft: boolean): Settlement {
  const [remove, flag, bury, left] = [[] as EncodedRow[], [] as EncodedRow[], [] as EncodedRow[], [] as EncodedRow[]];
  let applied = 0;
  for (const [at, row] of rows.entries()) {
    const there = found[at];
    if (there === undefined) throw new TypeError('every row was looked for');
    const { kind, version } = row.mutation;
    const dead = newer(there.tombstone, floor);
    if (there.row === 'marker') {
      // The store statement counted it.
      applied -= 1;
      remove.push(row);
    } else if (there.patched) {
      left.push(row);
      continue;
    } else if (!isAbove(there.row, kind === 'delete' ? newer(version, dead) : dead)) {
      (soft ? flag : remove).push(row);
      // What was stored a moment ago goes again.
      if (!soft && kind !== 'delete' && compareVersions(there.row, version) === 0) applied -= 1;
    }
    if (kind === 'delete' && isAbove(version, dead) && (there.row === 'marker' || !isAbove(there.row, version))) {
      bury.push(row);
      applied += 1;
    }
  }
  return { remove, flag, bury, left, applied };
}
