// Lines of a file, a piece at a time. It knows no letter.
import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 1024 * 1024;
const newline = 10;

export interface Line {
  readonly offset: number;
  /** Bytes without the line end. */
  readonly length: number;
  /** Undefined: longer than was asked for. */
  readonly bytes: Uint8Array | undefined;
}

/** Lines that have their end, from `offset` on, which is the beginning of one. What comes behind the last line end is left out: it may be half written. */
export async function* linesOf(file: FileHandle, from: number, maxLineBytes: number): AsyncGenerator<Line> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let offset = from;
  for (let position = from; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    const chunk = buffer.subarray(0, bytesRead);
    let start = 0;
    const keep = (end: number) => {
      length += end - start;
      if (length <= maxLineBytes) pieces.push(chunk.subarray(start, end));
      else pieces = [];
    };
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      keep(end);
      yield { offset, length, bytes: length > maxLineBytes ? undefined : Buffer.concat(pieces) };
      offset += length + 1;
      pieces = [];
      length = 0;
      start = end + 1;
    }
    keep(bytesRead);
  }
}
