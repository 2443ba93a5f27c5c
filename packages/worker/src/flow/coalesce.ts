// Folds the changes of one group to one per key, the newest. Pure; it knows no table and no ticket.
import { compareVersions } from '@shardfold/changes';
import type { Change } from './change.ts';

export interface Foldable {
  /** Equal for changes of the same row. */
  readonly identity: string;
  readonly change: Change;
}

export interface Folded<Entry extends Foldable> {
  /** What is written for the row. */
  winner: Entry;
  /** Older changes of it, and replays of the same version. */
  readonly superseded: Entry[];
}

/** Newer wins; what came first wins over its replay; a delete wins over a row of the same version, as in every sink. */
function outranks({ mutation }: Change, { mutation: known }: Change): boolean {
  const order = compareVersions(mutation.version, known.version);
  return order > 0 || (order === 0 && mutation.kind === 'delete' && known.kind !== 'delete');
}

/** In the order in which the keys first came. */
export function coalesce<Entry extends Foldable>(entries: readonly Entry[]): readonly Folded<Entry>[] {
  const byIdentity = new Map<string, Folded<Entry>>();
  for (const entry of entries) {
    const known = byIdentity.get(entry.identity);
    if (known === undefined) {
      byIdentity.set(entry.identity, { winner: entry, superseded: [] });
    } else if (outranks(entry.change, known.winner.change)) {
      known.superseded.push(known.winner);
      known.winner = entry;
    } else {
      known.superseded.push(entry);
    }
  }
  return [...byIdentity.values()];
}
