// Dead letters in memory. It knows no tables.
import type { DeadLetter, DeadLetterStore } from '../types.ts';

function compareIds(left: DeadLetter, right: DeadLetter): number {
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}

export function memoryLetters(): { readonly letters: ReadonlyMap<string, DeadLetter>; readonly store: DeadLetterStore } {
  const letters = new Map<string, DeadLetter>();
  return {
    letters,
    store: {
      async put(all) {
        for (const letter of all) if (!letters.has(letter.id)) letters.set(letter.id, letter);
      },
      count: async () => letters.size,
      async page({ limit, after }) {
        const rest = [...letters.values()].filter(({ id }) => after === undefined || id > after);
        return rest.sort(compareIds).slice(0, limit);
      },
      find: async (id) => letters.get(id),
      discard: async (ids) => ids.filter((id) => letters.delete(id)).length,
    },
  };
}
