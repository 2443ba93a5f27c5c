// The open file: its settings, its prepared statements, its transactions. It blocks its thread, and knows no table.
import { statSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Answer, Statement } from '../../sql/connections.ts';

type Driver = typeof import('node:sqlite');

/** Measured: 4 MB cost a quarter of the rate. */
const checkpointBytes = 64 * 1024 * 1024;
const cacheKiB = 64 * 1024;
/** Statements that are kept prepared, of each sort. */
const maxPrepared = 256;

export interface OpenFile {
  /** Kept prepared; integers come as numbers, rounded beyond 2^53. */
  prepare(text: string): StatementSync;
  execute(statement: Statement): Answer;
  begin(): void;
  commit(): void;
  /** Total: a transaction that is over already is no fault. */
  rollback(): void;
  /** Whether the path still leads to this file. */
  isInPlace(): boolean;
  close(): void;
}

const reads = /^\s*(?:select|with|pragma)\b/i;

export function isRead(text: string): boolean {
  return reads.test(text);
}

/** Big integers where a double would round. */
function plain(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function remembering(database: DatabaseSync, withBigInts: boolean): (text: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (text) => {
    const known = prepared.get(text);
    if (known !== undefined) return known;
    const [oldest] = prepared.keys();
    if (prepared.size >= maxPrepared && oldest !== undefined) prepared.delete(oldest);
    const statement = database.prepare(text);
    statement.setReadBigInts(withBigInts);
    prepared.set(text, statement);
    return statement;
  };
}

function settle(database: DatabaseSync): void {
  // Whoever calls waits for other programs.
  database.exec('PRAGMA busy_timeout = 0');
  database.exec('PRAGMA journal_mode = WAL');
  const pageSize = Number(Object.values(database.prepare('PRAGMA page_size').get() ?? {})[0]);
  database.exec(
    // FULL: what is acknowledged survives a power failure, for the stream will not tell it again.
    `PRAGMA synchronous = FULL; PRAGMA cache_size = -${cacheKiB}; PRAGMA journal_size_limit = ${checkpointBytes}; ` +
      `PRAGMA wal_autocheckpoint = ${Math.floor(checkpointBytes / pageSize)}`,
  );
  // Tells now whether the file can be written at all.
  database.exec('BEGIN IMMEDIATE; ROLLBACK');
}

/** A file's identity on its disk; undefined for what is in memory or gone. */
function identityOf(path: string): string | undefined {
  const found = path === ':memory:' ? undefined : statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}

/** Creates the file where there is none. Throws what SQLite throws. */
export function openFile({ DatabaseSync: Database }: Driver, path: string): OpenFile {
  const database = new Database(path);
  try {
    settle(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const identity = identityOf(path);
  const exact = remembering(database, true);
  return {
    prepare: remembering(database, false),
    execute({ text, values = [] }) {
      const statement = exact(text);
      const parameters = values as readonly SQLInputValue[];
      if (!isRead(text)) return { rows: [], affected: Number(statement.run(...parameters).changes) };
      const rows = statement.all(...parameters).map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
      return { rows, affected: 0 };
    },
    begin: () => database.exec('BEGIN IMMEDIATE'),
    commit: () => database.exec('COMMIT'),
    rollback() {
      try {
        database.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself, or cannot any more: the fault that led here is the one to tell.
      }
    },
    isInPlace: () => identityOf(path) === identity,
    close: () => database.close(),
  };
}
