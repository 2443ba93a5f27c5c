// What a person should know of the server before rows are lost time over: what its user may not do, and which limits are near. It
// writes nothing, and an answer that is not given says nothing.
import type { Document } from 'mongodb';
import { SinkError } from '../types.ts';
import { ask, type Connection } from './connection.ts';
import { type CollectionShape, deadLettersCollection, floorsCollection } from './shape.ts';

const writing = ['find', 'insert', 'update', 'remove'] as const;
/** From this share on, a limit is near. */
const nearShare = 0.9;

export interface Need {
  readonly collection: string;
  readonly actions: readonly string[];
}

/** By the names that roles have for them. */
export function needsOf(shapes: Iterable<CollectionShape>, keepsLetters: boolean): readonly Need[] {
  return [
    { collection: floorsCollection, actions: ['find', 'insert', 'update'] },
    ...(keepsLetters ? [{ collection: deadLettersCollection, actions: writing }] : []),
    ...[...shapes].flatMap(({ rows, tombstones, keyless }) => [rows, ...(keyless ? [] : [tombstones])].map((collection) => ({ collection, actions: writing }))),
  ];
}

function covers(resource: Document, database: string, collection: string): boolean {
  if (resource.anyResource === true) return true;
  const { db, collection: of } = resource;
  return (db === '' || db === database) && (of === '' || of === collection);
}

/**
 * Judges an answer to `connectionStatus` with privileges: a phrase for each collection, none where the user may do all of it. Without
 * a user nobody asks who may do what; a server that does not list privileges says nothing of them.
 */
export function deniedOf({ authInfo = {} }: Document, database: string, needs: readonly Need[]): readonly string[] {
  const { authenticatedUsers: users, authenticatedUserPrivileges: privileges } = authInfo;
  if (!Array.isArray(users) || users.length === 0 || !Array.isArray(privileges)) return [];
  return needs.flatMap(({ collection, actions }) => {
    const allowed = new Set(privileges.flatMap((each: Document) => (covers(each.resource ?? {}, database, collection) ? (each.actions ?? []) : [])));
    const missing = allowed.has('anyAction') ? [] : actions.filter((action) => !allowed.has(action));
    return missing.length === 0 ? [] : [`${missing.join(', ')} on "${collection}"`];
  });
}

function isNear(used: unknown, all: unknown): boolean {
  return typeof used === 'number' && typeof all === 'number' && all > 0 && used / all >= nearShare;
}

/** Judges answers to `dbStats` and `serverStatus`: sentences. */
export function nearLimits({ fsUsedSize, fsTotalSize }: Document, { connections = {} }: Document): readonly string[] {
  const problems: string[] = [];
  if (isNear(fsUsedSize, fsTotalSize)) {
    problems.push(`The server's disk is ${Math.floor((100 * fsUsedSize) / fsTotalSize)} % full. Make room: a full one takes no more rows.`);
  }
  const { current, available } = connections;
  if (isNear(current, current + available)) {
    problems.push(`${current} of the ${current + available} connections that the server takes are in use. Let it take more, or lower poolMax.`);
  }
  return problems;
}

/** Asked of servers that may not know a command, or not tell this user. */
async function orNothing(answer: Promise<Document>): Promise<Document> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SinkError && !error.retryable) return {};
    throw error;
  }
}

/** For `describe`. Throws `SinkError` where the server cannot be asked at all. */
export async function healthOf(
  connection: Connection,
  needs: readonly Need[],
  signal: AbortSignal,
): Promise<{ readonly denied: readonly string[]; readonly problems: readonly string[] }> {
  const database = await connection.ask(async ({ db }) => db.databaseName, signal);
  const [rights, size, server] = await Promise.all([
    orNothing(ask(connection, { connectionStatus: 1, showPrivileges: true }, signal)),
    orNothing(ask(connection, { dbStats: 1 }, signal)),
    orNothing(ask(connection, { serverStatus: 1, repl: 0, metrics: 0, locks: 0, wiredTiger: 0 }, signal)),
  ]);
  return { denied: deniedOf(rights, database, needs), problems: nearLimits(size, server) };
}
