// A batch of the polling source that was released: whoever still has it in a variable keeps no records with it.
import { expect, test } from 'vitest';
import { createByteBudget, memoryKinesis } from '../../src/testing/index.ts';
import { never } from '../support/memory-reading.ts';
import { sourceOver } from '../support/sources-under-test.ts';
import { virtualTime } from '../support/time.ts';

test('a released batch has no records any more; a list of them that was taken before is as it was', async () => {
  const machine = virtualTime().machine(1, { wallMs: 1_760_000_000_000 });
  const kinesis = memoryKinesis({ clock: machine.clock });
  kinesis.createStream('orders');
  const [shard] = kinesis.openShards('orders');
  if (shard === undefined) throw new Error('a stream without shards');
  kinesis.put('orders', { partitionKey: 'key', data: new Uint8Array(3) });
  const source = sourceOver({ service: kinesis.service, budget: createByteBudget(1024 * 1024), machine, limits: 'none' });
  const batches = source.open(shard, { kind: 'trim-horizon' }, { signal: never })[Symbol.asyncIterator]();
  const { value: batch } = await batches.next();
  const { records } = batch;
  batch.release();
  batch.release();
  expect([batch.records.length, records.length]).toEqual([0, 1]);
  await batches.return?.();
});
