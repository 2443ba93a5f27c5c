// A process that is a whole consumer, over the real store and the simulated stream, with a processor of its own. It decides no accident
// and judges nothing.
import type { Consumer, ConsumerEvent } from '@shardfold/consumer';
import { memoryConsumer } from '@shardfold/consumer/testing';
import { dynamodbLeaseStore, type LeaseEvent } from '@shardfold/lease';
import type { Fail } from '../invariants/watch.ts';
import type { Host } from '../network.ts';
import { namedOperations } from '../operation.ts';
import { type SimWorker, tableName } from '../process.ts';
import type { Newcomer, World } from '../world.ts';
import type { ConsumerWorld } from './inhabitants.ts';
import { createProcessor } from './processor.ts';
import { simulatedService } from './service.ts';

export interface ConsumerWorker extends SimWorker {
  readonly host: Host & { blind: boolean };
  readonly consumer: Consumer;
  /** Keys of the shards that it has begun and not stopped reading. */
  readonly reading: Set<string>;
  /** Until then its processors reach nothing. */
  outageUntilMs: number;
}

const ofLeases = (event: ConsumerEvent): event is LeaseEvent => /^(lease|peers|coordinator)-/.test(event.kind);

/** So many records are asked for at least, and thought to be so large before any has come. */
const leastRecords = 10;
const firstRecordBytes = 2_048;

/** How the wall clock is set right again and again, as by NTP: never far off, but back and forth. */
const setClockEveryMs = 2_000;

function keepWallClock(world: World, life: ConsumerWorld, worker: ConsumerWorker): void {
  const { time } = world;
  const { machine } = worker;
  const again = (): void => {
    if (worker.state === 'crashed' || worker.state === 'stopped') return;
    const errorMs = life.clocks.between(-1, 1) * life.settings.clockErrorMs;
    machine.jumpWall(life.stream.wallMs(time.nowMs()) + errorMs - machine.clock.wallMs());
    time.after(setClockEveryMs, again, true);
  };
  time.after(setClockEveryMs, again, true);
}

/** Each answer that is under way may turn out larger than what was reserved for it, and one may be larger than all there is. */
function checkBytes({ settings, largestAnswer }: ConsumerWorld, { label, consumer, reading }: ConsumerWorker, fail: Fail): void {
  const { inFlightBytes } = consumer.status();
  const { bytes, maxCarried } = settings.puts;
  const leastBytes = leastRecords * Math.max(firstRecordBytes, bytes[1] * maxCarried);
  const most = settings.consumer.bufferBytes + (reading.size + 1) * Math.max(largestAnswer, leastBytes);
  if (inFlightBytes > most) fail(7, `${label} holds ${inFlightBytes} bytes, and ${most} are the most.`);
}

/** For the trace. */
function textOf(event: ConsumerEvent): string {
  if (event.kind === 'shard-started') return `shard-started at ${event.from.kind}`;
  if (event.kind === 'shard-stopped') return `shard-stopped ${event.reason}`;
  if (event.kind === 'batch-fetched') return `batch-fetched ${event.records}, ${event.behindLatestMs} ms behind`;
  const detail = 'error' in event ? ` ${String(event.error).slice(0, 60)}` : '';
  return `${event.kind}${'records' in event ? ` ${event.records}` : ''}${detail}`;
}

function hear(world: World, life: ConsumerWorld, worker: ConsumerWorker, event: ConsumerEvent): void {
  const { fenceWatch, note, fail } = world;
  if (ofLeases(event)) {
    if (event.kind === 'lease-lost' || event.kind === 'lease-released' || event.kind === 'lease-finished') fenceWatch.left(worker, event.key);
    world.heard(worker, event);
    return;
  }
  const quiet = event.kind === 'batch-fetched' && event.records === 0;
  if (!quiet) note(worker.label, textOf(event), 'shard' in event ? event.shard.key : undefined);
  if (event.kind === 'shard-stopped') worker.reading.delete(event.shard.key);
  if (event.kind === 'shard-started') {
    worker.reading.add(event.shard.key);
    fenceWatch.began(worker, event.shard.key);
    life.delivery.started(worker, event.shard.shardId, event.from);
  }
  if (event.kind === 'batch-fetched') {
    life.delivery.answered(worker, event.shard.shardId);
    life.largestAnswer = Math.max(life.largestAnswer, event.bytes);
    checkBytes(life, worker, fail);
  }
  if (event.kind === 'gap-found') fail(6, `${worker.label} finds a gap in ${event.shard.shardId}, and nothing was forgotten.`);
  if (event.kind === 'checkpoint-failed' && /POSITION_BACKWARD/.test(String((event.error as { readonly code?: string }).code)))
    fail(2, `${worker.label} would set ${event.shard.shardId} back: ${String(event.error)}`);
}

/** Beside the draining itself: answers that are waited for, and clocks that run slowly. */
const stopSlackMs = 500;
const slowClock = 1.1;

/** A stop that takes longer than it was given is a violation, unless the worker stood still meanwhile. */
async function stopInTime({ time, fail }: World, { settings }: ConsumerWorld, worker: ConsumerWorker): Promise<{ readonly clean: boolean }> {
  const askedMs = time.nowMs();
  const stopped = await worker.consumer.stop();
  const tookMs = time.nowMs() - askedMs;
  const mostMs = settings.drainTimeoutMs * slowClock + 4 * settings.times.requestTimeoutMs + stopSlackMs;
  const stoodStill = worker.machine.thawedMs() >= askedMs;
  if (tookMs > mostMs && !stoodStill) fail(13, `${worker.label} took ${Math.round(tookMs)} ms to stop, and has ${settings.drainTimeoutMs}.`);
  return stopped;
}

function optionsOf(life: ConsumerWorld) {
  const { consumer, times, maxPerWorker, shardSyncIntervalMs, drainTimeoutMs, start, startMs } = life.settings;
  const { failure: _failure, attempts: _attempts, ...choices } = consumer;
  return {
    ...choices,
    streams: [life.stream.name],
    start: start === 'at-timestamp' ? ({ kind: 'timestamp', atMs: life.stream.wallMs(startMs) } as const) : ({ kind: start } as const),
    lease: { durationMs: times.durationMs, maxPerWorker },
    shardSyncIntervalMs,
    drainTimeoutMs,
  };
}

/** Starts it; it runs until it is stopped or its machine is frozen for good. */
export function startConsumer(world: World, life: ConsumerWorld, { name, label, machine, chance }: Newcomer): ConsumerWorker {
  const { network, time } = world;
  const { settings, stream, delivery, changes } = life;
  const host = { label, machine, cut: false, blind: false };
  const store = namedOperations(dynamodbLeaseStore({ client: network.clientFor(host), table: tableName, times: settings.times, timers: machine.timers }));
  const service = simulatedService({
    stream,
    network: life.streamNetwork,
    host,
    time,
    chance: chance.fork(),
    onPage: (shardId, place) => delivery.asked(worker, shardId, place),
  });
  const own = createProcessor({
    habits: settings.processor,
    handsOver: settings.consumer.failure !== 'retry',
    machine,
    chance: chance.fork(),
    outage: () => worker.outageUntilMs > time.nowMs(),
    healed: () => life.healed,
    onGiven(batch, shard) {
      world.note(label, `is given ${batch.records.length}`, shard.shard.key);
      world.fenceWatch.reading(worker, shard.shard.key);
      const known = stream.shard(shard.shard.shardId);
      if (known !== undefined) world.tableWatch.delivered(worker, known);
      return delivery.given(worker, batch, shard);
    },
    onHandedOver: ({ records, shard }) => delivery.handedOver(worker, records, shard),
    onFault: (text) => world.fail(12, `${label}: ${text}`),
  });
  const processor = changes.processor?.(own) ?? own;
  const { failure, attempts } = settings.consumer;
  // The consumer makes its incarnation of the machine's chance; the world must know it.
  const incarnation = machine.random.id();
  const consumer = memoryConsumer({
    ...optionsOf(life),
    service: changes.service?.(service) ?? service,
    store: changes.store?.(store) ?? store,
    machine: { ...machine, random: { ...machine.random, id: () => incarnation } },
    worker: name,
    processor,
    failure: failure === 'retry' ? { policy: failure } : { policy: failure, attempts, onFailure: processor.onFailure },
    onEvent: (event) => hear(world, life, worker, event),
  });
  const worker: ConsumerWorker = {
    name,
    label,
    incarnation,
    machine,
    suspendedMs: -1,
    host,
    consumer,
    reading: new Set(),
    outageUntilMs: -1,
    state: 'running',
    clean: undefined,
    failure: undefined,
    ended: false,
    held: () => consumer.status().shards.flatMap(({ held, shard }) => (held ? [shard.key] : [])),
    leave: () => stopInTime(world, life, worker),
  };
  keepWallClock(world, life, worker);
  world.follow(worker, consumer.run());
  return worker;
}
