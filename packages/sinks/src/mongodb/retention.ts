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

function changeCommand({ tombstones, expireAfterSeconds }: CollectionShape, index: Document): Document {
  return { collMod: tombstones, index: { name: index.name, expireAfterSeconds } };
}

/** As a person types it into mongosh. */
export function shown(command: Document): string {
  return `db.runCommand(${JSON.stringify(command)})`;
}

/**
 * MongoDB's role `readWrite` does not hold collMod. An index that forgets later than configured does no harm, for the sweep forgets in time;
 * one that forgets sooner could bring rows back. Throws SINK_DENIED then, and whatever else the server says.
 */
export async function keepRetention(connection: Connection, shape: CollectionShape, signal: AbortSignal): Promise<void> {
  const index = (await indexesOf(connection, shape.tombstones, signal)).find(({ name }) => name === retentionIndex);
  if (index?.expireAfterSeconds === undefined || index.expireAfterSeconds === shape.expireAfterSeconds) return;
  const command = changeCommand(shape, index);
  try {
    await ask(connection, command, signal);
  } catch (error) {
    if (!(error instanceof SinkError) || error.code !== 'SINK_DENIED') throw error;
    if (index.expireAfterSeconds > shape.expireAfterSeconds) return;
    throw new SinkError(
      'SINK_DENIED',
      `MongoDB: the server forgets tombstones of "${shape.rows}" after ${index.expireAfterSeconds} s, sooner than tables[].tombstones.retention says, and the user may not change that: late events could bring deleted rows back. Nothing is written to it. Let the user do collMod, as the role dbAdmin does, lower the retention, or run this as somebody who may:\n${shown(command)};`,
      { retryable: false, cause: error },
    );
  }
}

/** What a person should know of it: sentences. */
export async function retentionProblems(connection: Connection, shape: CollectionShape, signal: AbortSignal): Promise<string[]> {
  const index = (await indexesOf(connection, shape.tombstones, signal)).find(({ key }) => Object.keys(key)[0] === 'deletedAt');
  if (index === undefined) return [`"${shape.tombstones}" has no index on deletedAt: sweeping is slow. Open the table with createTables: true, or make it.`];
  const { expireAfterSeconds, name } = index;
  if (expireAfterSeconds === undefined || expireAfterSeconds === shape.expireAfterSeconds) return [];
  if (expireAfterSeconds < shape.expireAfterSeconds) {
    return [
      `The server forgets tombstones of "${shape.rows}" after ${expireAfterSeconds} s, sooner than configured: late events may bring deleted rows back. Open the table with createTables: true, or change the index "${name}".`,
    ];
  }
  return [
    `The server itself forgets tombstones of "${shape.rows}" after ${expireAfterSeconds} s, later than configured; rows are right, and the sweep forgets them in time. Open the table with createTables: true and a user who may do collMod, or run this as one:\n${shown(changeCommand(shape, index))};`,
  ];
}
