// Reads shards by enhanced fan-out: one subscription after the other, each going on where the one before stopped. It hands events
// on as they came and knows neither leases nor what becomes of a record.
import type { KinesisClient, StartingPosition, SubscribeToShardEvent } from '@aws-sdk/client-kinesis';
import type { Machine } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { shardGone } from '../kinesis/service.ts';
import type { ByteBudget } from '../memory/byte-budget.ts';
import { isLate, noLongerLatest, type Place, placeOf } from '../source/moment.ts';
import { type StreamService, startAt } from '../source/service.ts';
import type { ConsumerEvent, ReadFrom, RecordBatch, ShardRef, ShardSource } from '../types.ts';
import { batchOf } from './batch.ts';
import { type Ended, type Ending, renewal, type SubscriptionPace } from './renewal.ts';
import { createRoom, type Room } from './room.ts';
import { type Arrival, type Subscription, subscribe } from './subscription.ts';
import type { SilenceLimits } from './watch.ts';

export type FanOutTimes = SilenceLimits & SubscriptionPace;

export interface FanOutOptions {
  /** See `createFanOutClient`. */
  readonly client: KinesisClient;
  readonly machine: Machine;
  readonly budget: ByteBudget;
  /** Tells a shard that is gone from a consumer that is. */
  readonly service: Pick<StreamService, 'listShards'>;
  /** See `createConsumerRegistry`. `stale`: an ARN that the service does not know any more. */
  consumerArn(stream: string, signal: AbortSignal, stale?: string): Promise<string>;
  onEvent(event: ConsumerEvent): void;
  readonly times?: Partial<FanOutTimes>;
}

/** Ten seconds untaken: well before either side would end a connection that nobody reads, with an error. */
const defaultTimes: FanOutTimes = { stallMs: 30_000, heldMs: 10_000, callIntervalMs: 1_000, takeOverMs: 5_000 };

/** Changed by the functions of this file only. */
interface Reading {
  readonly options: FanOutOptions;
  readonly times: FanOutTimes;
  readonly shard: ShardRef;
  readonly signal: AbortSignal;
  start: Place;
  failures: number;
  arn: string | undefined;
  /** Bytes reserved for an event that did not fit before. */
  room: Room | undefined;
}

function startingPosition(start: Place): StartingPosition {
  switch (start.kind) {
    case 'trim-horizon':
      return { Type: 'TRIM_HORIZON' };
    case 'latest':
      return { Type: 'LATEST' };
    case 'timestamp':
      return { Type: 'AT_TIMESTAMP', Timestamp: new Date(start.atMs) };
    case 'at-sequence':
      return { Type: 'AT_SEQUENCE_NUMBER', SequenceNumber: start.sequence };
    case 'after-sequence':
      return { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: start.sequence };
    default:
      return start satisfies never;
  }
}

/** An empty event takes the position along, too: on an idle shard it is the only thing that does. */
function advance(reading: Reading, event: SubscribeToShardEvent): void {
  const sequence = event.ContinuationSequenceNumber ?? event.Records?.at(-1)?.SequenceNumber;
  if (sequence !== undefined && sequence !== null && sequence !== '') reading.start = { kind: 'after-sequence', sequence };
}

function openSubscription(reading: Reading, arn: string): Subscription {
  const { options, shard, times, signal, room } = reading;
  const parts = { ...options, limits: times, stream: shard.stream, shardId: shard.shardId };
  reading.room = undefined;
  return subscribe(parts, { ConsumerARN: arn, ShardId: shard.shardId, StartingPosition: startingPosition(reading.start) }, signal, room);
}

/** The event as a batch; what makes no sense, or stands too late, as an ending. */
function batchFrom(reading: Reading, { event, reservation }: Arrival, openedWallMs: number): RecordBatch | Ending {
  try {
    if (isLate(reading.start, openedWallMs)) throw lateError(reading.shard);
    const batch = batchOf(reading.shard, event, reservation);
    advance(reading, event);
    return batch;
  } catch (error) {
    reservation.release();
    if (error instanceof ConsumerError) return { kind: 'failed', error };
    throw error;
  }
}

/** A subscription for the latest that was opened late stands behind what came meanwhile. */
function lateError({ stream, shardId }: ShardRef): ConsumerError {
  return new ConsumerError(
    'STREAM_UNREACHABLE',
    `Stream ${stream} took long to agree to a subscription to the latest of shard ${shardId}. Another one is asked for, from the moment on when reading began.`,
    { retryable: true },
  );
}

/** A subscription's batches. Answers with what it came to; undefined: the shard is over. */
async function* batches(reading: Reading, arn: string): AsyncGenerator<RecordBatch, Ended | undefined> {
  const { clock } = reading.options.machine;
  const askedMs = clock.monotonicMs();
  const askedWallMs = clock.wallMs();
  const subscription = openSubscription(reading, arn);
  let events = 0;
  try {
    for (;;) {
      const arrived = await subscription.next();
      const openedMs = subscription.openedMs();
      const openedWallMs = askedWallMs + (openedMs ?? askedMs) - askedMs;
      const batch = arrived.kind === 'event' ? batchFrom(reading, arrived, openedWallMs) : arrived;
      if ('kind' in batch) {
        const nowMs = clock.monotonicMs();
        return { ending: batch, events, askedForMs: nowMs - askedMs, openForMs: openedMs === undefined ? undefined : nowMs - openedMs };
      }
      events += 1;
      if (batch.children !== undefined) subscription.close();
      yield batch;
      if (batch.children !== undefined) return undefined;
    }
  } finally {
    subscription.close();
  }
}

/**
 * The service says that something is not there: the consumer, which is then registered again, or the shard. Answers with what to
 * count it as; throws SHARD_GONE, and what no repetition mends.
 */
async function lookAgain(reading: Reading, error: ConsumerError, stale: string): Promise<ConsumerError> {
  const { options, shard, signal } = reading;
  reading.arn = await options.consumerArn(shard.stream, signal, stale);
  if (reading.arn === stale) {
    const listed = await options.service.listShards(shard.stream, signal);
    if (!listed.some(({ shardId }) => shardId === shard.shardId)) throw shardGone(shard, error);
  }
  return new ConsumerError(
    'STREAM_UNREACHABLE',
    `Stream ${shard.stream} did not know its consumer ${stale}. Shard ${shard.shardId} is subscribed to by ${reading.arn}. Look whether somebody deregisters consumers.`,
    { retryable: true, cause: error },
  );
}

/** Answers with what there is to say, if the ending is a failure. Throws what no repetition mends, and the signal's reason. */
async function understood(reading: Reading, ending: Ending, arn: string): Promise<Ending> {
  if (ending.kind !== 'failed' || ending.error.retryable) return ending;
  if (ending.error.code !== 'STREAM_MISSING') throw ending.error;
  try {
    return { kind: 'failed', error: await lookAgain(reading, ending.error, arn) };
  } catch (error) {
    if (error instanceof ConsumerError && error.retryable) return { kind: 'failed', error };
    throw error;
  }
}

/** Waits until it is time to subscribe again, and until there is room for the event that waits. */
async function renew(reading: Reading, ended: Ended): Promise<void> {
  const { options, shard, signal, times } = reading;
  const next = renewal(ended, reading.failures, times, options.machine.random.number());
  reading.failures = next.failures;
  if (next.failed) options.onEvent({ kind: 'fetch-failed', shard, error: failureOf(ended.ending, shard), retryInMs: next.waitMs });
  if (ended.ending.kind === 'held' && ended.ending.neededBytes > 0) {
    reading.room = createRoom(options.budget);
    await reading.room.widen(ended.ending.neededBytes, signal);
  }
  if (next.waitMs > 0) await options.machine.timers.sleep(next.waitMs, signal);
}

function failureOf(ending: Ending, shard: ShardRef): ConsumerError {
  if (ending.kind === 'failed') return ending.error;
  return new ConsumerError(
    'STREAM_UNREACHABLE',
    `A subscription to shard ${shard.shardId} of stream ${shard.stream} ended at once. It is tried again with growing pauses.`,
    {
      retryable: true,
    },
  );
}

async function* read(options: FanOutOptions, shard: ShardRef, from: ReadFrom, signal: AbortSignal): AsyncGenerator<RecordBatch> {
  const times = { ...defaultTimes, ...options.times };
  const { clock } = options.machine;
  const start = placeOf(startAt(from), clock.wallMs());
  const reading: Reading = { options, times, shard, signal, start, failures: 0, arn: undefined, room: undefined };
  try {
    for (;;) {
      signal.throwIfAborted();
      reading.arn ??= await options.consumerArn(shard.stream, signal);
      // After a wait for the consumer, and after any subscription, for the pause: what came since must come.
      if (isLate(reading.start, clock.wallMs())) reading.start = noLongerLatest(reading.start);
      const ended = yield* batches(reading, reading.arn);
      if (ended === undefined) return;
      await renew(reading, { ...ended, ending: await understood(reading, ended.ending, reading.arn) });
    }
  } finally {
    reading.room?.giveBack();
  }
}

/**
 * A raw `ShardSource` (see `unpack.ts`) over SubscribeToShard. Its iterables end at the shard's end, and reject with the signal's
 * reason or with a `ConsumerError` that no repetition mends. While a batch is not asked for or does not fit the budget, nothing is
 * read; after a while the subscription is dropped, and asked for again when there is room.
 */
export function createFanOutSource(options: FanOutOptions): ShardSource {
  return { open: (shard, from, { signal }) => read(options, shard, from, signal) };
}
