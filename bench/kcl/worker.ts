// One worker of ours, as it is out of the box: a process that prints what it does to shards, and to records nothing. It knows
// no scenario. Its place comes as JSON in the first argument.
import { type ConsumerEvent, createConsumer } from '@shardfold/consumer';
import type { WorkerLine, WorkerPlace } from './process.ts';

const { application, stream, worker, kinesisUrl, dynamoUrl } = JSON.parse(process.argv[2] ?? '') as WorkerPlace;

function say(kind: WorkerLine['kind'], shard: string): void {
  const line: WorkerLine = { kind, shard, atMs: Date.now() };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function onEvent(event: ConsumerEvent): void {
  if (event.kind === 'lease-released') say('released', event.key);
  if (event.kind === 'shard-stopped') say('gone', event.shard.shardId);
}

const consumer = createConsumer({
  application,
  streams: [stream],
  start: { kind: 'trim-horizon' },
  worker,
  kinesis: { endpoint: kinesisUrl, region: 'us-east-1' },
  dynamodb: { endpoint: dynamoUrl, region: 'us-east-1' },
  processor: {
    async process(batch, { shard }) {
      if (batch.records.length > 0) say('read', shard.shardId);
    },
  },
  onEvent,
});
process.once('SIGTERM', () => void consumer.stop());
await consumer.run();
