// The MongoDB sink: puts connection, collections and dead letters together behind the seam. It speaks to MongoDB, Atlas and
// FerretDB alike, and finds out what a server can by asking it.
import type { Clock, Timers } from '../ports.ts';
import { type Sink, SinkError, type SinkStatus, type Table, type TableStatus, type TargetTable } from '../types.ts';
import { ask, type Connection, createConnection } from './connection.ts';
import { createDeadLetters } from './dead-letters.ts';
import { healthOf, needsOf } from './health.ts';
import { countsOf, prepareCollections, prepareDeadLetters, problemsOf, tellsChanges } from './prepare.ts';
import { type CollectionShape, shapeOf } from './shape.ts';
import { type SweepState, sweepRows, truncateRows } from './sweep.ts';
import { newWriter, type ValueWriter } from './values.ts';
import { writeGroup } from './write.ts';

/** Two writes in flight for each of two tables, each with two questions at once. */
const defaultPoolMax = 8;
/** MongoDB 5.0: the first that takes any name for a field. */
const minWireVersion = 13;

export interface MongoSinkOptions {
  /** `mongodb://user:password@host:port/database`, or `mongodb+srv://…`. */
  readonly url: string;
  /** In place of the url's. */
  readonly database?: string;
  /** The fleet's name, shown by the server as `shardfold NAME`. */
  readonly application: string;
  readonly machine: { readonly clock: Clock; readonly timers: Timers };
  /** Connections at most, of each server of a replica set. */
  readonly poolMax?: number;
  /** Whether the sink may create its collection of dead letters; targets say it themselves. */
  readonly createTables: boolean;
  /** False: nobody asks it for dead letters, and opening it neither makes nor checks their place. Default: true. */
  readonly keepsLetters?: boolean;
}

async function checkServer(connection: Connection, signal: AbortSignal): Promise<void> {
  const hello = await ask(connection, { hello: 1 }, signal);
  if (Number(hello.maxWireVersion) < minWireVersion) {
    throw new SinkError(
      'SINK_DENIED',
      'MongoDB: the server is older than 5.0, which cannot store every name of a field. Nothing is written. Use MongoDB 5.0 or newer.',
      {
        retryable: false,
      },
    );
  }
  if (hello.isWritablePrimary !== true || hello.readOnly === true) {
    throw new SinkError('SINK_READ_ONLY', 'MongoDB: the server takes no writes. Opening is retried. Point the url at the primary or the whole replica set.', {
      retryable: true,
    });
  }
}

async function introduce(connection: Connection, signal: AbortSignal): Promise<string> {
  const { version, ferretdb } = await ask(connection, { buildInfo: 1 }, signal);
  const product = ferretdb?.version;
  return typeof product === 'string' ? `FerretDB ${product.replace(/^v/, '')} as MongoDB ${version}` : `MongoDB ${version}`;
}

/** Documents in MongoDB. Loads the driver and connects with the first use; every method throws `SinkError`. */
export function createMongoSink({ url, database, application, machine, poolMax = defaultPoolMax, createTables, keepsLetters = true }: MongoSinkOptions): Sink {
  const connection = createConnection({ url, database, application, poolMax, timers: machine.timers });
  const wallMs = (): number => machine.clock.wallMs();
  const tables = new Map<string, CollectionShape>();
  let telling: Promise<boolean> | undefined;

  /** Asked with the first write: to open a table, and to look at it, writes nothing. */
  function tells(signal: AbortSignal): Promise<boolean> {
    telling ??= tellsChanges(connection, signal).catch((error: unknown) => {
      telling = undefined;
      throw error;
    });
    return telling;
  }

  function openTable(shape: CollectionShape, writer: ValueWriter): Table {
    const state: SweepState = { since: undefined, from: undefined, floor: undefined };
    const habit = { mostlyNew: false };
    return {
      write: async (group, signal) => writeGroup(group, { connection, shape, tellsChanges: await tells(signal), writer, habit, wallMs, signal }),
      truncate: (before, signal) => truncateRows({ connection, shape, wallMs, signal }, before),
      sweep: (signal) => sweepRows({ connection, shape, wallMs, signal }, state),
    };
  }

  async function statusOf(name: string, shape: CollectionShape, signal: AbortSignal): Promise<TableStatus> {
    try {
      return { name, ...(await countsOf(connection, shape, signal)), problems: await problemsOf(connection, shape, signal) };
    } catch (error) {
      // One table that was dropped, or may not be looked at, is no reason to say nothing of the others.
      if (error instanceof SinkError && !error.retryable && !signal.aborted) return { name, problems: [error.message] };
      throw error;
    }
  }

  return {
    kind: 'mongodb',
    statementsPerTable: 2,
    async open(signal) {
      await checkServer(connection, signal);
      if (keepsLetters) await prepareDeadLetters(connection, createTables, signal);
    },
    async table(target: TargetTable, signal) {
      const { name, decimal128 } = await connection.ask(async ({ db, decimal128 }) => ({ name: db.databaseName, decimal128 }), signal);
      const shape = shapeOf(target, name);
      await prepareCollections(connection, shape, target.createTables, signal);
      // Once its key is known it stays known: what opens it without one, to truncate it, asks for no more than that.
      if (!shape.keyless || tables.get(target.name)?.keyless !== false) tables.set(target.name, shape);
      return openTable(shape, newWriter(decimal128));
    },
    deadLetters: () => createDeadLetters(connection),
    async describe(signal): Promise<SinkStatus> {
      const server = await introduce(connection, signal);
      const startMs = wallMs();
      await ask(connection, { ping: 1 }, signal);
      const latencyMs = Math.max(0, wallMs() - startMs);
      const described: TableStatus[] = [];
      for (const [name, shape] of tables) described.push(await statusOf(name, shape, signal));
      const health = await healthOf(connection, needsOf(tables.values(), keepsLetters), signal);
      return { kind: 'mongodb', server, latencyMs, connections: connection.pool(), tables: described, ...health };
    },
    close: () => connection.close(),
  };
}
