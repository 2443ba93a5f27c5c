// The server's own forgetting of tombstones: its index follows the configuration as far as the user may change it. It forgets nothing itself.
import type { Document } from 'mongodb';
import { SinkError } from '../types.ts';
import { ask, type Connection } from './connection.ts';
import { type CollectionShape, retentionIndex } from './shape.ts';

export async function indexesOf(connection: Connection, collection: string, signal: AbortSignal): Promise<Document[]> {
  // A collection has 64 at most: they come in one answer.
  return (await ask(connection, { listIndexes: collection, cursor: {} }, signal)).cursor.firstBatch;
}

export function retentionCommand({ tombstones, expireAfterSeconds }: CollectionShape): Document {
  return { createIndexes: tombstones, indexes: [{ key: { deletedAt: 1 }, name: retentionIndex, expireAfterSeconds }] };
}

/** Whoever made them, and whatever they are called. */
export async function retentionIndexes(connection: Connection, { tombstones }: CollectionShape, signal: AbortSignal): Promise<Document[]> {
  return (await indexesOf(connection, tombstones, signal)).filter(({ key }) => Object.keys(key)[0] === 'deletedAt');
}

interface Forgetting {
  readonly name: string;
  readonly expireAfterSeconds: number;
}

/** Those by which the server forgets at another time than configured. */
function differing(indexes: readonly Document[], shape: CollectionShape): Forgetting[] {
  return indexes.flatMap(({ name, expireAfterSeconds }) =>
    expireAfterSeconds === undefined || expireAfterSeconds === shape.expireAfterSeconds ? [] : [{ name, expireAfterSeconds: Number(expireAfterSeconds) }],
  );
}

function changeCommand({ tombstones, expireAfterSeconds }: CollectionShape, { name }: Forgetting): Document {
  return { collMod: tombstones, index: { name, expireAfterSeconds } };
}

/** As a person types it into mongosh. */
export function shown(command: Document): string {
  return `db.runCommand(${JSON.stringify(command)})`;
}

function forgetsSooner(shape: CollectionShape, index: Forgetting, cause: SinkError): SinkError {
  return new SinkError(
    'SINK_DENIED',
    `MongoDB: the server forgets tombstones of "${shape.rows}" after ${index.expireAfterSeconds} s, sooner than tables[].tombstones.retention says, and the user may not change that: late events could bring deleted rows back. Nothing is written to it. Let the user do collMod, as the role dbAdmin does, lower the retention, or run this as somebody who may:\n${shown(changeCommand(shape, index))};`,
    { retryable: false, cause },
  );
}

const isSooner = (shape: CollectionShape, index: Forgetting): boolean => index.expireAfterSeconds < shape.expireAfterSeconds;

/** What has to be changed before anything is written: late events could bring rows back whose tombstones the server forgot. */
export async function tooShort(connection: Connection, shape: CollectionShape, signal: AbortSignal): Promise<Document[]> {
  const found = differing(await retentionIndexes(connection, shape, signal), shape);
  return found.filter((index) => isSooner(shape, index)).map((index) => changeCommand(shape, index));
}

/**
 * MongoDB's role `readWrite` does not hold collMod. An index that forgets later than configured does no harm, for the sweep forgets in time;
 * one that forgets sooner could bring rows back. Throws SINK_DENIED where such a one may not be changed, and whatever else the server says.
 */
export async function keepRetention(connection: Connection, shape: CollectionShape, signal: AbortSignal): Promise<void> {
  for (const index of differing(await retentionIndexes(connection, shape, signal), shape)) {
    try {
      await ask(connection, changeCommand(shape, index), signal);
    } catch (error) {
      if (!(error instanceof SinkError) || error.code !== 'SINK_DENIED') throw error;
      if (isSooner(shape, index)) throw forgetsSooner(shape, index, error);
    }
  }
}

/** What a person should know of it: sentences. */
export async function retentionProblems(connection: Connection, shape: CollectionShape, signal: AbortSignal): Promise<string[]> {
  const indexes = await retentionIndexes(connection, shape, signal);
  if (indexes.length === 0) return [`"${shape.tombstones}" has no index on deletedAt: sweeping is slow. Open the table with createTables: true, or make it.`];
  return differing(indexes, shape).map((index) => {
    const { name, expireAfterSeconds } = index;
    if (isSooner(shape, index)) {
      return `The server forgets tombstones of "${shape.rows}" after ${expireAfterSeconds} s, sooner than configured: late events may bring deleted rows back. Open the table with createTables: true, or change the index "${name}".`;
    }
    return `The server itself forgets tombstones of "${shape.rows}" after ${expireAfterSeconds} s, later than configured; rows are right, and the sweep forgets them in time. Open the table with createTables: true and a user who may do collMod, or run this as one:\n${shown(changeCommand(shape, index))};`;
  });
}
