// What stands in the file of dead letters: the index of its ids, which follows the file as it grows or is replaced, and its
// letters. It writes nothing.
import { type FileHandle, open } from 'node:fs/promises';
import { stopped } from '../../sql/errors.ts';
import { SinkError } from '../../types.ts';
import { letterFromJson, maxLetterBytes, type ReadLetter } from '../json.ts';
import type { OnUnreadable } from '../place.ts';
import { fileName, noOrdinaryFile, systemCodeOf } from './errors.ts';
import { createIdIndex, type IdIndex, type Place } from './id-index.ts';
import { linesOf } from './lines.ts';

export const maxLetters = 1_000_000;
const maxIdBytes = 256 * 1024 * 1024;

export function tooMany(path: string): SinkError {
  return new SinkError(
    'SINK_BUSY',
    `${fileName(path)}: it is full with ${maxLetters} letters. It is tried again. Replay or discard letters, or move the file away: another is begun.`,
    { retryable: true },
  );
}

const decoder = new TextDecoder();

/** Undefined: a blank line. */
export function readLine(bytes: Uint8Array | undefined): ReadLetter | undefined {
  if (bytes === undefined) return { kind: 'unreadable', reason: 'it is too long for a letter' };
  const text = decoder.decode(bytes);
  return text.trim() === '' ? undefined : letterFromJson(text);
}

interface Known {
  readonly file: FileHandle;
  readonly index: IdIndex;
  offset: number;
  lines: number;
}

export interface Contents {
  /** As the file stands now, up to its last line end. No file: an empty index. */
  refresh(signal: AbortSignal): Promise<IdIndex>;
  /** What `refresh` saw at a place. */
  read(place: Place): Promise<ReadLetter | undefined>;
  close(): Promise<void>;
}

/** The handle stays open, so the system gives its number to no other file, and a file that was replaced is known as such. */
async function isSame(known: Known, opened: FileHandle): Promise<boolean> {
  const [before, now] = await Promise.all([known.file.stat(), opened.stat()]);
  return before.dev === now.dev && before.ino === now.ino && now.size >= known.offset;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Throws what the file system throws, and `SinkError`. */
export function createContents(path: string, onUnreadable: OnUnreadable): Contents {
  let known: Known | undefined;

  async function forget(): Promise<void> {
    const file = known?.file;
    known = undefined;
    await file?.close();
  }

  async function current(): Promise<Known | undefined> {
    const opened = await openIfThere(path);
    if (known !== undefined && opened !== undefined && (await isSame(known, opened))) {
      await opened.close();
      return known;
    }
    await forget();
    if (opened === undefined) return undefined;
    known = { file: opened, index: createIdIndex(), offset: 0, lines: 0 };
    if (!(await opened.stat()).isFile()) {
      await forget();
      throw noOrdinaryFile(path);
    }
    return known;
  }

  return {
    async refresh(signal) {
      const now = await current();
      if (now === undefined) return createIdIndex();
      for await (const { offset, length, bytes } of linesOf(now.file, now.offset, maxLetterBytes)) {
        if (signal.aborted) throw stopped(fileName(path));
        if (now.index.size() >= maxLetters || now.index.idBytes() >= maxIdBytes) throw tooMany(path);
        now.lines += 1;
        now.offset = offset + length + 1;
        const read = readLine(bytes);
        if (read?.kind === 'letter') now.index.add(read.letter.id, { offset, length });
        if (read?.kind === 'unreadable') onUnreadable({ where: `${path}:${now.lines}`, reason: read.reason });
      }
      return now.index;
    },
    async read({ offset, length }) {
      if (known === undefined) return undefined;
      const { buffer, bytesRead } = await known.file.read(Buffer.alloc(length), 0, length, offset);
      return readLine(buffer.subarray(0, bytesRead));
    },
    close: forget,
  };
}
