// Folds the changes of one group: one mutation per key goes out now, what it makes needless goes with it, and what it does not has
// its turn later. Pure; it knows no table and no ticket.
import { compareVersions } from '@shardfold/changes';
import type { Change } from './change.ts';

export interface Foldable {
  /** Equal for changes of the same row. */
  readonly identity: string;
  readonly change: Change;
}

export interface Folded<Entry extends Foldable> {
  /** What is written for the row now. */
  readonly winner: Entry;
  /** Older changes of it, and replays of the same version: the winner says all that they say. */
  readonly superseded: readonly Entry[];
  /** Changes that leave columns out, and that the winner does not make needless: they go out with later groups. */
  readonly later: readonly Entry[];
}

/** Newer wins; what came first wins over its replay; a delete wins over a row of the same version, as in every sink. */
function outranks({ mutation }: Change, { mutation: known }: Change): boolean {
  const order = compareVersions(mutation.version, known.version);
  return order > 0 || (order === 0 && mutation.kind === 'delete' && known.kind !== 'delete');
}

function newest<Entry extends Foldable>(entries: readonly Entry[]): Entry | undefined {
  return entries.reduce<Entry | undefined>((best, entry) => (best === undefined || outranks(entry.change, best.change) ? entry : best), undefined);
}

function columnsOf({ change: { mutation } }: Foldable): readonly string[] {
  return mutation.kind === 'patch' ? Object.keys(mutation.columns.values()) : [];
}

/** Of changes that leave columns out, the newest says all that an older one says if it has all of its columns. */
function foldPatches<Entry extends Foldable>(patches: readonly Entry[], winner: Entry): Folded<Entry> {
  const columns = new Set(columnsOf(winner));
  const others = patches.filter((entry) => entry !== winner);
  const isLater = (entry: Entry): boolean => !columnsOf(entry).every((name) => columns.has(name));
  return { winner, superseded: others.filter((entry) => !isLater(entry)), later: others.filter(isLater) };
}

const none: readonly never[] = [];

function foldRow<Entry extends Foldable>(first: Entry, rest: readonly Entry[]): Folded<Entry> {
  if (rest.length === 0) return { winner: first, superseded: none, later: none };
  const entries = [first, ...rest];
  const isPatch = ({ change: { mutation } }: Entry): boolean => mutation.kind === 'patch';
  const winner = newest(entries.filter((entry) => !isPatch(entry)));
  if (winner === undefined) return foldPatches(entries, newest(entries) ?? first);
  const { version } = winner.change.mutation;
  const isLater = (entry: Entry): boolean => isPatch(entry) && compareVersions(entry.change.mutation.version, version) > 0;
  return { winner, superseded: entries.filter((entry) => entry !== winner && !isLater(entry)), later: entries.filter(isLater) };
}

/** In the order in which the keys first came. */
export function coalesce<Entry extends Foldable>(entries: readonly Entry[]): readonly Folded<Entry>[] {
  const rows = new Map<string, { readonly first: Entry; readonly rest: Entry[] }>();
  for (const entry of entries) {
    const known = rows.get(entry.identity);
    if (known === undefined) rows.set(entry.identity, { first: entry, rest: [] });
    else known.rest.push(entry);
  }
  return [...rows.values()].map(({ first, rest }) => foldRow(first, rest));
}
