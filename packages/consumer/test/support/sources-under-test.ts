// The product's source over whichever service, as the suite of shard sources wants it; and one over a Kinesis in memory, in virtual
// time. It knows no test.
import { type Machine, systemMachine } from '@shardfold/lease';
import type { VirtualTime } from '@shardfold/lease/testing';
import { unpacked } from '../../src/aggregation/unpack.ts';
import { createTurns } from '../../src/memory/turns.ts';
import type { ReadLimits } from '../../src/source/pace.ts';
import { createPollingSource } from '../../src/source/polling.ts';
import type { StreamService } from '../../src/source/service.ts';
import {
  type ByteBudget,
  type Disturbance,
  type MemoryKinesisOptions,
  memoryKinesis,
  type ServiceHook,
  type StreamUnderTest,
} from '../../src/testing/index.ts';
import type { ConsumerEvent, ShardRef, ShardSource } from '../../src/types.ts';

const recordsPerCallMax = 10_000;
const bufferBytes = 64 * 1024 * 1024;
const pollIntervalMs = 1_000;

export interface SourceOptions {
  readonly service: StreamService;
  readonly budget: ByteBudget;
  readonly machine?: Machine;
  readonly limits?: ReadLimits;
  onEvent?(event: ConsumerEvent): void;
}

const hurry = 50;

/** A machine on which a second passes in 20 ms: the pauses after refusals keep their proportions and take no time. */
export const hurriedMachine: Machine = {
  clock: { monotonicMs: () => systemMachine.clock.monotonicMs() * hurry, wallMs: () => systemMachine.clock.wallMs() },
  timers: {
    after: (delayMs, run) => systemMachine.timers.after(delayMs / hurry, run),
    sleep: (delayMs, signal) => systemMachine.timers.sleep(delayMs / hurry, signal),
  },
  random: systemMachine.random,
};

/** In real time, in a hurry, unless it is told otherwise. */
export function sourceOver({ service, budget, machine = hurriedMachine, limits = 'none', onEvent = () => undefined }: SourceOptions): ShardSource {
  const polling = createPollingSource({ service, recordsPerCallMax, machine, budget, limits, pollIntervalMs, onEvent });
  return unpacked(polling, { outsideShard: 'deliver', bufferBytes, turn: createTurns(machine.timers), onEvent });
}

const stepMs = 100;
/** Ten minutes, in which a reader comes through everything that the suite does to it. */
const stepsMax = 6_000;

/** Lets time pass until the work is done. */
export async function whileTimePasses<T>(time: VirtualTime, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = (): void => {
    isDone = true;
  };
  work.then(done, done);
  for (let step = 0; !isDone; step += 1) {
    if (step === stepsMax) throw new Error('Nothing came of it in ten minutes of virtual time.');
    await time.advance(stepMs);
  }
  return work;
}

/** The next calls for pages of the shard are disturbed so, one each. */
export function disturbanceOf({ shardId }: ShardRef): { readonly hook: ServiceHook; disturb(disturbances: readonly Disturbance[]): void } {
  let left: Disturbance[] = [];
  return {
    hook: (call) => (call.operation === 'page' && call.shard.shardId === shardId ? left.shift() : undefined),
    disturb(disturbances) {
      left = [...disturbances];
    },
  };
}

export interface MemoryUnderTest extends Omit<MemoryKinesisOptions, 'clock'> {
  readonly time: VirtualTime;
  readonly budget: ByteBudget;
  /** Of the source; the service's are `limits`. */
  readonly pace: ReadLimits;
}

const startMs = 1_760_000_000_000;

export function memoryUnderTest({ time, budget, pace, ...options }: MemoryUnderTest): StreamUnderTest {
  const machine = time.machine(1, { wallMs: startMs });
  const stream = 'orders';
  const kinesis = memoryKinesis({ clock: machine.clock, ...options });
  kinesis.createStream(stream);
  const [shard] = kinesis.openShards(stream);
  if (shard === undefined) throw new Error('a stream without shards');
  const { hook, disturb } = disturbanceOf(shard);
  return {
    source: sourceOver({ service: kinesis.intercept(hook), budget, machine, limits: pace }),
    shard,
    async put(payloads, partitionKey = 'key') {
      for (const data of payloads) kinesis.put(stream, { partitionKey, data });
      await machine.timers.sleep(1);
    },
    async closeShard() {
      kinesis.split(stream, shard.shardId);
      return kinesis.openShards(stream);
    },
    disturb,
    close: async () => undefined,
  };
}
