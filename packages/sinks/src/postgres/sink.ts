// The PostgreSQL sink: puts connections, tables and dead letters together behind the seam. It holds no SQL of its own but
// the server's introduction.
import { createHash } from 'node:crypto';
import type { Timers } from '../ports.ts';
import { type Sink, SinkError, type Table, type TargetTable } from '../types.ts';
import { type Connections, createConnections } from './connections.ts';
import { createDeadLetters, deadLettersTable } from './dead-letters.ts';
import { asSinkError } from './errors.ts';
import { prepareDeadLetters, prepareTable } from './prepare-table.ts';
import { shapeOf, type TableShape } from './shape.ts';
import { hotStatements } from './statements.ts';
import { forgetting, healing, truncation } from './truncate.ts';
import { type WriteContext, writeGroup } from './write.ts';

/** Two writes in flight for each of two tables; more gain nothing on one server and cost it a process each. */
const defaultPoolMax = 4;

export interface PostgresSinkOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** The fleet's name, shown by the server as `shardfold NAME`. */
  readonly application: string;
  readonly machine: { readonly timers: Timers };
  /** Connections at most. */
  readonly poolMax?: number;
  /** Whether the sink may create its dead letter table; targets say it themselves. */
  readonly createTables: boolean;
}

function openTable(connections: Connections, shape: TableShape, target: TargetTable): Table {
  const statements = hotStatements(shape);
  const context: WriteContext = {
    connections,
    statements,
    statementName: `store_${createHash('sha256').update(statements.store).digest('hex').slice(0, 32)}`,
    floorName: shape.rows.table,
    key: shape.key,
    policy: { numbers: 'exact', ...target.columns },
  };
  return {
    write: (group, signal) => writeGroup(group, context, signal),
    async truncate(before, signal) {
      try {
        await connections.transaction(truncation(shape, context.floorName, before), signal, 'long');
      } catch (error) {
        throw asSinkError(error);
      }
    },
    async sweep(signal) {
      const healed = await connections.run(healing(shape), signal);
      const forgotten = await connections.run(forgetting(shape, target.tombstoneRetentionMs), signal);
      return { healed: healed.affected, forgotten: forgotten.affected };
    },
  };
}

async function introduce(connections: Connections, signal: AbortSignal): Promise<{ readonly server: string; readonly readOnly: boolean }> {
  const { rows } = await connections.run({ text: "SELECT version() AS server, current_setting('transaction_read_only') = 'on' AS read_only" }, signal);
  return { server: String(rows[0]?.server ?? ''), readOnly: rows[0]?.read_only === true };
}

/** Tables in PostgreSQL, layout `document`, hard deletes. Connects with `open`; every method throws `SinkError`. */
export function createPostgresSink({ url, application, machine, poolMax = defaultPoolMax, createTables }: PostgresSinkOptions): Sink {
  const connections = createConnections({ url, application, poolMax, timers: machine.timers });
  const tables = new Set<string>();
  return {
    kind: 'postgres',
    async open(signal) {
      const { readOnly } = await introduce(connections, signal);
      if (readOnly) {
        throw new SinkError(
          'SINK_READ_ONLY',
          'PostgreSQL: the server takes no writes. Opening is retried. Point the url at the primary, or make the server writable.',
          {
            retryable: true,
          },
        );
      }
      await prepareDeadLetters(connections, deadLettersTable, createTables, signal);
    },
    async table(target, signal) {
      const shape = shapeOf(target);
      await prepareTable(connections, shape, target.createTables, signal);
      tables.add(target.name);
      return openTable(connections, shape, target);
    },
    deadLetters: () => createDeadLetters(connections),
    async describe(signal) {
      return { kind: 'postgres', server: (await introduce(connections, signal)).server, tables: [...tables] };
    },
    close: () => connections.close(),
  };
}
