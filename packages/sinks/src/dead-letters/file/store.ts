// Dead letters in a file, a JSON object a line. It knows no worker.
import { open, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { chunks } from '../../chunks.ts';
import type { Timers } from '../../ports.ts';
import { stopped } from '../../sql/errors.ts';
import { type DeadLetter, SinkError } from '../../types.ts';
import { letterToJson, maxLetterBytes, wholeForm } from '../json.ts';
import { firstOfEachId } from '../once.ts';
import type { DeadLetterPlace, OnUnreadable } from '../place.ts';
import { createTurns } from '../turns.ts';
import { append, rewriteWithout } from './change.ts';
import { type Contents, createContents, maxLetters, readLine, tooMany } from './contents.ts';
import { fileName, sortFileError, systemCodeOf } from './errors.ts';
import type { Place } from './id-index.ts';
import { linesOf } from './lines.ts';
import { locked } from './lock.ts';

export interface FileDeadLettersOptions {
  /** Of the file; its directory is there. */
  readonly path: string;
  readonly timers: Timers;
  readonly onUnreadable: OnUnreadable;
}

/** Of one write. */
const maxBatchBytes = 8 * 1024 * 1024;

/** Behind links, so that two who name the file differently share its lock. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    return join(await realpath(dirname(path)), basename(path));
  }
}

function* batchesOf(letters: readonly DeadLetter[], path: string): Generator<Uint8Array> {
  const rough = ({ raw, event, errorMessage }: DeadLetter) => raw.length + (event?.length ?? 0) + errorMessage.length;
  for (const run of chunks(letters, rough, { maxItems: maxLetters, maxSize: maxBatchBytes })) {
    const lines = run.map((letter) => Buffer.from(`${letterToJson(letter, wholeForm)}\n`));
    const tooLong = run.find((_, index) => (lines[index]?.length ?? 0) > maxLetterBytes);
    if (tooLong !== undefined)
      throw new SinkError(
        'SINK_UNEXPECTED',
        `${fileName(path)}: dead letter ${tooLong.id} is above ${maxLetterBytes} bytes. It is not kept. Keep dead letters in a table.`,
        { retryable: false },
      );
    yield Buffer.concat(lines);
  }
}

/** The lines of these letters, each as often as it stands there. */
async function linesWith(path: string, ids: ReadonlySet<string>, signal: AbortSignal): Promise<{ readonly lines: readonly Place[]; readonly letters: number }> {
  const lines: Place[] = [];
  const met = new Set<string>();
  const file = await open(path, 'r');
  try {
    for await (const { offset, length, bytes } of linesOf(file, 0, maxLetterBytes)) {
      if (signal.aborted) throw stopped(fileName(path));
      const read = readLine(bytes);
      if (read?.kind !== 'letter' || !ids.has(read.letter.id)) continue;
      lines.push({ offset, length });
      met.add(read.letter.id);
    }
  } finally {
    await file.close();
  }
  return { lines, letters: met.size };
}

/**
 * Letters are on the disk when `put` resolves. Any number of processes of one machine may share the file: they write in turns, by a
 * lock in the file `<path>.lock`, which dies with its process; `discard` writes `<path>.tmp` and renames it, so a program that only
 * reads or appends by hand is never in the midst of it. The file is read once, then as far as it grew; the index of its ids takes
 * about 70 bytes a letter, up to a million of them. The file must be on a local disk.
 */
export function createFileDeadLetters({ path, timers, onUnreadable }: FileDeadLettersOptions): DeadLetterPlace {
  const inTurn = createTurns();
  let contents: Contents | undefined;
  let closed = false;

  function guarded<T>(signal: AbortSignal, work: (place: string, kept: Contents) => Promise<T>): Promise<T> {
    return inTurn(async () => {
      if (closed) throw new SinkError('SINK_CLOSED', `${fileName(path)}: it was closed; nothing was done.`, { retryable: false });
      if (signal.aborted) throw stopped(fileName(path));
      try {
        const place = await realPathOf(path);
        contents ??= createContents(path, onUnreadable);
        return await work(place, contents);
      } catch (error) {
        throw sortFileError(error, path);
      }
    });
  }

  async function keep(letters: readonly DeadLetter[], place: string, kept: Contents, signal: AbortSignal): Promise<void> {
    const index = await kept.refresh(signal);
    const fresh = letters.filter(({ id }) => index.find(id) === undefined);
    if (index.size() + fresh.length > maxLetters) throw tooMany(path);
    // Also with nothing new: whoever wrote these letters may not have come to the end of bringing them to the disk.
    await append(place, batchesOf(fresh, path));
  }

  async function lettersAt(places: readonly Place[], kept: Contents): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for (const each of places) {
      const read = await kept.read(each);
      if (read?.kind === 'letter') letters.push(read.letter);
    }
    return letters;
  }

  return {
    open: (signal) =>
      guarded(signal, async (place, kept) => {
        await locked(place, timers, signal, () => append(place, []));
        await kept.refresh(signal);
      }),
    async put(letters, signal) {
      if (letters.length === 0) return;
      await guarded(signal, async (place, kept) => {
        // A large file is read before the others are kept waiting.
        await kept.refresh(signal);
        await locked(place, timers, signal, () => keep(firstOfEachId(letters), place, kept, signal));
      });
    },
    count: (signal) => guarded(signal, async (_, kept) => (await kept.refresh(signal)).size()),
    page: ({ limit, after }, signal) => guarded(signal, async (_, kept) => lettersAt((await kept.refresh(signal)).page(limit, after), kept)),
    find: (id, signal) =>
      guarded(signal, async (_, kept) => {
        const place = (await kept.refresh(signal)).find(id);
        return place === undefined ? undefined : (await lettersAt([place], kept))[0];
      }),
    discard: (ids, signal) =>
      guarded(signal, async (place, kept) => {
        const index = await kept.refresh(signal);
        if (!ids.some((id) => index.find(id) !== undefined)) return 0;
        return locked(place, timers, signal, async () => {
          const { lines, letters } = await linesWith(place, new Set(ids), signal);
          if (lines.length > 0) await rewriteWithout(place, lines);
          return letters;
        });
      }),
    close: () =>
      inTurn(async () => {
        closed = true;
        await contents?.close();
      }),
  };
}
