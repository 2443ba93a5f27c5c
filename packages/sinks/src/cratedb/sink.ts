// The CrateDB sink: puts connection, tables and dead letters together behind the seam.
import type { Clock, Timers } from '../ports.ts';
import { type Sink, SinkError, type SinkStatus, type TableStatus } from '../types.ts';
import { describeRelation } from './catalog.ts';
import { type Connection, createConnection } from './connection.ts';
import { createDeadLetters } from './dead-letters.ts';
import { lettersProblems, prepareDeadLetters } from './letters-table.ts';
import { literal, quoted } from './names.ts';
import { type OpenedTable, openTable } from './open-table.ts';
import type { CrateShape } from './shape.ts';

/** Two writes in flight for each of two tables; more gain nothing on one node. */
const defaultPoolMax = 4;
/** Older ones mixed up values in upserts. */
const oldest = [5, 10, 12] as const;

export interface CrateSinkOptions {
  /** `https://user:password@host:4200/schema`: the HTTP port; `doc` without a schema. NODE_EXTRA_CA_CERTS names a CA of your own. */
  readonly url: string;
  /** The fleet's name; sent as `User-Agent: shardfold NAME`. */
  readonly application: string;
  readonly machine: { readonly clock: Clock; readonly timers: Timers };
  /** Connections at most. */
  readonly poolMax?: number;
  /** Whether the sink may create its dead letter table; targets say it themselves. */
  readonly createTables: boolean;
  /** False: nobody asks it for dead letters, and opening it neither makes nor checks their place. Default: true. */
  readonly keepsLetters?: boolean;
}

export function isTooOld(version: string): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (const [index, needed] of oldest.entries()) {
    const part = parts[index] ?? Number.NaN;
    if (part !== needed) return !(part > needed);
  }
  return false;
}

async function versions(connection: Connection, signal: AbortSignal): Promise<string[]> {
  const { rows } = await connection.ask("SELECT DISTINCT version['number'] FROM sys.nodes", signal);
  return rows.map(([version]) => String(version)).sort();
}

async function checkServer(connection: Connection, signal: AbortSignal): Promise<void> {
  const old = (await versions(connection, signal)).find(isTooOld);
  if (old === undefined) return;
  throw new SinkError(
    'SINK_DENIED',
    `CrateDB: a node has version ${old}; before ${oldest.join('.')} upserts may mix up the values of rows. Nothing is written. Upgrade every node.`,
    { retryable: false },
  );
}

async function measured(
  connection: Connection,
  { rows, schema, rowsName, names }: CrateShape,
  signal: AbortSignal,
): Promise<Omit<TableStatus, 'name' | 'problems'>> {
  const sizes = await connection.ask(
    `SELECT sum(size) FROM sys.shards WHERE schema_name = ${literal(schema)} AND table_name = ${literal(rowsName)} AND "primary"`,
    signal,
  );
  const counted = await connection.ask(`SELECT count(*), count(${quoted(names.time)}) FROM ${rows}`, signal);
  const [all, living] = counted.rows[0] ?? [];
  return { rows: Number(living ?? 0), tombstones: Number(all ?? 0) - Number(living ?? 0), bytes: Number(sizes.rows[0]?.[0] ?? 0) };
}

async function statusOf(connection: Connection, name: string, { shape, problems }: OpenedTable, signal: AbortSignal): Promise<TableStatus> {
  const found = await describeRelation(connection, { schema: shape.schema, name: shape.rowsName }, signal);
  return { name, ...(found === undefined ? {} : await measured(connection, shape, signal)), problems: problems() };
}

/** Tables in CrateDB. Connects with `open`; every method throws `SinkError`. Throws SINK_DENIED for a url that is none. */
export function createCrateSink({ url, application, machine, poolMax = defaultPoolMax, createTables, keepsLetters = true }: CrateSinkOptions): Sink {
  const connection = createConnection({ url, application, poolMax, timers: machine.timers });
  const wallMs = (): number => machine.clock.wallMs();
  const tables = new Map<string, OpenedTable>();
  return {
    kind: 'cratedb',
    statementsPerTable: 2,
    async open(signal) {
      await checkServer(connection, signal);
      if (keepsLetters) await prepareDeadLetters(connection, createTables, signal);
    },
    async table(target, signal) {
      const opened = await openTable({ connection, target, wallMs }, signal);
      tables.set(target.name, opened);
      return opened.table;
    },
    deadLetters: () => createDeadLetters(connection),
    async describe(signal): Promise<SinkStatus> {
      const startMs = wallMs();
      const server = `CrateDB ${(await versions(connection, signal)).join(', ')}`;
      const latencyMs = Math.max(0, wallMs() - startMs);
      const described: TableStatus[] = [];
      for (const [name, opened] of tables) described.push(await statusOf(connection, name, opened, signal));
      const problems = keepsLetters ? await lettersProblems(connection, signal) : [];
      return { kind: 'cratedb', server, latencyMs, connections: connection.status(), tables: described, problems };
    },
    close: async () => connection.close(),
  };
}
