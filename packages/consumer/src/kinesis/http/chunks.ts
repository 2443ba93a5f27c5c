// Takes a chunked body apart (RFC 9112, 7.1), however its bytes come in pieces. Extensions and trailers are passed. It keeps no bytes.
import { HttpError } from './head.ts';

export interface Chunks {
  /** Reads bytes and hands on those of the body; tells how many were read: fewer than there are, when the body ended. */
  read(bytes: Buffer): number;
  readonly isOver: () => boolean;
}

/** What comes next: a chunk's size, its bytes, the line's end behind them, lines behind the last chunk. */
type State = 'size' | 'bytes' | 'gap' | 'trailer' | 'over';

/** Of a line with a size, and of all trailers together. */
const linesBytesMax = 16 * 1024;
const sizeLine = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/;
const lineFeed = 0x0a;

/** @param onBytes is given bytes that are somebody else's, for as long as the call lasts */
export function createChunks(onBytes: (bytes: Buffer) => void): Chunks {
  let state: State = 'size';
  let left = 0;
  /** A line that has not ended yet. */
  let line = '';
  let trailerBytes = 0;

  function onLine(text: string): void {
    if (state === 'size') {
      const [, size] = sizeLine.exec(text) ?? [];
      if (size === undefined) throw new HttpError(`A chunk of the answer has no size: ${JSON.stringify(text.slice(0, 100))}.`);
      left = Number.parseInt(size, 16);
      state = left === 0 ? 'trailer' : 'bytes';
    } else if (state === 'gap') {
      if (text !== '') throw new HttpError('A chunk of the answer is longer than its size.');
      state = 'size';
    } else {
      trailerBytes += text.length + 2;
      if (text === '') state = 'over';
    }
  }

  /** Reads up to a line's end. */
  function readLine(bytes: Buffer, from: number): number {
    const at = bytes.indexOf(lineFeed, from);
    const end = at === -1 ? bytes.length : at + 1;
    line += bytes.toString('latin1', from, end);
    if (line.length + trailerBytes > linesBytesMax) throw new HttpError('The answer has lines between its chunks that do not end.');
    if (at === -1) return end;
    if (!line.endsWith('\r\n')) throw new HttpError('A line between the chunks of the answer does not end as it must.');
    const text = line.slice(0, -2);
    line = '';
    onLine(text);
    return end;
  }

  return {
    read(bytes) {
      let at = 0;
      while (at < bytes.length && state !== 'over') {
        if (state !== 'bytes') {
          at = readLine(bytes, at);
          continue;
        }
        const end = Math.min(bytes.length, at + left);
        onBytes(bytes.subarray(at, end));
        left -= end - at;
        at = end;
        if (left === 0) state = 'gap';
      }
      return at;
    },
    isOver: () => state === 'over',
  };
}
