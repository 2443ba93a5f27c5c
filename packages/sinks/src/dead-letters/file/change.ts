// Changes the file of dead letters: lines behind its end, or a new file without some. Whoever calls it has the lock. It judges no
// letter.
import { constants, type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { noOrdinaryFile } from './errors.ts';
import type { Place } from './id-index.ts';

/** Rows of users are in it: not for everyone. */
const newFileMode = 0o640;
const copyBytes = 1024 * 1024;
const newline = 10;

/** A file that was made or renamed is there after a crash only when its directory was written, too. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function endsInsideLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== newline;
}

/** Whole or not at all: what was half written when the disk was full is cut off again. */
async function writeOrUndo(file: FileHandle, bytes: Uint8Array): Promise<void> {
  const { size: before } = await file.stat();
  let written = 0;
  try {
    while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten;
  } catch (error) {
    const { size } = await file.stat();
    if (written > 0 && size === before + written) await file.truncate(before);
    throw error;
  }
}

/**
 * One write per batch, behind whatever is there, and on the disk when it resolves. A line that somebody left without its end is
 * ended first. Makes the file where there is none. Throws what the file system throws.
 */
export async function append(path: string, batches: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, constants.O_APPEND | constants.O_CREAT | constants.O_RDWR, newFileMode);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw noOrdinaryFile(path);
    if (await endsInsideLine(file, status.size)) await writeOrUndo(file, Uint8Array.of(newline));
    for (const batch of batches) await writeOrUndo(file, batch);
    await file.sync();
    if (status.size === 0) await syncDirectory(path);
  } finally {
    await file.close();
  }
}

async function copySpan(from: FileHandle, to: FileHandle, begin: number, end: number): Promise<void> {
  for (let position = begin; position < end; ) {
    const { buffer, bytesRead } = await from.read(Buffer.allocUnsafe(copyBytes), 0, Math.min(copyBytes, end - position), position);
    if (bytesRead === 0) return;
    await to.appendFile(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** Puts a file without these lines, which are in order, in the place of the file. Everything else is taken over byte by byte. */
export async function rewriteWithout(path: string, lines: readonly Place[]): Promise<void> {
  const temporary = `${path}.tmp`;
  const from = await open(path, 'r');
  try {
    const { mode, size } = await from.stat();
    const to = await open(temporary, 'w', mode);
    try {
      let begin = 0;
      for (const { offset, length } of lines) {
        await copySpan(from, to, begin, offset);
        begin = offset + length + 1;
      }
      await copySpan(from, to, begin, size);
      await to.sync();
    } finally {
      await to.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    await from.close();
  }
  await syncDirectory(path);
}
