// A sink over any SQL database: puts a dialect, connections, tables and dead letters together behind the seam. It holds no SQL.
import type { Clock } from '../ports.ts';
import { type Sink, SinkError, type TableStatus } from '../types.ts';
import { createBuilder } from './builder.ts';
import type { SqlConnections } from './connections.ts';
import { createDeadLetters } from './dead-letters.ts';
import type { SqlDialect } from './dialect.ts';
import { type Engine, guarded } from './engine.ts';
import { openKeyless } from './keyless.ts';
import { lettersProblems, prepareDeadLetters } from './letters-table.ts';
import { shapeOf } from './shape.ts';
import { createSpellings } from './spellings.ts';
import { type OpenedTable, openKeyed } from './table.ts';

export interface SqlSinkOptions {
  readonly dialect: SqlDialect;
  readonly connections: SqlConnections;
  readonly clock: Clock;
  /** Whether the sink may create its dead letter table; targets say it themselves. */
  readonly createTables: boolean;
  /** False: nobody asks it for dead letters, and opening it neither makes nor checks their place. Default: true. */
  readonly keepsLetters?: boolean;
}

async function statusOf({ dialect, connections }: Engine, name: string, opened: OpenedTable, signal: AbortSignal): Promise<TableStatus> {
  const measure = (await dialect.measure?.(connections, opened.shape, signal)) ?? {};
  return { name, ...measure, problems: opened.problems() };
}

/** Connects with `open`; every method throws `SinkError`. Closing it closes the connections. */
export function createSqlSink({ dialect, connections, clock, createTables, keepsLetters = true }: SqlSinkOptions): Sink {
  const engine: Engine = { dialect, connections, builder: createBuilder(dialect) };
  const { kind, product } = dialect;
  const tables = new Map<string, OpenedTable>();
  const spellings = createSpellings(dialect);
  const letters = createDeadLetters(engine);
  return {
    kind,
    statementsPerTable: dialect.statementsPerTable,
    async open(signal) {
      const { readOnly } = await guarded(engine, () => dialect.introduce(connections, signal));
      if (readOnly) {
        throw new SinkError(
          'SINK_READ_ONLY',
          `${product}: the server takes no writes. Opening is retried. Point the url at the primary, or make the server writable.`,
          { retryable: true },
        );
      }
      if (keepsLetters) await guarded(engine, () => prepareDeadLetters(engine, createTables, signal));
    },
    async table(target, signal) {
      const shape = shapeOf(target, dialect.names);
      spellings.check(target.name, shape.rows);
      const opened = await (shape.keyless ? openKeyless : openKeyed)(engine, shape, target, signal);
      spellings.claim(target.name, shape.rows);
      // Opened without a key for a truncation: what is known of it with its key says more.
      if (!opened.shape.keyless || !tables.has(target.name)) tables.set(target.name, opened);
      return opened.table;
    },
    deadLetters: () => letters,
    describe: (signal) =>
      guarded(engine, async () => {
        const startedMs = clock.wallMs();
        const { server } = await dialect.introduce(connections, signal);
        const latencyMs = Math.max(0, clock.wallMs() - startedMs);
        const status = connections.status();
        const described: TableStatus[] = [];
        for (const [name, opened] of tables) described.push(await statusOf(engine, name, opened, signal));
        const problems = keepsLetters ? await lettersProblems(engine, signal) : [];
        return { kind, server, latencyMs, ...(status === undefined ? {} : { connections: status }), tables: described, problems };
      }),
    createDenial: (signal) => guarded(engine, async () => dialect.createDenial?.(connections, signal)),
    close: () => connections.close(),
  };
}
