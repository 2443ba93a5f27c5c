// One writer at a time, among all processes of a machine. The lock is SQLite's on an empty file beside the letters: the operating
// system ends it with its process, so nothing stale is ever left, and Node brings it along. (The file itself stays.) It knows no letter.
import type { Timers } from '../../ports.ts';
import { stopped } from '../../sql/errors.ts';
import { SinkError } from '../../types.ts';
import { fileName } from './errors.ts';

const retryMs = 20;
const maxTries = 1_500;

const sqliteBusy = 5;
const sqliteCannotOpen = 14;

function resultCodeOf(thrown: unknown): number | undefined {
  const code = typeof thrown === 'object' && thrown !== null && 'errcode' in thrown ? thrown.errcode : undefined;
  // The lower byte is the kind, what is above it tells more.
  return typeof code === 'number' ? code & 0xff : undefined;
}

function pause(timers: Timers, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = timers.after(retryMs, end);
    signal.addEventListener('abort', end, { once: true });
  });
}

function cannotLock(lockPath: string, path: string, cause: unknown): SinkError {
  const said = cause instanceof Error ? cause.message : String(cause);
  if (resultCodeOf(cause) === sqliteCannotOpen)
    return new SinkError(
      'SINK_DENIED',
      `${fileName(path)}: its lock ${lockPath} cannot be opened (${said}). Nothing is kept there. Let the user of this program write it and make files in its directory.`,
      { retryable: false, cause },
    );
  return new SinkError(
    'SINK_UNEXPECTED',
    `${fileName(path)}: its lock ${lockPath} cannot be taken (${said}). Nothing was kept. Remove the lock file if something else wrote into it; the file must be on a local disk.`,
    { retryable: false, cause },
  );
}

function tooLong(path: string): SinkError {
  return new SinkError(
    'SINK_BUSY',
    `${fileName(path)}: another program has been writing it for ${(retryMs * maxTries) / 1_000} s. It is tried again. Look for a discard of a large file, or a process that hangs.`,
    { retryable: true },
  );
}

/** Runs `work` while nobody else who asks here for the lock of `path` writes. Throws `SinkError`. */
export async function locked<T>(path: string, timers: Timers, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { DatabaseSync } = await import('node:sqlite');
  const lockPath = `${path}.lock`;
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) throw stopped(fileName(path));
    let lock: InstanceType<typeof DatabaseSync> | undefined;
    try {
      lock = new DatabaseSync(lockPath, { timeout: 0 });
      lock.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      lock?.close();
      if (resultCodeOf(error) !== sqliteBusy) throw cannotLock(lockPath, path, error);
      if (attempt === maxTries) throw tooLong(path);
      await pause(timers, signal);
      continue;
    }
    try {
      return await work();
    } finally {
      lock.close();
    }
  }
}
