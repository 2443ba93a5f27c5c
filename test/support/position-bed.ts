// What tests of positions stand on: a stream with one shard, a lease table, a database in a file, and the built program. It makes no claims.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PutRecordCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { awsClients, createStream, type Embedded, startDynamo, startKinesis } from '@shardfold/embedded';
import { type Followed, follow, type Ran, shardfold } from './command.ts';
import { until } from './until.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

export interface Servers {
  readonly kinesis: Embedded;
  readonly dynamo: Embedded;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const [kinesis, dynamo] = await Promise.all([startKinesis({ flavour: 'semantics' }), startDynamo()]);
  return { kinesis, dynamo, stop: async () => void (await Promise.all([kinesis.stop(), dynamo.stop()])) };
}

export interface PositionBed {
  readonly stream: string;
  readonly yaml: string;
  /** A change for each of these rows of the table `orders`. */
  put(...ids: readonly string[]): Promise<void>;
  /** Halves the hash-key range of its first shard. */
  split(): Promise<void>;
  command(args: readonly string[], stdin?: string): Promise<Ran>;
  /** A command that goes on until it is told to stop. */
  follow(args: readonly string[]): Followed;
  /** A worker reads into a new database, and is stopped once that has so many rows; answers with their ids. */
  read(rows: number): Promise<readonly string[]>;
  /** A run that ends by itself at the tip reads into a new database; answers with its ids. */
  readToTip(): Promise<readonly string[]>;
  start(): WorkerProcess;
  end(): Promise<void>;
}

const middle = (2n ** 127n).toString();
let beds = 0;

function change(id: string): Uint8Array {
  const time = { ApproximateCreationDateTime: Date.now(), Keys: { id: { S: id } }, NewImage: { id: { S: id } }, SizeBytes: 1 };
  return Buffer.from(JSON.stringify({ eventSource: 'aws:dynamodb', eventName: 'INSERT', tableName: 'orders', dynamodb: time }));
}

function idsIn(file: string): readonly string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const there = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'orders'").get() !== undefined;
    return there ? (database.prepare('SELECT id FROM orders ORDER BY id').all() as { id: string }[]).map(({ id }) => id) : [];
  } finally {
    database.close();
  }
}

export async function positionBed({ kinesis, dynamo }: Servers): Promise<PositionBed> {
  beds += 1;
  const stream = `moved-${process.pid}-${beds}`;
  await createStream({ url: kinesis.url, name: stream, shards: 1 });
  const clients = awsClients(kinesis.url);
  const folder = mkdtempSync(join(tmpdir(), 'shardfold-positions-'));
  const workers: WorkerProcess[] = [];
  const followed: Followed[] = [];
  let databases = 0;
  const yamlOf = (file: string) => `
application: ${stream}
aws: { region: us-east-1 }
source: { endpoint: "${kinesis.url}", streams: [${stream}], start: trim-horizon, pollInterval: 50ms, limits: none }
lease: { endpoint: "${dynamo.url}", duration: 3s }
checkpoint: { interval: 100ms }
sinks: { main: { kind: sqlite, url: "sqlite:${file}" } }
http: { host: 127.0.0.1, port: 0 }
log: { format: json }
`;
  const fresh = () => {
    databases += 1;
    return join(folder, `${databases}.db`);
  };
  const yaml = yamlOf(fresh());
  const run = (config: string) => {
    const worker = startWorker('worker', config);
    workers.push(worker);
    return worker;
  };
  return {
    stream,
    yaml,
    async put(...ids) {
      for (const id of ids) await clients.kinesis.send(new PutRecordCommand({ StreamName: stream, PartitionKey: id, Data: change(id) }));
    },
    async split() {
      const split = new SplitShardCommand({ StreamName: stream, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: middle });
      await until('the split', async () => (await clients.kinesis.send(split)) !== undefined);
    },
    command: (args, stdin) => shardfold(yaml, args, stdin),
    follow(args) {
      const running = follow(yaml, args);
      followed.push(running);
      return running;
    },
    async read(rows) {
      const file = fresh();
      const worker = run(yamlOf(file));
      await until(`${rows} rows`, () => idsIn(file).length >= rows);
      worker.signal('SIGTERM');
      const code = await worker.exited;
      if (code !== 0) throw new Error(`The worker ended with ${code}: ${worker.lines.map(({ msg }) => msg).join(' ')}`);
      return idsIn(file);
    },
    async readToTip() {
      const file = fresh();
      const { code, err } = await shardfold(yamlOf(file), ['run', '--until-caught-up']);
      if (code !== 0) throw new Error(`The run ended with ${code}: ${err}`);
      return idsIn(file);
    },
    start: () => run(yaml),
    async end() {
      for (const each of [...workers, ...followed]) each.signal('SIGKILL');
      await Promise.all([...workers.map(({ exited }) => exited), ...followed.map(({ ended }) => ended)]);
      clients.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
