// The way to a server: the driver, loaded when it is first needed, its pool, and how long an answer may take. It knows no
// collection.
import type { Db, Decimal128, Document, MongoClient } from 'mongodb';
import type { Timers } from '../ports.ts';
import { SinkError, type SinkStatus } from '../types.ts';
import { asSinkError } from './errors.ts';

const selectionTimeoutMs = 10_000;
/** Longer than any lock a healthy server holds; a silent peer is given up after it. */
const statementTimeoutMs = 60_000;
/** Making indexes, truncating and sweeping walk whole collections. */
const longTimeoutMs = 3_600_000;
/** Less than a statement's time: that every connection is in use is said before it is up. */
const queueTimeoutMs = 30_000;
/** The driver says goodbye to the server, which may not listen any more; it goes on with that by itself. */
const closeTimeoutMs = 2_000;
const maxPerPage = 1_000;
/** What a group asks for comes in one answer, as far as 16 MiB hold it; the driver's own first portion is 101 documents. */
export const maxPerAnswer = 10_001;

export interface ConnectionOptions {
  readonly url: string;
  /** In place of the url's. */
  readonly database: string | undefined;
  readonly application: string;
  readonly poolMax: number;
  readonly timers: Timers;
}

export interface Reached {
  readonly db: Db;
  /**
   * For every command that takes one: aborted when the time is up or the program stops. The driver then closes the connection, which
   * would stay in use for as long as the server is silent.
   */
  readonly signal: AbortSignal;
  readonly decimal128: (digits: string) => Decimal128;
}

export interface Connection {
  /** Connects when nothing is connected yet. Throws what the driver throws, and `SinkError` when the signal aborts or time is up. */
  send<T>(use: (reached: Reached) => Promise<T>, signal: AbortSignal, limit?: 'statement' | 'long'): Promise<T>;
  /** The same, for what belongs to no row. Throws `SinkError`. */
  ask<T>(use: (reached: Reached) => Promise<T>, signal: AbortSignal, limit?: 'statement' | 'long'): Promise<T>;
  /** False before anything was sent. */
  isFerretDb(): boolean;
  pool(): NonNullable<SinkStatus['connections']>;
  close(): Promise<void>;
}

interface Pool {
  open: number;
  inUse: number;
}

/** Counts what the driver tells of its pools. */
function watch(client: MongoClient): Pool {
  const pool: Pool = { open: 0, inUse: 0 };
  client.on('connectionCreated', () => {
    pool.open += 1;
  });
  client.on('connectionClosed', () => {
    pool.open -= 1;
  });
  client.on('connectionCheckedOut', () => {
    pool.inUse += 1;
  });
  client.on('connectionCheckedIn', () => {
    pool.inUse -= 1;
  });
  return pool;
}

/** The path of a connection string, which may name several hosts. */
export function databaseOf(url: string): string {
  return decodeURIComponent(/^[^:]+:\/\/[^/?]*\/([^?]*)/.exec(url)?.[1] ?? '');
}

function ignore(): void {}

function wasClosed(): SinkError {
  return new SinkError('SINK_CLOSED', 'MongoDB: the sink was closed; nothing was written.', { retryable: false });
}

function stopped(): SinkError {
  return new SinkError('SINK_CLOSED', 'MongoDB: the write was broken off because the program stops.', { retryable: false });
}

function tooLate(timeoutMs: number): SinkError {
  const message = `MongoDB did not answer within ${timeoutMs} ms. It is retried on a new connection. Check the server and the network.`;
  return new SinkError('SINK_UNREACHABLE', message, { retryable: true });
}

/** Rejects with `SinkError` when the signal aborts or the time is up, and aborts the work's own signal with it. */
async function within<T>(work: (signal: AbortSignal) => Promise<T>, timeoutMs: number, timers: Timers, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw stopped();
  const end = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const giveUp = (error: SinkError): void => {
    end.abort(error);
    reject(error);
  };
  const cancel = timers.after(timeoutMs, () => giveUp(tooLate(timeoutMs)));
  const onAbort = (): void => giveUp(stopped());
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    work(end.signal).then(resolve, reject);
    return await promise;
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

/** Nothing is connected, and the driver is not even loaded, before the first use. */
export function createConnection({ url, database, application, poolMax, timers }: ConnectionOptions): Connection {
  let reaching: Promise<Omit<Reached, 'signal'>> | undefined;
  let current: { readonly client: MongoClient; readonly pool: Pool } | undefined;
  let isFerretDb = false;
  let sending = 0;
  let closed = false;
  const closing = new AbortController();

  async function reach(): Promise<Omit<Reached, 'signal'>> {
    const name = database ?? databaseOf(url);
    if (name === '')
      throw new SinkError('SINK_DENIED', 'MongoDB: no database is named; nothing is written. Put it into the url, as in mongodb://host/database.', {
        retryable: false,
      });
    const { MongoClient, Decimal128 } = await import('mongodb');
    if (closed) throw wasClosed();
    const client = new MongoClient(url, {
      appName: `shardfold ${application}`,
      maxPoolSize: poolMax,
      ...(/[?&]serverSelectionTimeoutMS=/i.test(url) ? {} : { serverSelectionTimeoutMS: selectionTimeoutMs }),
      ...(/[?&]connectTimeoutMS=/i.test(url) ? {} : { connectTimeoutMS: selectionTimeoutMs }),
      ...(/[?&]waitQueueTimeoutMS=/i.test(url) ? {} : { waitQueueTimeoutMS: queueTimeoutMs }),
      // For what the driver sends by itself, with no signal: a connection must not be held for good.
      socketTimeoutMS: longTimeoutMs,
      // The protocol of write.ts stands on these three, whatever the url says.
      readPreference: 'primary',
      readConcern: { level: 'local' },
      writeConcern: { w: 'majority' },
    });
    const pool = watch(client);
    current = { client, pool };
    try {
      await within(
        async (signal) => {
          await client.connect();
          isFerretDb = (await client.db('admin').command({ buildInfo: 1 }, { signal })).ferretdb !== undefined;
        },
        statementTimeoutMs,
        timers,
        closing.signal,
      );
    } catch (error) {
      current = undefined;
      await client.close().catch(ignore);
      throw error;
    }
    return { db: client.db(name), decimal128: (digits) => Decimal128.fromString(digits) };
  }

  function reached(): Promise<Omit<Reached, 'signal'>> {
    reaching ??= reach().catch((error: unknown) => {
      reaching = undefined;
      throw error;
    });
    return reaching;
  }

  const connection: Connection = {
    async send(use, signal, limit = 'statement') {
      if (closed) throw wasClosed();
      sending += 1;
      try {
        return await within(
          async (given) => use({ ...(await reached()), signal: given }),
          limit === 'long' ? longTimeoutMs : statementTimeoutMs,
          timers,
          signal,
        );
      } finally {
        sending -= 1;
      }
    },
    async ask(use, signal, limit) {
      try {
        return await connection.send(use, signal, limit);
      } catch (error) {
        throw asSinkError(error, isFerretDb);
      }
    },
    isFerretDb: () => isFerretDb,
    pool() {
      const { open, inUse } = current?.pool ?? { open: 0, inUse: 0 };
      // The driver tells who begins to wait, and not of everyone that he stopped.
      return { open, idle: Math.max(0, open - inUse), waiting: inUse < poolMax ? 0 : Math.max(0, sending - inUse), max: poolMax };
    },
    async close() {
      closed = true;
      closing.abort();
      const { promise: givenUp, resolve } = Promise.withResolvers<void>();
      const cancel = timers.after(closeTimeoutMs, resolve);
      const goodbye = (async () => {
        await current?.client.close();
        await reaching;
      })();
      await Promise.race([goodbye.catch(ignore), givenUp]);
      cancel();
    },
  };
  return connection;
}

export interface Query {
  readonly collection: string;
  readonly filter: Document;
  readonly fields?: Document;
  readonly sort?: Document;
  readonly limit?: number;
  /** With the types of the store, to be written back as they came; else in JavaScript's plain ones. */
  readonly asStored?: boolean;
}

/** Everything that a query finds. Throws `SinkError`. */
export function found(
  connection: Connection,
  { collection, filter, fields, sort, limit = 0, asStored = false }: Query,
  signal: AbortSignal,
): Promise<Document[]> {
  const options = {
    limit,
    batchSize: maxPerAnswer,
    ...(fields === undefined ? {} : { projection: fields }),
    ...(sort === undefined ? {} : { sort }),
    ...(asStored ? { promoteValues: false, promoteLongs: false, promoteBuffers: false } : {}),
  };
  return connection.ask(
    (reached) =>
      reached.db
        .collection(collection)
        .find(filter, { ...options, signal: reached.signal })
        .toArray(),
    signal,
  );
}

/** One command that belongs to no row. Throws `SinkError`. */
export function ask(connection: Connection, command: Document, signal: AbortSignal, limit?: 'statement' | 'long'): Promise<Document> {
  return connection.ask((reached) => reached.db.command(command, { signal: reached.signal }), signal, limit);
}

/** Hands on every `_id` that a query finds, some at a time. Throws `SinkError`, and what `use` throws. */
export async function eachPage(
  connection: Connection,
  { collection, filter }: Pick<Query, 'collection' | 'filter'>,
  signal: AbortSignal,
  use: (ids: readonly unknown[]) => Promise<void>,
): Promise<void> {
  await connection.ask(
    async (reached) => {
      let ids: unknown[] = [];
      const cursor = reached.db.collection(collection).find(filter, { projection: { _id: 1 }, batchSize: maxPerPage, signal: reached.signal });
      for await (const { _id } of cursor) {
        ids.push(_id);
        if (ids.length < maxPerPage) continue;
        await use(ids);
        ids = [];
      }
      await use(ids);
    },
    signal,
    'long',
  );
}
