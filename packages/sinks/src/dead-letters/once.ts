// The same letter twice in one call. It knows no place.
import type { DeadLetter } from '../types.ts';

/** The first of each id, in order. */
export function firstOfEachId(letters: readonly DeadLetter[]): DeadLetter[] {
  const byId = new Map<string, DeadLetter>();
  for (const letter of letters) if (!byId.has(letter.id)) byId.set(letter.id, letter);
  return [...byId.values()];
}
