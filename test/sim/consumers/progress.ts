// What a world of consumers must come to once nothing befalls it any more: everything that was put is read, saved, and the stop leaves
// nothing behind.
import { aloneMs, handOverMs, heal, nothingPending, reach, stopAll, unowned, unread } from '../progress.ts';
import type { ConsumerWorld } from './inhabitants.ts';
import { calmStream } from './settings.ts';

/** Batches that failed often wait for so long until they are tried again. */
const retryMs = 30_000;
/** A stop that was not clean ends so long after its processors were told. */
const graceMs = 1_000;

function healAll(life: ConsumerWorld): void {
  heal(life.world);
  life.healed = true;
  life.producer.stop();
  life.streamNetwork.weather = calmStream;
  life.streamNetwork.throttled = { probability: 0, untilMs: -1 };
  life.streamNetwork.maxListingLagMs = 0;
  for (const worker of life.workers) {
    worker.host.blind = false;
    worker.outageUntilMs = -1;
  }
}

/** Every record that is owed was done by somebody, and the table says so. */
function undone({ world, stream }: ConsumerWorld): string | undefined {
  for (const { shardId } of stream.all()) {
    const records = stream.booked(shardId);
    const missing = world.ledger.missing(shardId, records.length);
    if (missing !== undefined) return `Nobody has done record ${missing} of ${shardId}`;
    const last = records.findLast(({ leftOut, number }) => !leftOut && number > world.ledger.begun(shardId))?.number ?? 0;
    const reached = world.tableWatch.reached(shardId);
    if (last > 0 && reached < last) return `${shardId} is saved up to ${reached}, and all ${last} are done`;
  }
  return undefined;
}

function nothingKept({ world, workers }: ConsumerWorld): void {
  for (const { state, consumer, label } of workers) {
    if (state !== 'stopped') continue;
    const status = consumer.status();
    if (status.inFlightBytes !== 0) world.fail(7, `${label} has stopped and holds ${status.inFlightBytes} bytes.`);
    if (status.state !== 'stopped') world.fail(13, `${label} has stopped and says that it is ${status.state}.`);
  }
}

/** Phase 2. */
export async function convergeConsumers(life: ConsumerWorld): Promise<void> {
  const { world, settings } = life;
  const { durationMs, requestTimeoutMs } = settings.times;
  healAll(life);
  // Who stood still does not know yet what it has lost.
  await world.advance(durationMs);
  const lateMs = settings.weather.maxDelayMs + settings.drainTimeoutMs;
  const ownedMs = 2 * durationMs + aloneMs + 2 * requestTimeoutMs + lateMs;
  await reach(world, ownedMs + handOverMs, () => unowned(world));
  // Each generation of shards is found, taken and read after the one before.
  const readMs = 6 * (settings.shardSyncIntervalMs + aloneMs + durationMs) + retryMs;
  await reach(world, readMs, () => unread(world) ?? undone(life) ?? unowned(world));
  if (world.violation() !== undefined) return;
  await stopAll(world);
  await world.advance(2 * durationMs + graceMs);
  if (world.violation() !== undefined) return;
  nothingPending(world);
  nothingKept(life);
}
