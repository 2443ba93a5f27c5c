// The stream in memory passes the suite of every shard source.
import { test } from 'vitest';
import { memoryStream, shardSourceConformance } from '../../src/testing/index.ts';

for (const { name, run } of shardSourceConformance(async (budget) => {
  let nowMs = 1_000;
  const stream = memoryStream({ name: 'orders', budget, clock: { wallMs: () => nowMs++ }, maxRecordsPerBatch: 10 });
  return {
    source: stream.source,
    shard: stream.shard('shard-1'),
    put: async (payloads) => stream.put('shard-1', payloads),
    closeShard: async () => stream.close('shard-1', []),
    close: async () => undefined,
  };
}))
  test(name, run);
