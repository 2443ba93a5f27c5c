// A Kinesis and a DynamoDB of one's own for a test file, with streams that records are put into and consumers of them. It knows no
// test.
import { ListShardsCommand, PutRecordsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { awsClients, createStream, type KinesisFlavour, startDynamo, startKinesis } from '@shardfold/embedded';
import { vi } from 'vitest';
import { type ConsumerOptions, createConsumer } from '../../src/create-consumer.ts';
import type { Consumer, ConsumerEvent } from '../../src/types.ts';

const region = 'us-east-1';
const maxLooks = 1_000;
const middleOfHashes = '170141183460469231731687303715884105728';

export async function startServers(flavour: KinesisFlavour) {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const [kinesis, dynamo] = await Promise.all([startKinesis({ flavour }), startDynamo()]);
  const clients = awsClients(kinesis.url);
  return {
    kinesisUrl: kinesis.url,
    dynamoUrl: dynamo.url,
    createStream: (name: string, shards: number) => createStream({ url: kinesis.url, name, shards }),
    async put(stream: string, payloads: readonly string[]) {
      const records = payloads.map((payload) => ({ Data: new TextEncoder().encode(payload), PartitionKey: payload }));
      const answer = await clients.kinesis.send(new PutRecordsCommand({ StreamName: stream, Records: records }));
      if (answer.FailedRecordCount) throw new Error('not every record was put');
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
  /** Resolves once the condition holds; it is looked at with every event. */
  until(condition: () => boolean): Promise<void>;
}

/** A running consumer that writes down what it sees. Its reads are frequent and its leases short, for the tests' sake. */
export function startConsumer(servers: Servers, options: Pick<ConsumerOptions, 'application' | 'streams'> & Partial<ConsumerOptions>): Running {
  const seen: string[] = [];
  const events: ConsumerEvent[] = [];
  const waiting = new Set<() => void>();
  const consumer = createConsumer({
    ...servers.access,
    start: { kind: 'trim-horizon' },
    limits: 'none',
    pollIntervalMs: 20,
    lease: { durationMs: 3_000 },
    processor: { process: async ({ records }) => void seen.push(...records.map((record) => record.text())) },
    ...options,
    onEvent(event) {
      events.push(event);
      for (const check of waiting) check();
    },
  });
  return {
    consumer,
    run: consumer.run(),
    seen,
    events,
    until(condition) {
      return new Promise((resolve) => {
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

export const held = ({ consumer }: Running): number => consumer.status().shards.filter((shard) => shard.held).length;
