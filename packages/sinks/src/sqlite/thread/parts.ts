// The parts of one order, as the thread that writes them takes them off its port. It knows no row.
import type { Following, HotPart } from './protocol.ts';

export interface Parts extends Iterable<HotPart> {
  /** What nobody took, off the port: whatever comes next is another question. Those that follow are then kept or dropped. */
  finish(how: 'keep' | 'drop'): void;
}

/** `receive` waits for the next one. Iterating throws when the order was given up. */
export function createParts(first: HotPart | undefined, receive: () => Following): Parts {
  const here: Following[] = first === undefined ? [] : [first];
  let isAllHere = first === undefined || first.isLast;

  function next(): Following {
    const part = receive();
    isAllHere = part === 'given-up' || part.isLast;
    return part;
  }

  return {
    *[Symbol.iterator]() {
      for (;;) {
        const part = here.shift() ?? (isAllHere ? undefined : next());
        if (part === undefined) return;
        if (part === 'given-up') throw new Error('The rest of the rows could not be made.');
        yield part;
      }
    },
    finish(how) {
      while (!isAllHere) {
        const part = next();
        if (how === 'keep') here.push(part);
      }
    },
  };
}
