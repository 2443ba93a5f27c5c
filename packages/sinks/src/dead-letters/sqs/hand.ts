// The letters that were received and not yet deleted: by id, with what deletes them. It asks nothing.
import type { DeadLetter } from '../../types.ts';

const maxHeld = 10_000;
const maxHeldBytes = 64 * 1024 * 1024;

interface Held {
  readonly letter: DeadLetter;
  readonly bytes: number;
  /** Of each message with this letter: a queue may hold it twice. */
  readonly handles: Set<string>;
}

export interface Hand {
  get(id: string): DeadLetter | undefined;
  /** False: that letter was in the hand already. What is too much goes, the oldest first; those messages come again by themselves. */
  take(letter: DeadLetter, bytes: number, handle: string): boolean;
  /** Takes letters out; what deletes them, per id. */
  release(ids: Iterable<string>): ReadonlyMap<string, readonly string[]>;
  ids(): readonly string[];
}

export function createHand(): Hand {
  const held = new Map<string, Held>();
  let heldBytes = 0;
  function drop(id: string): readonly string[] | undefined {
    const one = held.get(id);
    if (one === undefined) return undefined;
    held.delete(id);
    heldBytes -= one.bytes;
    return [...one.handles];
  }
  return {
    get: (id) => held.get(id)?.letter,
    take(letter, bytes, handle) {
      const before = held.get(letter.id);
      if (before !== undefined) {
        before.handles.add(handle);
        return false;
      }
      held.set(letter.id, { letter, bytes, handles: new Set([handle]) });
      heldBytes += bytes;
      for (const oldest of held.keys()) {
        if (held.size <= maxHeld && heldBytes <= maxHeldBytes) break;
        drop(oldest);
      }
      return true;
    },
    release(ids) {
      const released = new Map<string, readonly string[]>();
      for (const id of ids) {
        const handles = drop(id);
        if (handles !== undefined) released.set(id, handles);
      }
      return released;
    },
    ids: () => [...held.keys()],
  };
}
