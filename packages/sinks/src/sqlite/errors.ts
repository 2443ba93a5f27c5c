// Sorts whatever SQLite, its driver or its thread throws. It runs nothing and retries nothing.
import type { SortedError } from '../land.ts';
import { RowFault } from '../row-fault.ts';
import { thrownText } from '../thrown-text.ts';
import { SinkError, type SinkErrorCode } from '../types.ts';

interface Sorted {
  readonly code: SinkErrorCode;
  readonly retryable: boolean;
  readonly remedy: string;
}

const denied: Sorted = {
  code: 'SINK_DENIED',
  retryable: false,
  remedy: 'Writing waits until that is mended. Give the program the right to read and write the file and its directory.',
};
const unexpected: Sorted = { code: 'SINK_UNEXPECTED', retryable: false, remedy: 'Writing waits until that is mended. Report it with the message.' };
const damaged: Sorted = {
  code: 'SINK_UNEXPECTED',
  retryable: false,
  remedy: 'Writing waits until that is mended. The file is damaged or no SQLite database: restore a copy of it, or name another file, and replay the stream.',
};
const mismatch: Sorted = {
  code: 'SINK_TABLE_MISMATCH',
  retryable: false,
  remedy: 'Writing to it waits until that is mended. The table is not what it was when it was opened: restore its columns and key.',
};
const missing: Sorted = {
  code: 'SINK_TABLE_MISSING',
  retryable: false,
  remedy: 'Writing to it waits until it is opened again. Somebody dropped or renamed it, or took the file away: create it again.',
};

/** By SQLite's primary result code. */
const byCode: Readonly<Record<number, readonly [name: string, sorted: Sorted]>> = {
  3: ['SQLITE_PERM', denied],
  5: ['SQLITE_BUSY', { code: 'SINK_BUSY', retryable: true, remedy: 'The write is retried. Another program holds the file: let it end its transaction.' }],
  6: ['SQLITE_LOCKED', { code: 'SINK_BUSY', retryable: true, remedy: 'The write is retried. Another connection holds the table: let it end its transaction.' }],
  7: ['SQLITE_NOMEM', { code: 'SINK_BUSY', retryable: true, remedy: 'The write is retried. Give the program more memory.' }],
  8: [
    'SQLITE_READONLY',
    { code: 'SINK_READ_ONLY', retryable: true, remedy: 'The write is retried. Make the file and its directory writable for the program.' },
  ],
  10: ['SQLITE_IOERR', { code: 'SINK_UNREACHABLE', retryable: true, remedy: 'The write is retried. Look at the disk and its free space.' }],
  11: ['SQLITE_CORRUPT', damaged],
  13: [
    'SQLITE_FULL',
    { code: 'SINK_BUSY', retryable: true, remedy: 'The write is retried. The disk is full, or the file has reached its largest size: make room.' },
  ],
  14: [
    'SQLITE_CANTOPEN',
    { code: 'SINK_UNREACHABLE', retryable: true, remedy: 'The write is retried. See that the path is a file in a directory that the program may write to.' },
  ],
  15: ['SQLITE_PROTOCOL', { code: 'SINK_BUSY', retryable: true, remedy: 'The write is retried. Keep the file on a local disk: others lock badly.' }],
  23: ['SQLITE_AUTH', denied],
  26: ['SQLITE_NOTADB', damaged],
};

/** What SQLite only says in words. */
const byMessage: readonly (readonly [RegExp, Sorted])[] = [
  [/^no such table/i, missing],
  [
    /no such column|has no column named|ON CONFLICT clause does not match|no such index|is not a table|may not be modified|cannot (?:modify|UPDATE|INSERT)/i,
    mismatch,
  ],
];

/** A value too long, a constraint, a value of the wrong type: by primary code. */
const rowCodes: Readonly<Record<number, string>> = { 18: 'SQLITE_TOOBIG', 19: 'SQLITE_CONSTRAINT', 20: 'SQLITE_MISMATCH' };

const constraints: Readonly<Record<number, string>> = {
  275: 'CHECK',
  787: 'FOREIGNKEY',
  1299: 'NOTNULL',
  1555: 'PRIMARYKEY',
  1811: 'TRIGGER',
  2067: 'UNIQUE',
  2579: 'ROWID',
  3091: 'DATATYPE',
};

/** SQLite's extended result code; its last byte is the primary one. */
function errcodeOf(error: unknown): number {
  return typeof error === 'object' && error !== null && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0;
}

function primaryOf(error: unknown): number {
  return errcodeOf(error) & 0xff;
}

function messageOf(error: unknown): string {
  return thrownText(error) || 'an error without a text';
}

/** Total: any thrown value becomes a row's fault or a `SinkError`, which keeps the value as its cause. */
export function sortSqliteError(error: unknown): SortedError {
  if (error instanceof SinkError) return { kind: 'sink', error };
  if (error instanceof RowFault) return { kind: 'row', error: { code: error.code, message: error.message } };
  const primary = primaryOf(error);
  const message = messageOf(error);
  const rowCode = rowCodes[primary];
  if (rowCode !== undefined) {
    const constraint = constraints[errcodeOf(error)];
    return { kind: 'row', error: { code: constraint === undefined ? rowCode : `${rowCode}_${constraint}`, message } };
  }
  const [name, sorted] = byCode[primary] ?? ['', byMessage.find(([pattern]) => pattern.test(message))?.[1] ?? unexpected];
  const { code, retryable, remedy } = sorted;
  // SQLite has no code of its own for what a function in a check, an index or a generated column says of a value.
  const perhaps = sorted === unexpected && primary > 0 ? { perhaps: { code: 'SQLITE_ERROR', message } } : {};
  return {
    kind: 'sink',
    error: new SinkError(code, `SQLite: ${message}${name === '' ? '' : ` (${name})`}. ${remedy}`, { retryable, cause: error }),
    ...perhaps,
  };
}

/** Another connection has the file; nothing was done. */
export function isBusy(error: unknown): boolean {
  return primaryOf(error) === 5;
}

/** Two programs made the same table or column at once; the loser looks again. */
export function lostCreateRace(error: SinkError): boolean {
  return /^duplicate column name|already exists$/i.test(messageOf(error.cause));
}

export function isColumnLimit(error: SinkError): boolean {
  return /^too many columns/i.test(messageOf(error.cause));
}
