// When a watermark is saved: after a time, after so many records, one write at a time, and never after the end.
import type { Timers } from '@shardfold/lease';
import { expect, test } from 'vitest';
import { createCheckpointer } from '../../src/shard/checkpointer.ts';
import type { ConsumerEvent } from '../../src/types.ts';
import { createWatermark } from '../../src/watermark/watermark.ts';
import { leaseStub } from '../support/held-lease.ts';
import { records, shard } from '../support/records.ts';
import { virtualTime } from '../support/time.ts';

const intervalMs = 5_000;
const at = (sequence: number) => ({ kind: 'sequence', sequence: String(sequence), subSequence: 0 }) as const;

function setUp() {
  const time = virtualTime();
  const machine = time.machine(1);
  let pendingTimers = 0;
  const after: Timers['after'] = (delayMs, run) => {
    pendingTimers += 1;
    const cancel = machine.timers.after(delayMs, () => {
      pendingTimers -= 1;
      run();
    });
    return () => {
      pendingTimers -= 1;
      cancel();
    };
  };
  const lease = leaseStub();
  const watermark = createWatermark();
  const events: ConsumerEvent[] = [];
  const checkpointer = createCheckpointer({
    held: lease.held,
    shard,
    watermark,
    machine: { ...machine, timers: { ...machine.timers, after } },
    policy: { intervalMs, records: 100 },
    onEvent: (event) => events.push(event),
  });
  let done = 0;
  return {
    pendingTimers: () => pendingTimers,
    time,
    lease,
    checkpointer,
    watermark,
    events,
    kinds: () => events.map((event) => event.kind),
    /** So many more records are done. */
    progress(count: number) {
      watermark.track(records(done + 1, done + count)).complete();
      done += count;
      checkpointer.progressed();
    },
  };
}

const saved = (sequence: number) => ({ kind: 'checkpoint', at: at(sequence) });

test('what moved is saved after the interval, once', async () => {
  const { time, lease, progress, kinds } = setUp();
  progress(3);
  await time.advance(intervalMs - 1_000);
  progress(4);
  await time.advance(999);
  expect(lease.writes).toEqual([]);
  await time.advance(1);
  expect(lease.writes).toEqual([saved(7)]);
  await time.advance(10 * intervalMs);
  expect(lease.writes).toEqual([saved(7)]);
  expect(kinds()).toEqual(['checkpoint-saved']);
});

test('so many records are saved at once, counted from the last save of any kind', async () => {
  const { time, lease, progress } = setUp();
  progress(99);
  await time.advance(intervalMs);
  expect(lease.writes).toEqual([saved(99)]);
  await time.advance(1_000);
  progress(99);
  await time.advance(0);
  expect(lease.writes).toHaveLength(1);
  progress(1);
  await time.advance(0);
  expect(lease.writes).toEqual([saved(99), saved(199)]);
});

test('however many records come, they are saved once a second', async () => {
  const { time, lease, progress } = setUp();
  progress(100);
  await time.advance(999);
  progress(1_000);
  progress(1_000);
  await time.advance(0);
  expect(lease.writes).toEqual([saved(100)]);
  await time.advance(1);
  expect(lease.writes).toEqual([saved(100), saved(2_100)]);
  await time.advance(1_000);
  progress(5);
  await time.advance(intervalMs - 1);
  expect(lease.writes).toHaveLength(2);
  await time.advance(1);
  expect(lease.writes.at(-1)).toEqual(saved(2_105));
});

test('one write at a time; all that is asked meanwhile is one more', async () => {
  const { time, lease, progress, checkpointer } = setUp();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let under = 0;
  let most = 0;
  lease.before = async () => {
    under += 1;
    most = Math.max(most, under);
    await gates[lease.sent() - 1]?.promise;
    under -= 1;
  };
  progress(1);
  const first = checkpointer.save();
  await time.advance(0);
  const later = [2, 3, 4].map(() => {
    progress(1);
    return checkpointer.save();
  });
  await time.advance(0);
  gates[0]?.resolve();
  await time.advance(0);
  progress(1);
  gates[1]?.resolve();
  await Promise.all([first, ...later]);
  await time.advance(0);
  expect(most).toBe(1);
  expect(lease.writes).toEqual([saved(1), saved(4)]);
});

test('a position that the row has already is not written', async () => {
  const { lease, progress, checkpointer } = setUp();
  await checkpointer.save();
  progress(1);
  await checkpointer.save();
  await checkpointer.save();
  expect(lease.sent()).toBe(1);
});

test('a failed save is said, told to who asked, and tried again after the interval', async () => {
  const { time, lease, progress, checkpointer, kinds } = setUp();
  lease.before = () => {
    throw new Error('table is away');
  };
  progress(1);
  await expect(checkpointer.save()).rejects.toThrow('table is away');
  await time.advance(intervalMs);
  expect(kinds()).toEqual(['checkpoint-failed', 'checkpoint-failed']);
  lease.before = () => undefined;
  await time.advance(intervalMs);
  expect(lease.writes).toEqual([saved(1)]);
  expect(kinds()).toEqual(['checkpoint-failed', 'checkpoint-failed', 'checkpoint-saved']);
});

test('nothing is saved after the stop, which waits for the write under way', async () => {
  const { time, lease, progress, checkpointer } = setUp();
  const gate = Promise.withResolvers<void>();
  lease.before = () => gate.promise;
  progress(1);
  void checkpointer.save();
  await time.advance(0);
  let stopped = false;
  const stopping = checkpointer.stop().then(() => {
    stopped = true;
  });
  await time.advance(intervalMs);
  expect(stopped).toBe(false);
  gate.resolve();
  await stopping;
  progress(500);
  await expect(checkpointer.save()).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await time.advance(10 * intervalMs);
  expect(lease.writes).toEqual([saved(1)]);
});

test('the stop leaves no timer behind', async () => {
  const { lease, progress, checkpointer, pendingTimers } = setUp();
  progress(1);
  expect(pendingTimers()).toBe(1);
  await checkpointer.stop();
  expect([pendingTimers(), lease.sent()]).toEqual([0, 0]);
});

test('nothing is sent once the lease is lost', async () => {
  const { time, lease, progress, checkpointer } = setUp();
  progress(1);
  lease.lose();
  progress(500);
  await expect(checkpointer.save()).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await time.advance(10 * intervalMs);
  expect(lease.sent()).toBe(0);
});

test('a renewal takes the watermark along: the interval has nothing left to do', async () => {
  const { time, lease, progress, kinds, pendingTimers, checkpointer } = setUp();
  progress(3);
  lease.renew();
  expect(lease.held.lease.position).toEqual(at(3));
  expect(kinds()).toEqual(['checkpoint-saved']);
  expect(pendingTimers()).toBe(0);
  await time.advance(2 * intervalMs);
  expect(lease.writes).toEqual([]);
  await checkpointer.stop();
  progress(1);
  lease.renew();
  expect(lease.held.lease.position, 'as long as the lease is held').toEqual(at(4));
});

test('until when the shard was read goes along with every write, and is told with what is saved', async () => {
  const { time, lease, progress, watermark, events, checkpointer } = setUp();
  progress(3);
  watermark.tipSeen(7_000);
  const gate = Promise.withResolvers<void>();
  lease.before = () => gate.promise;
  const saving = checkpointer.save();
  await time.advance(0);
  progress(1);
  watermark.tipSeen(8_000);
  gate.resolve();
  await saving;
  expect(lease.held.lease).toMatchObject({ position: at(3), readMs: 7_000 });
  lease.renew();
  expect(lease.held.lease).toMatchObject({ position: at(4), readMs: 8_000 });
  expect(events).toEqual([
    { kind: 'checkpoint-saved', shard, position: at(3), readMs: 7_000 },
    { kind: 'checkpoint-saved', shard, position: at(4), readMs: 8_000 },
  ]);
});
