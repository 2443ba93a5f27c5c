// Memory for the bodies of answers, used again once a page was let go: megabytes that are given back and asked for a hundred times a
// second cost more in garbage collection than all else together, and leave holes that no later answer fits. It knows no answer.

export interface AnswerMemory {
  /** A buffer of just this length. Its content is whatever was there. */
  take(bytes: number): Buffer;
  /** Of a buffer that was taken here nobody may look at it any more; others are left alone. Once each. */
  give(buffer: Buffer): void;
}

/**
 * Memory is had in pieces of this size, of which answers take what they need. What was never used of a piece is no memory: the
 * operating system gives it when it is written to.
 */
const pieceBytes = 32 * 1024 * 1024;
/** More than any byte budget should be. What does not fit any more is left to the collector. */
const piecesMax = 32;
/** What is smaller is left to the collector: the answer of a quiet shard. */
const smallBytes = 32 * 1024;
/** Of the operating system. */
const pageBytes = 4 * 1024;

interface Gap {
  readonly start: number;
  readonly end: number;
}

interface Piece {
  readonly memory: ArrayBuffer;
  /** In order; no two of them touch. */
  gaps: readonly Gap[];
}

interface Place extends Gap {
  readonly piece: Piece;
}

const isUnused = ({ gaps: [first] }: Piece): boolean => first?.start === 0 && first.end === pieceBytes;

/** From the first gap that is large enough, so that what was never used stays so. */
function placeIn(piece: Piece, bytes: number): Place | undefined {
  const gap = piece.gaps.find(({ start, end }) => end - start >= bytes);
  if (gap === undefined) return undefined;
  const end = gap.start + bytes;
  piece.gaps = piece.gaps.flatMap((each) => (each !== gap ? [each] : end === gap.end ? [] : [{ start: end, end: gap.end }]));
  return { piece, start: gap.start, end };
}

function giveBack({ piece, start, end }: Place): void {
  const before = piece.gaps.filter((gap) => gap.end <= start);
  const after = piece.gaps.filter((gap) => gap.start >= end);
  const left = before.at(-1)?.end === start ? before.pop() : undefined;
  const right = after[0]?.start === end ? after.shift() : undefined;
  piece.gaps = [...before, { start: left?.start ?? start, end: right?.end ?? end }, ...after];
}

export function createAnswerMemory(): AnswerMemory {
  const pieces: Piece[] = [];
  const places = new WeakMap<Buffer, Place>();
  /** An answer that got lost on its way takes its place with it only until the collector finds it. */
  const lost = new FinalizationRegistry<Place>(free);

  /** One piece stays. The collector would let the others lie for seconds. */
  function free(place: Place): void {
    giveBack(place);
    if (pieces.length === 1 || !isUnused(place.piece)) return;
    pieces.splice(pieces.indexOf(place.piece), 1);
    place.piece.memory.transfer(0);
  }

  function placeFor(bytes: number): Place | undefined {
    for (const piece of pieces) {
      const place = placeIn(piece, bytes);
      if (place !== undefined) return place;
    }
    if (pieces.length === piecesMax) return undefined;
    const piece = { memory: Buffer.allocUnsafeSlow(pieceBytes).buffer, gaps: [{ start: 0, end: pieceBytes }] };
    pieces.push(piece);
    return placeIn(piece, bytes);
  }

  return {
    take(bytes) {
      const place = bytes < smallBytes || bytes > pieceBytes ? undefined : placeFor(Math.ceil(bytes / pageBytes) * pageBytes);
      if (place === undefined) return freshMemory.take(bytes);
      const buffer = Buffer.from(place.piece.memory, place.start, bytes);
      places.set(buffer, place);
      lost.register(buffer, place, buffer);
      return buffer;
    },
    give(buffer) {
      const place = places.get(buffer);
      if (place === undefined) return;
      places.delete(buffer);
      lost.unregister(buffer);
      free(place);
    },
  };
}

/** Memory that is never used again. */
export const freshMemory: AnswerMemory = { take: (bytes) => Buffer.allocUnsafeSlow(bytes), give: () => undefined };
