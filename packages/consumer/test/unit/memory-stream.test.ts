// The stream in memory passes the suite of every shard source.
import { test } from 'vitest';
import { memoryStream, shardSourceConformance } from '../../src/testing/index.ts';

const cannot = {
  disturb: 'a memory stream answers no calls',
  'partition-keys': 'a memory stream takes no partition keys',
  aggregates: 'a memory stream takes no aggregates apart',
};

for (const { name, skip, run } of shardSourceConformance(async (budget) => {
  let nowMs = 1_000;
  const stream = memoryStream({ name: 'orders', budget, clock: { wallMs: () => nowMs++ }, maxRecordsPerBatch: 10 });
  const shard = stream.shard('shard-1');
  const child = { shardId: 'shard-2', parents: [shard.shardId] };
  let open = shard.shardId;
  return {
    source: stream.source,
    shard,
    put: async (payloads) => stream.put(open, payloads),
    async closeShard() {
      stream.close(shard.shardId, [child]);
      open = child.shardId;
      return [stream.shard(child.shardId)];
    },
    close: async () => undefined,
  };
}, cannot))
  test(name, (context) => (skip === undefined ? run() : context.skip(skip)));
