// What an end-to-end test stands on: an embedded stack, a stream of four shards, a database, and workers that are gone
// afterwards. It makes no claims.
import { createFeed, createStream, type EmbeddedStack, newDatabase, runFeed, type SentRecord, startStack } from '@shardfold/embedded';
import { systemMachine } from '@shardfold/lease';
import pg from 'pg';
import { fold } from '../oracle/oracle.ts';
import { tableDifferences } from '../oracle/postgres-table.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

export interface FleetBed {
  readonly stack: EmbeddedStack;
  readonly stream: string;
  readonly databaseUrl: string;
  readonly database: pg.Pool;
  /** YAML of a worker on this bed; `more` is appended as it is. */
  configuration(more?: string): string;
  start(name: string, more?: string, args?: readonly string[]): WorkerProcess;
  /** Sends feed records; what was sent is kept for the oracle. */
  feed(options: {
    readonly records: number;
    readonly keys: number;
    readonly seed: number;
    readonly ratePerSecond?: number;
    readonly signal?: AbortSignal;
  }): Promise<void>;
  readonly sent: readonly SentRecord[];
  /** One line for each difference between the tables and what the oracle makes of everything sent. */
  differences(): Promise<readonly string[]>;
  end(): Promise<void>;
}

export const shardCount = 4;
let beds = 0;

/** A new stream, lease table and database on the stack. */
export async function fleetBed(stack: EmbeddedStack, shards = shardCount): Promise<FleetBed> {
  beds += 1;
  const stream = `cdc-${process.pid}-${beds}`;
  await createStream({ url: stack.kinesis.url, name: stream, shards });
  const databaseUrl = await newDatabase(stack.postgres.url);
  const database = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const sent: SentRecord[] = [];
  const workers: WorkerProcess[] = [];

  function configuration(more = ''): string {
    return `
version: 1
application: ${stream}
aws: { region: us-east-1 }
source: { endpoint: "${stack.kinesis.url}", streams: [${stream}], start: trim-horizon, pollInterval: 100ms, limits: none }
lease: { endpoint: "${stack.dynamo.url}", duration: 4s }
checkpoint: { interval: 500ms }
sinks: { main: { kind: postgres, url: "${databaseUrl}" } }
http: { host: 127.0.0.1, port: 0 }
log: { level: info, format: json }
${more}`;
  }

  return {
    stack,
    stream,
    databaseUrl,
    database,
    configuration,
    start(name, more, args) {
      const worker = startWorker(name, configuration(more), args);
      workers.push(worker);
      return worker;
    },
    async feed({ records, keys, seed, ratePerSecond = Number.POSITIVE_INFINITY, signal }) {
      const feed = createFeed({ seed, tables: ['orders', 'customers'], keys: keys / 2, duplicateRatio: 0.05, disorderRatio: 0.05 });
      const onSent = (batch: readonly SentRecord[]) => void sent.push(...batch);
      await runFeed({
        url: stack.kinesis.url,
        stream,
        feed,
        ratePerSecond,
        records,
        machine: systemMachine,
        onSent,
        ...(signal === undefined ? {} : { signal }),
      });
    },
    sent,
    async differences() {
      const found: string[] = [];
      for (const [table, rows] of fold(sent)) found.push(...(await tableDifferences(database, `"${table}"`, rows)).map((line) => `${table} ${line}`));
      return found;
    },
    async end() {
      for (const worker of workers) worker.signal('SIGKILL');
      await Promise.all(workers.map(({ exited }) => exited));
      await database.end();
    },
  };
}

export { startStack };
