// A consumer over a stub of its coordinator: which reader reads what, what the status says, and how a run ends.
import type { Coordinator, HeldLease } from '@shardfold/lease';
import { expect, test } from 'vitest';
import { assembleConsumer } from '../../src/consumer.ts';
import { createConsumer } from '../../src/create-consumer.ts';
import { ConsumerError } from '../../src/errors.ts';
import { createByteBudget, memoryStream } from '../../src/testing/index.ts';
import type { ConsumerEvent, Processor, ShardSource } from '../../src/types.ts';
import { type LeaseStub, leaseStub } from '../support/held-lease.ts';
import { gatedProcessor } from '../support/reading.ts';
import { row, shard } from '../support/records.ts';
import { turn, virtualTime } from '../support/time.ts';

const drainTimeoutMs = 25_000;
const at = (sequence: number) => ({ kind: 'sequence', sequence: String(sequence), subSequence: 0 });

function setUp(processor: Processor, options: { readonly source?: ShardSource } = {}) {
  const time = virtualTime();
  const machine = time.machine(1);
  const budget = createByteBudget(1_000_000);
  const stream = memoryStream({ name: shard.stream, budget, clock: machine.clock, maxRecordsPerBatch: 2 });
  const lease: LeaseStub = leaseStub();
  const events: ConsumerEvent[] = [];
  const over = Promise.withResolvers<void>();
  let hold: (held: HeldLease) => void = () => undefined;
  let closed = 0;
  let runs = 0;
  let isHeld = true;
  let isFollowed = false;
  lease.before = ({ kind }) => {
    isHeld = kind === 'checkpoint';
  };
  /** Drains its one lease, and drops it after the time. */
  const coordinator: Coordinator = {
    async run(signal) {
      runs += 1;
      signal.addEventListener('abort', () => over.resolve(), { once: true });
      hold(lease.held);
      await over.promise;
    },
    async stop(timeoutMs) {
      lease.drain();
      const cut = new AbortController();
      const late = machine.timers.sleep(timeoutMs, cut.signal).then(
        () => 'late' as const,
        () => 'cut' as const,
      );
      const released = (async () => {
        while (isHeld && !cut.signal.aborted) await turn();
      })();
      const first = await Promise.race([late, released]);
      cut.abort();
      if (first === 'late') lease.lose();
      over.resolve();
      return { clean: first !== 'late' };
    },
    view: () => ({
      worker: 'worker-a',
      state: 'working' as const,
      rows: [row, { ...row, key: 'other', shardId: 'other', owner: 'worker-b' }],
      held: isHeld ? [lease.held] : [],
      unowned: new Set(['other']),
      settled: true,
      isFollowed: () => isFollowed,
    }),
    reached: () => true,
    lastTickMs: () => 0,
  };
  const consumer = assembleConsumer({
    worker: 'worker-a',
    streamOf: () => ({ stream: shard.stream, retentionMs: undefined }),
    retentionNowMs: async () => undefined,
    timeOf: () => undefined,
    stillHas: async () => false,
    onGap: 'stop',
    forEver: false,
    failure: { policy: 'retry' },
    start: { kind: 'trim-horizon' },
    machine,
    source: options.source ?? stream.source,
    processor,
    budget,
    maxInFlight: 1,
    checkpoint: { intervalMs: 5_000, records: 1_000 },
    drainTimeoutMs,
    coordinate(hooks) {
      hold = hooks.onHeld;
      return coordinator;
    },
    children: async () => [],
    onEvent: (event) => events.push(event),
    async close() {
      closed += 1;
    },
  });
  return {
    time,
    lease,
    events,
    consumer,
    put: (...payloads: readonly string[]) => stream.put(shard.shardId, payloads),
    follow() {
      isFollowed = true;
    },
    closed: () => closed,
    runs: () => runs,
  };
}

test('the status shows what is held and how far it is, and what others hold', async () => {
  const { processor, gate } = gatedProcessor();
  const { time, consumer, put, follow } = setUp(processor);
  expect(consumer.status()).toMatchObject({ worker: 'worker-a', state: 'starting', loops: [] });
  put('a', 'b');
  const running = consumer.run();
  await time.advance(1_000);
  expect(consumer.status()).toMatchObject({ state: 'running', reached: true, inFlightBytes: 2, loops: [{ name: 'leases', idleMs: 1_000 }] });
  expect(consumer.status().shards).toEqual([
    {
      shard,
      owner: 'worker-a',
      unowned: false,
      position: { kind: 'trim-horizon' },
      held: true,
      caughtUp: false,
      behindLatestMs: 0,
      inFlightRecords: 2,
      lastError: undefined,
      state: 'running',
      stateMs: 1_000,
      trouble: undefined,
      processingMs: 1_000,
      readMs: undefined,
    },
    {
      shard: { stream: 'orders', shardId: 'other', key: 'other' },
      owner: 'worker-b',
      unowned: true,
      position: { kind: 'trim-horizon' },
      held: false,
      caughtUp: false,
      behindLatestMs: undefined,
      inFlightRecords: 0,
      lastError: undefined,
      state: 'waiting',
      stateMs: undefined,
      trouble: undefined,
      processingMs: undefined,
      readMs: undefined,
    },
  ]);
  gate(0).resolve();
  await time.advance(5_000);
  expect(consumer.status().shards[0]).toMatchObject({ position: at(2), caughtUp: true, inFlightRecords: 0 });
  follow();
  expect(consumer.status().shards[0], 'what comes is in the shards that follow').toMatchObject({ position: at(2), caughtUp: false });
  await consumer.stop();
  await running;
});

test('a stop drains, releases, ends the run and gives the clients back; a second one is the same', async () => {
  const { processor, gate } = gatedProcessor();
  const { time, lease, consumer, put, closed } = setUp(processor);
  put('a');
  const running = consumer.run();
  await time.advance(0);
  const stopping = consumer.stop();
  expect(consumer.status().state).toBe('draining');
  gate(0).resolve();
  expect(await stopping).toEqual({ clean: true });
  await running;
  expect(lease.writes).toEqual([{ kind: 'release', at: at(1) }]);
  expect([consumer.status().state, closed()]).toEqual(['stopped', 1]);
  expect(await consumer.stop()).toEqual({ clean: true });
  expect(consumer.status().state).toBe('stopped');
});

test('the signal of a run is a stop', async () => {
  const { time, lease, consumer } = setUp(gatedProcessor().processor);
  const stop = new AbortController();
  const running = consumer.run(stop.signal);
  await time.advance(0);
  stop.abort();
  await running;
  expect(lease.writes).toEqual([{ kind: 'release', at: { kind: 'trim-horizon' } }]);
});

test('a run that was stopped before it starts does nothing but give its clients back', async () => {
  const { time, consumer, closed, runs } = setUp(gatedProcessor().processor);
  await consumer.run(AbortSignal.abort());
  const stopping = consumer.stop();
  await time.advance(drainTimeoutMs);
  await stopping;
  expect([runs(), closed(), consumer.status().state]).toEqual([0, 1, 'stopped']);
});

test('a processor that does not come back holds a stop up no longer than the drain time-out and a grace', async () => {
  const { processor, gate } = gatedProcessor();
  const { time, lease, consumer, put, closed } = setUp(processor);
  put('a');
  const running = consumer.run();
  await time.advance(0);
  const stopping = consumer.stop();
  await time.advance(drainTimeoutMs);
  expect(await stopping).toEqual({ clean: false });
  expect(closed()).toBe(0);
  await time.advance(1_000);
  await running;
  expect(closed()).toBe(1);
  expect(lease.writes).toEqual([]);
  gate(0).resolve();
});

test('a stream that cannot be read ends the run with the error, after the leases are given back', async () => {
  const error = new ConsumerError('STREAM_MISSING', 'gone', { retryable: false });
  const source: ShardSource = {
    open() {
      throw error;
    },
  };
  const { lease, consumer, closed } = setUp(gatedProcessor().processor, { source });
  await expect(consumer.run()).rejects.toBe(error);
  expect(lease.writes).toEqual([{ kind: 'release', at: { kind: 'trim-horizon' } }]);
  expect([closed(), consumer.status().state]).toEqual([1, 'stopped']);
});

test.each([[[]], [['one', 'one']]])('the streams %o are refused', (streams) => {
  const create = () => createConsumer({ application: 'a', streams, start: { kind: 'latest' }, processor: gatedProcessor().processor });
  expect(create).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
});
