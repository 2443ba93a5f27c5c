// Makes sure that the collections are there and fit: creates what is missing where that is allowed, else says what to run.
import type { Document } from 'mongodb';
import { SinkError } from '../types.ts';
import { ask, type Connection } from './connection.ts';
import { alreadyThere } from './errors.ts';
import { indexesOf, keepRetention, retentionCommand, retentionIndexes, retentionProblems, shown, tooShort } from './retention.ts';
import { type CollectionShape, deadLettersCollection, floorsCollection } from './shape.ts';

/** What `listCollections` tells. */
async function described(connection: Connection, names: readonly string[], signal: AbortSignal): Promise<Map<string, Document>> {
  const collections = await connection.ask(
    (reached) => reached.db.listCollections({ name: { $in: [...names] } }, { signal: reached.signal }).toArray(),
    signal,
  );
  return new Map(collections.map((collection) => [String(collection.name), collection]));
}

/** A collection, an index of one, or how long one keeps. */
function nameOf({ create, createIndexes, collMod }: Document): string {
  if (collMod !== undefined) return `the retention of "${collMod}"`;
  return create === undefined ? `the index of "${createIndexes}"` : `"${create}"`;
}

async function ensure(
  connection: Connection,
  commands: readonly Document[],
  createTables: boolean,
  signal: AbortSignal,
  problems: () => Promise<readonly string[]> = async () => [],
): Promise<void> {
  if (commands.length === 0) return;
  if (!createTables) {
    throw new SinkError(
      'SINK_TABLE_MISSING',
      `Collections, or what belongs to them, are missing and createTables is false; nothing is written to them. Run this in the database, or set createTables: true:\n${commands.map(shown).join(';\n')};`,
      { retryable: false, missing: { names: commands.map(nameOf), problems: await problems() } },
    );
  }
  for (const command of commands) {
    try {
      await ask(connection, command, signal, 'long');
    } catch (error) {
      if (!alreadyThere(error)) throw error;
    }
  }
}

function creations(names: readonly string[], there: ReadonlyMap<string, Document>): Document[] {
  return names.filter((name) => !there.has(name)).map((name) => ({ create: name }));
}

/** What keeps a collection, as `listCollections` tells of it, from being written as the protocol needs it; a phrase, or nothing. */
export function misfit(collection: Document | undefined): string | undefined {
  const { type = 'collection', options = {} } = collection ?? {};
  if (type !== 'collection') return `it is a ${type}`;
  if (options.capped === true) return 'it is capped, so that rows cannot be deleted';
  const locale = options.collation?.locale;
  return locale === undefined || locale === 'simple' ? undefined : `its collation is "${locale}", for which different keys may be equal`;
}

/** Throws SINK_TABLE_MISSING or SINK_TABLE_MISMATCH, both with what a person can do. */
export async function prepareCollections(connection: Connection, shape: CollectionShape, createTables: boolean, signal: AbortSignal): Promise<void> {
  const names = [shape.rows, ...(shape.keyless ? [] : [shape.tombstones]), floorsCollection];
  const there = await described(connection, names, signal);
  for (const name of names) {
    const problem = misfit(there.get(name));
    if (problem === undefined) continue;
    throw new SinkError(
      'SINK_TABLE_MISMATCH',
      `MongoDB: the collection "${name}" cannot hold these changes: ${problem}. Nothing is written to it. Choose another target, or make it an ordinary collection.`,
      {
        retryable: false,
      },
    );
  }
  const hasIndex = shape.keyless || (there.has(shape.tombstones) && (await retentionIndexes(connection, shape, signal)).length > 0);
  const short = createTables || shape.keyless || !there.has(shape.tombstones) ? [] : await tooShort(connection, shape, signal);
  const missing = [...creations(names, there), ...(hasIndex ? [] : [retentionCommand(shape)]), ...short];
  await ensure(connection, missing, createTables, signal, async () => (there.has(shape.rows) ? rowsProblems(connection, shape, signal) : []));
  if (createTables && !shape.keyless) await keepRetention(connection, shape, signal);
}

export async function prepareDeadLetters(connection: Connection, createTables: boolean, signal: AbortSignal): Promise<void> {
  const names = [deadLettersCollection, floorsCollection];
  await ensure(connection, creations(names, await described(connection, names, signal)), createTables, signal);
}

/** No target has this name. */
const probeId = '';

/** Whether the server tells a document that was changed from one that was only found: MongoDB does, FerretDB does not. */
export async function tellsChanges(connection: Connection, signal: AbortSignal): Promise<boolean> {
  const probe = (): Promise<Document> =>
    ask(
      connection,
      { update: floorsCollection, updates: [{ q: { _id: probeId }, u: [{ $replaceWith: { $literal: { _id: probeId } } }], upsert: true }], ordered: false },
      signal,
    );
  await probe();
  return (await probe()).nModified === 0;
}

/** Another index than `_id_` that refuses rows, or lets them go: sentences for a person. */
async function rowsProblems(connection: Connection, shape: CollectionShape, signal: AbortSignal): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, unique, expireAfterSeconds } of await indexesOf(connection, shape.rows, signal)) {
    if (name !== '_id_' && unique === true) {
      problems.push(
        `The index "${name}" of "${shape.rows}" is unique: a row that comes before the one that gives its value free is refused. Make it an ordinary index.`,
      );
    }
    if (expireAfterSeconds !== undefined) problems.push(`The index "${name}" of "${shape.rows}" lets rows expire that the source still has. Drop it.`);
  }
  return problems;
}

/** Those of the rows' indexes, and of what forgets tombstones: sentences for a person. */
export async function problemsOf(connection: Connection, shape: CollectionShape, signal: AbortSignal): Promise<string[]> {
  const problems = await rowsProblems(connection, shape, signal);
  return shape.keyless ? problems : [...problems, ...(await retentionProblems(connection, shape, signal))];
}

export async function countsOf(
  connection: Connection,
  shape: CollectionShape,
  signal: AbortSignal,
): Promise<{ readonly rows: number; readonly tombstones?: number; readonly bytes?: number }> {
  const count = async (name: string): Promise<number> => Number((await ask(connection, { count: name }, signal)).n);
  const [rows, stats] = await Promise.all([count(shape.rows), ask(connection, { collStats: shape.rows }, signal)]);
  const bytes = Number(stats.storageSize ?? Number.NaN) + Number(stats.totalIndexSize ?? 0);
  return {
    rows: Math.max(0, rows),
    ...(shape.keyless ? {} : { tombstones: Math.max(0, await count(shape.tombstones)) }),
    ...(Number.isFinite(bytes) ? { bytes } : {}),
  };
}
