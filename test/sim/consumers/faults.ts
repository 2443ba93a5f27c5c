// What befalls whole consumers beside what befalls every fleet: a stream that is out of reach or throttles, a target that does not answer,
// a stop that is asked for again, shards that are forgotten.
import { accidentsOf, type Doings } from '../faults.ts';
import type { ConsumerWorld } from './inhabitants.ts';
import type { ConsumerWorker } from './worker.ts';

const dayMs = 86_400_000;
/** Processors that do not hear have a second; who holds nothing any more may be telling the others. */
const graceMs = 1_200;
const tellingRequests = 3;
const neverAborted = new AbortController().signal;

function forMs({ world }: ConsumerWorld): number {
  return world.settings.times.durationMs * world.chance.between(0.2, 2.5);
}

function somebody({ world, workers }: ConsumerWorld, state: ConsumerWorker['state']): ConsumerWorker | undefined {
  return world.chance.pick(workers.filter((worker) => worker.state === state && !worker.machine.isFrozen()));
}

function blind(life: ConsumerWorld): void {
  const worker = somebody(life, 'running');
  if (worker === undefined) return;
  life.world.note(worker.label, 'does not reach the stream');
  worker.host.blind = true;
  life.world.time.after(forMs(life), () => {
    worker.host.blind = false;
  });
}

function outage(life: ConsumerWorld): void {
  const worker = somebody(life, 'running');
  if (worker === undefined) return;
  life.world.note(worker.label, 'does not reach its target');
  worker.outageUntilMs = life.world.time.nowMs() + forMs(life);
}

function stopAgain(life: ConsumerWorld): void {
  const worker = somebody(life, 'stopping');
  if (worker === undefined) return;
  const { note, time, fail, settings } = life.world;
  const askedMs = time.nowMs();
  const atOnceMs = graceMs + tellingRequests * settings.times.requestTimeoutMs;
  note(worker.label, 'is told to stop again');
  void worker.consumer.stop();
  time.after(atOnceMs, () => {
    const stoodStill = worker.machine.isFrozen() || worker.machine.thawedMs() >= askedMs;
    if (!worker.ended && !stoodStill) fail(13, `${worker.label} was told twice to stop, and runs ${atOnceMs} ms later.`);
  });
}

function throttleStream(life: ConsumerWorld): void {
  life.world.note('-', 'the stream is throttled');
  life.streamNetwork.throttled = { probability: life.world.chance.between(0.3, 1), untilMs: life.world.time.nowMs() + forMs(life) };
}

/** What is stored as read may be forgotten, with all that arrived before it in other shards; nothing else. */
function forget({ world, stream }: ConsumerWorld): void {
  const left = stream.all().filter((shard) => !shard.forgotten);
  const shard = left.find(({ shardId, closedMs }) => closedMs !== undefined && world.tableWatch.ended(shardId));
  if (shard?.closedMs === undefined) return;
  const horizonMs = shard.closedMs + 1;
  const isRead = left.every(({ shardId }) => world.tableWatch.reached(shardId) >= stream.countBefore(shardId, horizonMs));
  if (!isRead || world.time.nowMs() <= horizonMs) return;
  stream.kinesis.retain(stream.name, world.time.nowMs() - horizonMs);
  void stream.kinesis.service.listShards(stream.name, neverAborted);
  stream.kinesis.retain(stream.name, dayMs);
  for (const each of left) {
    if (each.closedMs === undefined || each.closedMs >= horizonMs) continue;
    each.forgotten = true;
    world.note('-', 'is forgotten', each.shardId);
  }
}

/** Half of those who ask for a stop do not wait for its end. */
function stop(life: ConsumerWorld, once: () => void): void {
  const { chance, time, settings } = life.world;
  once();
  if (chance.hits(0.5)) time.after(chance.between(0, settings.drainTimeoutMs / 2), () => stopAgain(life));
}

export function consumerAccidents(life: ConsumerWorld): Doings {
  const common = accidentsOf(life.world);
  return {
    ...common,
    stop: () => stop(life, common.stop),
    forget: () => forget(life),
    blind: () => blind(life),
    throttleStream: () => throttleStream(life),
    outage: () => outage(life),
  };
}
