// A Kinesis and a lease table in memory, in virtual time, with whole consumers of them that come, go and are dropped. It knows no test.
import { createMemoryTable, memoryLeaseStore } from '@shardfold/lease/testing';
import { onTestFinished } from 'vitest';
import { memoryConsumer, memoryKinesis, type ServiceHook } from '../../src/testing/index.ts';
import type { ConsumerEvent, OnGap, Processor, StartPosition } from '../../src/types.ts';
import { virtualTime } from './time.ts';

export const startMs = Date.parse('2026-11-01T00:00:00Z');
export const minuteMs = 60_000;
/** Of the stream that there is. */
export const retentionMs = 10 * minuteMs;
export const stream = 'orders';

export interface MemoryWorker {
  readonly seen: string[];
  readonly events: ConsumerEvent[];
  readonly run: Promise<void>;
  stop(): Promise<void>;
  /** Drops its leases. */
  crash(): Promise<void>;
  held(): readonly string[];
  of<Kind extends ConsumerEvent['kind']>(kind: Kind): readonly Extract<ConsumerEvent, { kind: Kind }>[];
}

export interface WorkerOptions {
  readonly onGap?: OnGap;
  readonly start?: StartPosition;
  readonly streams?: readonly string[];
  readonly hook?: ServiceHook;
  readonly process?: Processor['process'];
  /** Of the worker's clock, compared with that of the service. */
  readonly aheadMs?: number;
}

/** A stream, a lease table, and workers that come and go. */
export function memoryFleet() {
  const time = virtualTime();
  const machine = time.machine(1, { wallMs: startMs });
  const kinesis = memoryKinesis({ clock: machine.clock });
  const table = createMemoryTable();
  kinesis.createStream(stream, { retentionMs });
  let workers = 0;

  /** Lets time pass until the condition holds. */
  async function until(condition: () => boolean): Promise<void> {
    for (let step = 0; !condition(); step += 1) {
      if (step === 1_000) throw new Error('Nothing came of it in ten minutes of virtual time.');
      await time.advance(600);
    }
  }

  function start({
    onGap = 'stop',
    start: from = { kind: 'trim-horizon' },
    streams = [stream],
    hook = () => undefined,
    process,
    aheadMs = 0,
  }: WorkerOptions = {}): MemoryWorker {
    workers += 1;
    const seen: string[] = [];
    const events: ConsumerEvent[] = [];
    const keep: Processor['process'] = async ({ records }) => void seen.push(...records.map((record) => record.text()));
    const consumer = memoryConsumer({
      streams,
      start: from,
      onGap,
      service: kinesis.intercept(hook),
      store: memoryLeaseStore({ table }),
      machine: time.machine(workers + 1, { wallMs: startMs + time.nowMs() + aheadMs }),
      worker: `worker-${workers}`,
      shardSyncIntervalMs: minuteMs,
      processor: { process: process ?? keep },
      onEvent: (event) => events.push(event),
    });
    let isOver = false;
    const run = consumer.run().finally(() => {
      isOver = true;
    });
    run.catch(() => undefined);
    const stop = async () => {
      void consumer.stop();
      await until(() => isOver);
    };
    const crash = () => {
      void consumer.stop();
      return stop();
    };
    onTestFinished(crash);
    return {
      seen,
      events,
      run,
      stop,
      crash,
      held: () =>
        consumer
          .status()
          .shards.filter((shard) => shard.held)
          .map(({ shard }) => shard.shardId),
      of: (kind) => events.filter((event): event is Extract<ConsumerEvent, { kind: typeof kind }> => event.kind === kind),
    };
  }

  return {
    time,
    kinesis,
    table,
    start,
    until,
    put: (...texts: readonly string[]) => texts.map((data) => kinesis.put(stream, { partitionKey: 'key', data }).sequence),
    /** A worker reads what there is, and is gone again. */
    async readAll(options: WorkerOptions = {}) {
      const running = start(options);
      await until(() => running.of('batch-fetched').some(({ behindLatestMs }) => behindLatestMs === 0));
      await running.stop();
      return running.seen;
    },
  };
}
