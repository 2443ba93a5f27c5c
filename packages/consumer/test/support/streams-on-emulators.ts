// Streams of one shard on whatever emulator listens, as the suite of shard sources wants them. It knows no emulator.
import { PutRecordsCommand, SplitShardCommand } from '@aws-sdk/client-kinesis';
import { awsClients, createStream } from '@shardfold/embedded';
import { createKinesisClient } from '../../src/kinesis/client.ts';
import { createKinesisService } from '../../src/kinesis/service.ts';
import { type ByteBudget, disturbedService, type StreamUnderTest } from '../../src/testing/index.ts';
import type { ShardRef } from '../../src/types.ts';
import { disturbanceOf, sourceOver } from './sources-under-test.ts';

const region = 'us-east-1';
const middleOfHashes = '170141183460469231731687303715884105728';
const looksMax = 1_000;

/** Wants AWS credentials in the environment. The stream is made; its shard is split in the middle. */
export async function streamOnEmulator(url: string, name: string, budget: ByteBudget): Promise<StreamUnderTest> {
  await createStream({ url, name, shards: 1 });
  const outside = awsClients(url);
  const service = createKinesisService(createKinesisClient({ endpoint: url, region }));
  const refs = async (isWanted: (parents: readonly string[]) => boolean): Promise<readonly ShardRef[]> => {
    const listed = await service.listShards(name, AbortSignal.timeout(5_000));
    return listed.filter(({ parents }) => isWanted(parents)).map(({ shardId }) => ({ stream: name, shardId, key: shardId }));
  };
  const [shard] = await refs(() => true);
  if (shard === undefined) throw new Error('a stream without shards');
  const { hook, disturb } = disturbanceOf(shard);
  return {
    source: sourceOver({ service: disturbedService(service, hook), budget }),
    disturb,
    shard,
    async put(payloads, partitionKey = 'key') {
      const records = payloads.map((payload) => ({
        Data: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
        PartitionKey: partitionKey,
      }));
      const answer = await outside.kinesis.send(new PutRecordsCommand({ StreamName: name, Records: records }));
      if (answer.FailedRecordCount) throw new Error('not every record was put');
    },
    async closeShard() {
      await outside.kinesis.send(new SplitShardCommand({ StreamName: name, ShardToSplit: shard.shardId, NewStartingHashKey: middleOfHashes }));
      for (let look = 0; look < looksMax; look += 1) {
        const children = await refs((parents) => parents.includes(shard.shardId));
        if (children.length === 2) return children;
      }
      throw new Error('the split does not show');
    },
    async close() {
      service.close();
      outside.destroy();
    },
  };
}
