// A Kinesis and a DynamoDB of one's own for a test file, with streams that records are put into and consumers of them. It knows no
// test.
import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { DeleteStreamCommand, DescribeStreamSummaryCommand, ListShardsCommand, PutRecordsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { awsClients, createStream, type KinesisFlavour, startDynamo, startKinesis } from '@shardfold/embedded';
import { expect, onTestFinished, vi } from 'vitest';
import { createConsumer } from '../../src/create-consumer.ts';
import type { ConsumerOptions } from '../../src/options.ts';
import type { Consumer, ConsumerEvent, RecordBatch } from '../../src/types.ts';

const region = 'us-east-1';
const maxLooks = 1_000;
/** The service allows 256. */
const keyCharsMax = 64;
const middleOfHashes = '170141183460469231731687303715884105728';

/** The rows of a lease table as they lie in it, by their keys. */
export async function leaseRows(dynamo: DynamoDBClient, table: string) {
  const { Items: items = [] } = await dynamo.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  const rows = items.map(({ leaseKey, checkpoint, leaseOwner, streamName, sfRead }) => ({
    key: leaseKey?.S ?? '',
    checkpoint: checkpoint?.S,
    owner: leaseOwner?.S,
    stream: streamName?.S,
    readMs: sfRead?.N === undefined ? undefined : Number(sfRead.N),
  }));
  return rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

export async function startServers(flavour: KinesisFlavour) {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const [kinesis, dynamo] = await Promise.all([startKinesis({ flavour }), startDynamo()]);
  const clients = awsClients(kinesis.url);
  const tables = awsClients(dynamo.url);
  return {
    kinesisUrl: kinesis.url,
    dynamoUrl: dynamo.url,
    createStream: (name: string, shards: number) => createStream({ url: kinesis.url, name, shards }),
    deleteStream: (name: string) => clients.kinesis.send(new DeleteStreamCommand({ StreamName: name })),
    async arnOf(stream: string): Promise<string> {
      const { StreamDescriptionSummary: summary } = await clients.kinesis.send(new DescribeStreamSummaryCommand({ StreamName: stream }));
      return summary?.StreamARN ?? '';
    },
    leaseRows: (table: string) => leaseRows(tables.dynamo, table),
    /** Answers with the shard of each. */
    async put(stream: string, payloads: readonly string[]): Promise<readonly string[]> {
      const records = payloads.map((payload) => ({ Data: new TextEncoder().encode(payload), PartitionKey: payload.slice(0, keyCharsMax) }));
      const answer = await clients.kinesis.send(new PutRecordsCommand({ StreamName: stream, Records: records }));
      if (answer.FailedRecordCount) throw new Error('not every record was put');
      return (answer.Records ?? []).map(({ ShardId }) => ShardId ?? '');
    },
    /** Resolves when the stream lists the children: what is put from then on goes to them. */
    async split(stream: string, shardId: string) {
      await clients.kinesis.send(new SplitShardCommand({ StreamName: stream, ShardToSplit: shardId, NewStartingHashKey: middleOfHashes }));
      for (let look = 0; look < maxLooks; look += 1) {
        const { Shards: shards = [] } = await clients.kinesis.send(new ListShardsCommand({ StreamName: stream }));
        if (shards.some((each) => each.ParentShardId === shardId)) return;
      }
      throw new Error('the split does not show');
    },
    access: { kinesis: { endpoint: kinesis.url, region }, dynamodb: { endpoint: dynamo.url, region } },
    async stop() {
      clients.destroy();
      tables.destroy();
      await Promise.all([kinesis.stop(), dynamo.stop()]);
      vi.unstubAllEnvs();
    },
  };
}

export type Servers = Awaited<ReturnType<typeof startServers>>;

export interface Running {
  readonly consumer: Consumer;
  readonly run: Promise<void>;
  /** Texts of the records that came, in order, repeated ones too. */
  readonly seen: string[];
  readonly events: ConsumerEvent[];
  /** Resolves once the condition holds; it is looked at with every event and every batch. Rejects when the run ends otherwise. */
  until(condition: () => boolean): Promise<void>;
}

/** A running consumer that writes down what it sees, until the test is over. Its reads are frequent and its leases short, for the tests' sake. */
export function startConsumer(
  servers: Pick<Servers, 'access'>,
  options: Pick<ConsumerOptions, 'application' | 'streams'> & Partial<ConsumerOptions>,
  signal?: AbortSignal,
): Running {
  const seen: string[] = [];
  const events: ConsumerEvent[] = [];
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const check of waiting) check();
  };
  const keep = async ({ records }: RecordBatch): Promise<void> => {
    seen.push(...records.map((record) => record.text()));
    look();
  };
  const consumer = createConsumer({
    ...servers.access,
    start: { kind: 'trim-horizon' },
    limits: 'none',
    pollIntervalMs: 20,
    lease: { durationMs: 3_000 },
    processor: { process: keep },
    ...options,
    onEvent(event) {
      events.push(event);
      look();
    },
  });
  const run = consumer.run(signal);
  // Looked at later, if at all.
  run.catch(() => undefined);
  onTestFinished(async () => {
    await Promise.all([consumer.stop(), consumer.stop()]);
    await run.catch(() => undefined);
  });
  return {
    consumer,
    run,
    seen,
    events,
    until(condition) {
      return new Promise((resolve, reject) => {
        run.catch(reject);
        const check = () => {
          if (!condition()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
    },
  };
}

export const held = ({ consumer }: Pick<Running, 'consumer'>): number => consumer.status().shards.filter((shard) => shard.held).length;

/** Events of one kind. */
export function eventsOf<Kind extends ConsumerEvent['kind']>({ events }: Pick<Running, 'events'>, kind: Kind) {
  return events.filter((event): event is Extract<ConsumerEvent, { kind: Kind }> => event.kind === kind);
}

/** Stops it, and expects everything to be given back. */
export async function stopCleanly({ consumer, run }: Pick<Running, 'consumer' | 'run'>): Promise<void> {
  expect(await consumer.stop()).toEqual({ clean: true });
  await run;
}

/** `prefix 0`, `prefix 1` and so on. */
export const texts = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, index) => `${prefix} ${index}`);
