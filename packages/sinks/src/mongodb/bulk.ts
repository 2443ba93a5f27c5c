// Sends the statements of one collection as one unordered command, and says what became of each. The commands are the driver's
// bulk on the wire, made here because it would measure every document a second time. It knows no protocol.
import type { Document } from 'mongodb';
import { SinkError, type SinkRowError } from '../types.ts';
import type { Connection } from './connection.ts';
import { isCollision, isDuplicateId, sortMongoError } from './errors.ts';
import type { Removal, Update } from './statements.ts';

/** Writers that met at a document, again and again. */
const maxTries = 8;

export interface BulkAnswer {
  /** Statements, by index, that made a document. FerretDB names two for one document when they meet. */
  readonly upserted: ReadonlySet<number>;
  /** Documents found by updates, those made by them left out. */
  readonly matched: number;
  /** Documents changed; a server that cannot tell counts those it only found. */
  readonly modified: number;
  readonly removed: number;
  /** Statements, by index, that the server refused for their own sake. */
  readonly faults: ReadonlyMap<number, SinkRowError>;
  /** Statements whose `_id` was there already, where that was not to be tried again. */
  readonly duplicates: ReadonlySet<number>;
}

export interface Bulk {
  readonly connection: Connection;
  readonly collection: string;
  readonly signal: AbortSignal;
  readonly limit?: 'statement' | 'long';
  /** An `_id` that is there already is an answer, not a meeting of two upserts. */
  readonly leaveDuplicates?: boolean;
}

type Statements = { readonly kind: 'update'; readonly all: readonly Update[] } | { readonly kind: 'delete'; readonly all: readonly Removal[] };

interface Tally {
  readonly upserted: Set<number>;
  matched: number;
  modified: number;
  removed: number;
  readonly faults: Map<number, SinkRowError>;
  readonly duplicates: Set<number>;
  /** To be sent again, and why. */
  readonly again: number[];
  reason: unknown;
}

function commandOf({ kind, all }: Statements, collection: string, indexes: readonly number[]): Document {
  const chosen = indexes.map((index) => all[index]);
  const rest = { ordered: false, writeConcern: { w: 'majority' } };
  return kind === 'update' ? { update: collection, updates: chosen, ...rest } : { delete: collection, deletes: chosen, ...rest };
}

function list(value: unknown): Document[] {
  return Array.isArray(value) ? value : [];
}

/** What one command answered for the statements of these indexes. */
function count(reply: Document, indexes: readonly number[], kind: Statements['kind'], bulk: Bulk, tally: Tally): void {
  for (const { index } of list(reply.upserted)) tally.upserted.add(indexes[Number(index)] ?? -1);
  if (kind === 'update') {
    tally.modified += Number(reply.nModified ?? 0);
    tally.matched += Number(reply.n ?? 0) - list(reply.upserted).length;
  } else tally.removed += Number(reply.n ?? 0);
  const isFerretDb = bulk.connection.isFerretDb();
  for (const failure of list(reply.writeErrors)) {
    const index = indexes[Number(failure.index)] ?? -1;
    if (bulk.leaveDuplicates === true && isDuplicateId(failure)) tally.duplicates.add(index);
    else if (isCollision(failure, isFerretDb)) {
      tally.again.push(index);
      tally.reason = failure;
    } else {
      const sorted = sortMongoError(failure, { named: true, isFerretDb });
      if (sorted.kind === 'sink') throw sorted.error;
      tally.faults.set(index, sorted.error);
    }
  }
}

/** One command; a fault that names no row is looked for in the halves. */
async function sendOnce(statements: Statements, indexes: readonly number[], bulk: Bulk, tally: Tally): Promise<void> {
  let fault: SinkRowError;
  try {
    const reply = await bulk.connection.send(
      ({ db, signal }) => db.command(commandOf(statements, bulk.collection, indexes), { signal }),
      bulk.signal,
      bulk.limit,
    );
    count(reply, indexes, statements.kind, bulk, tally);
    return;
  } catch (error) {
    const isFerretDb = bulk.connection.isFerretDb();
    if (isCollision(error, isFerretDb)) {
      tally.again.push(...indexes);
      tally.reason = error;
      return;
    }
    const sorted = sortMongoError(error, { isFerretDb });
    if (sorted.kind === 'sink') throw sorted.error;
    fault = sorted.error;
  }
  const [only] = indexes;
  if (indexes.length === 1 && only !== undefined) {
    tally.faults.set(only, fault);
    return;
  }
  const middle = indexes.length >> 1;
  await sendOnce(statements, indexes.slice(0, middle), bulk, tally);
  await sendOnce(statements, indexes.slice(middle), bulk, tally);
}

async function sendAll(statements: Statements, bulk: Bulk): Promise<BulkAnswer> {
  const tally: Tally = { upserted: new Set(), matched: 0, modified: 0, removed: 0, faults: new Map(), duplicates: new Set(), again: [], reason: undefined };
  let indexes = [...statements.all.keys()];
  for (let attempt = 1; indexes.length > 0; attempt += 1) {
    await sendOnce(statements, indexes, bulk, tally);
    indexes = tally.again.splice(0).sort((left, right) => left - right);
    if (indexes.length > 0 && attempt === maxTries) {
      throw new SinkError(
        'SINK_BUSY',
        `MongoDB: ${indexes.length} documents were written by others at the same time, ${maxTries} times in a row. The write is retried. If it goes on, look for other programs that write them.`,
        { retryable: true, cause: tally.reason },
      );
    }
  }
  return tally;
}

/** Sorted by `_id` by the caller, so that two writers cannot wait for each other in a ring. Throws `SinkError`. */
export function update(all: readonly Update[], bulk: Bulk): Promise<BulkAnswer> {
  return sendAll({ kind: 'update', all }, bulk);
}

/**
 * Answers which were not made, by index. One that was not, for whatever reason, is the caller's to send in another way, which will
 * tell the reason too. Sorted like `update`'s. Throws `SinkError` where the whole command failed, and for no row's sake.
 */
export async function insert(documents: readonly Document[], bulk: Bulk): Promise<ReadonlySet<number>> {
  const command = { insert: bulk.collection, documents, ordered: false, writeConcern: { w: 'majority' } };
  try {
    const reply = await bulk.connection.send(({ db, signal }) => db.command(command, { signal }), bulk.signal, bulk.limit);
    const refused = new Set(list(reply.writeErrors).map(({ index }) => Number(index)));
    // A server that breaks off in the midst names one, and is silent of those that it did not come to.
    return Number(reply.n) + refused.size === documents.length ? refused : new Set(documents.keys());
  } catch (error) {
    const isFerretDb = bulk.connection.isFerretDb();
    const sorted = sortMongoError(error, { isFerretDb });
    if (sorted.kind === 'sink' && !isCollision(error, isFerretDb)) throw sorted.error;
    return new Set(documents.keys());
  }
}

/** Likewise. */
export function remove(all: readonly Removal[], bulk: Bulk): Promise<BulkAnswer> {
  return sendAll({ kind: 'delete', all }, bulk);
}
