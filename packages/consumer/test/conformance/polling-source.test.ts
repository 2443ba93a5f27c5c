// The polling source passes the suite of every shard source, on both embedded servers.
import { PutRecordsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { awsClients, createStream, type Embedded, type KinesisFlavour, startKinesis } from '@shardfold/embedded';
import { systemMachine } from '@shardfold/lease';
import { afterAll, afterEach, beforeAll, beforeEach, describe, test, vi } from 'vitest';
import { createKinesisClient } from '../../src/kinesis/client.ts';
import { createPollingSource } from '../../src/kinesis/polling-source.ts';
import { listShards } from '../../src/kinesis/shards.ts';
import type { ByteBudget } from '../../src/memory/byte-budget.ts';
import { type StreamUnderTest, shardSourceConformance } from '../../src/testing/index.ts';

const region = 'us-east-1';

async function streamOn(url: string, name: string, budget: ByteBudget): Promise<StreamUnderTest> {
  await createStream({ url, name, shards: 1 });
  const outside = awsClients(url);
  const client = createKinesisClient({ endpoint: url, region });
  const shardId = (await listShards(client, name, AbortSignal.timeout(5_000)))[0]?.shardId ?? '';
  return {
    source: createPollingSource({ client, machine: systemMachine, budget, limits: 'none', pollIntervalMs: 20, onEvent: () => undefined }),
    shard: { stream: name, shardId, key: shardId },
    async put(payloads) {
      const records = payloads.map((payload) => ({ Data: new TextEncoder().encode(payload), PartitionKey: 'key' }));
      const answer = await outside.kinesis.send(new PutRecordsCommand({ StreamName: name, Records: records }));
      if (answer.FailedRecordCount) throw new Error('not every record was put');
    },
    async closeShard() {
      await outside.kinesis.send(
        new SplitShardCommand({ StreamName: name, ShardToSplit: shardId, NewStartingHashKey: '170141183460469231731687303715884105728' }),
      );
    },
    async close() {
      client.destroy();
      outside.destroy();
    },
  };
}

const flavours: readonly KinesisFlavour[] = ['volume', 'semantics'];

describe.each(flavours)('the polling source on the embedded Kinesis for %s', (flavour) => {
  let server: Embedded;
  let streams = 0;
  beforeAll(async () => {
    server = await startKinesis({ flavour });
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  for (const { name, run } of shardSourceConformance((budget) => {
    streams += 1;
    return streamOn(server.url, `conformance-${streams}`, budget);
  }))
    test(name, run);
});
