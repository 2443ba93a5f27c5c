// Finds dead letters: by what is asked for, page by page, and by the beginning of an id. It changes none.
import type { DeadLetter } from '@shardfold/sinks';
import type { NamedStore } from './places.ts';

/** What is absent does not narrow. */
export interface LetterFilter {
  /** Whose they are: several fleets may keep theirs in one place. */
  readonly application?: string;
  /** The sink they were meant for. */
  readonly sink?: string;
  readonly code?: string;
  /** Milliseconds since 1970; those that failed at or after it. */
  readonly sinceMs?: number;
}

/** Letters in memory at once: a record may have a megabyte. */
const pageMax = 100;

export function isWanted(letter: DeadLetter, { application, sink, code, sinceMs }: LetterFilter): boolean {
  return (
    (application === undefined || letter.application === application) &&
    (sink === undefined || letter.sink === sink) &&
    (code === undefined || letter.errorCode === code) &&
    letter.failedAtMs >= (sinceMs ?? -Infinity)
  );
}

export interface FoundPage {
  readonly place: NamedStore;
  readonly letters: readonly DeadLetter[];
}

/** At most `limit` letters, store by store, in the order of their ids. Letters may go between two pages. */
export async function* pagesOf(
  places: readonly NamedStore[],
  { filter, limit }: { readonly filter: LetterFilter; readonly limit: number },
  signal: AbortSignal,
): AsyncGenerator<FoundPage> {
  let left = limit;
  for (const place of places) {
    let after: string | undefined;
    while (left > 0) {
      const page = await place.store.page({ limit: pageMax, ...(after === undefined ? {} : { after }) }, signal);
      after = page.at(-1)?.id;
      if (after === undefined) break;
      const letters = page.filter((letter) => isWanted(letter, filter)).slice(0, left);
      left -= letters.length;
      if (letters.length > 0) yield { place, letters };
    }
  }
}

export interface FoundLetter {
  readonly place: NamedStore;
  readonly letter: DeadLetter;
}

/** Enough to tell that there are several. */
const sharedMax = 2;

/** The letter of this id, else those whose ids begin with it: none, one, or the first two. */
export async function lettersNamed(places: readonly NamedStore[], id: string, signal: AbortSignal): Promise<readonly FoundLetter[]> {
  const begun: FoundLetter[] = [];
  for (const place of places) {
    const letter = await place.store.find(id, signal);
    if (letter !== undefined) return [{ place, letter }];
    const page = await place.store.page({ limit: sharedMax, after: id }, signal);
    begun.push(...page.filter((each) => each.id.startsWith(id)).map((each) => ({ place, letter: each })));
  }
  return begun.slice(0, sharedMax);
}
