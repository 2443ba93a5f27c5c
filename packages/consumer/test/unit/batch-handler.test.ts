// A batch whose lease went in the moment before the processor would have had it: nobody has read it, and it is said so.
import { expect, test } from 'vitest';
import { handleBatch } from '../../src/shard/batch-handler.ts';
import { createCheckpointer } from '../../src/shard/checkpointer.ts';
import { createShardLife } from '../../src/shard/life.ts';
import type { ConsumerEvent } from '../../src/types.ts';
import { createWatermark } from '../../src/watermark/watermark.ts';
import { leaseStub } from '../support/held-lease.ts';
import { batch, records, shard } from '../support/records.ts';
import { virtualTime } from '../support/time.ts';

test.each([
  ['held', false, 3, []],
  ['gone', true, 0, [3]],
])('of a lease that is %s', async (_, isLost, given, abandoned) => {
  const machine = virtualTime().machine(1);
  const events: ConsumerEvent[] = [];
  const onEvent = (event: ConsumerEvent) => events.push(event);
  const lease = leaseStub();
  const watermark = createWatermark();
  if (isLost) lease.lose();
  let processed = 0;
  let isReleased = false;
  await handleBatch(
    {
      held: lease.held,
      shard,
      watermark,
      checkpointer: createCheckpointer({ held: lease.held, shard, watermark, machine, policy: { intervalMs: 5_000, records: 1_000 }, onEvent }),
      prepared: undefined,
      processor: {
        process({ records: all }) {
          processed += all.length;
        },
      },
      failure: { policy: 'retry' },
      machine,
      life: createShardLife(machine.clock),
      stopping: lease.held.lost,
      onEvent,
    },
    batch(records(1, 3), {
      release() {
        isReleased = true;
      },
    }),
  );
  expect([processed, isReleased]).toEqual([given, true]);
  expect(events.flatMap((event) => (event.kind === 'records-abandoned' ? [event.records] : []))).toEqual(abandoned);
});
