// One subscription to a shard: asks for it, hands on its events one by one, and knows how it ended. It keeps no position and
// asks for nothing twice.
import {
  type KinesisClient,
  SubscribeToShardCommand,
  type SubscribeToShardCommandInput,
  type SubscribeToShardEvent,
  type SubscribeToShardEventStream,
} from '@aws-sdk/client-kinesis';
import type { Machine } from '@shardfold/lease';
import { ConsumerError } from '../errors.ts';
import { sortKinesisError } from '../kinesis/errors.ts';
import type { ByteBudget, Reservation } from '../memory/byte-budget.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { type FrameGate, gatedFrames } from './frames.ts';
import { refusalOf } from './refusal.ts';
import type { Ending } from './renewal.ts';
import { createRoom, type Room } from './room.ts';
import { type SilenceLimits, startWatch } from './watch.ts';

export interface SubscriptionParts {
  readonly client: KinesisClient;
  readonly machine: Machine;
  readonly budget: ByteBudget;
  readonly limits: SilenceLimits;
  /** For messages. */
  readonly stream: string;
  readonly shardId: string;
}

/** An event, with the bytes that it holds of the budget; they are the taker's. */
export interface Arrival {
  readonly kind: 'event';
  readonly event: SubscribeToShardEvent;
  readonly reservation: Reservation;
}

export interface Subscription {
  /** One call at a time. Rejects with the signal's reason, and with nothing else. */
  next(): Promise<Arrival | Ending>;
  /** When the service agreed to it, by the monotonic clock. */
  openedMs(): number | undefined;
  /** Ends the request; safe to call twice. */
  close(): void;
}

/** Lets the answer's frames through a gate, below the SDK's decoder. */
function gated(request: SubscribeToShardCommandInput, gate: FrameGate): SubscribeToShardCommand {
  const command = new SubscribeToShardCommand(request);
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode: number; body: AsyncIterable<Uint8Array> };
      if (response.statusCode < 300) response.body = gatedFrames(response.body, gate);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'frameGate' },
  );
  return command;
}

function stalled({ stream, shardId, limits }: SubscriptionParts): ConsumerError {
  const said = `the subscription to shard ${shardId} was silent for ${limits.stallMs} ms`;
  return new ConsumerError('STREAM_UNREACHABLE', `Stream ${stream} cannot be read now (${said}). It is dropped, and a new one is asked for.`, {
    retryable: true,
  });
}

/**
 * `given`: bytes reserved before, for its first event. The SDK neither closes the connection when its iterator is left nor ends
 * that iterator when a request is aborted: so each request has a signal of its own, and nobody waits for an iterator that was
 * given up.
 */
export function subscribe(parts: SubscriptionParts, request: SubscribeToShardCommandInput, signal: AbortSignal, given?: Room): Subscription {
  const stop = new AbortController();
  const room = given ?? createRoom(parts.budget);
  let events: AsyncIterator<SubscribeToShardEventStream> | undefined;
  let openedMs: number | undefined;
  let over: Ending | undefined;

  const watch = startWatch(parts.machine, parts.limits, (why) => {
    over = why === 'held' ? { kind: 'held', neededBytes: room.wantedBytes() } : { kind: 'failed', error: stalled(parts) };
    close();
  });
  const gate: FrameGate = {
    heard: watch.heard,
    async room(frameBytes) {
      watch.hold();
      await room.widen(frameBytes, stop.signal);
      watch.resume();
    },
  };

  function close(): void {
    signal.removeEventListener('abort', close);
    watch.stop();
    stop.abort(new Error('the subscription is closed'));
    room.giveBack();
  }

  async function open(): Promise<AsyncIterator<SubscribeToShardEventStream>> {
    const answer = await unlessAborted(parts.client.send(gated(request, gate), { abortSignal: stop.signal }), stop.signal);
    openedMs = parts.machine.clock.monotonicMs();
    if (answer.EventStream === undefined) throw new Error('the answer has no events');
    return answer.EventStream[Symbol.asyncIterator]();
  }

  async function arrive(): Promise<Arrival | Ending> {
    events ??= await open();
    for (;;) {
      const { done, value } = await unlessAborted(events.next(), stop.signal);
      if (done === true) return { kind: 'over' };
      if (value.SubscribeToShardEvent !== undefined) return { kind: 'event', event: value.SubscribeToShardEvent, reservation: room.take() };
    }
  }

  function failed(error: unknown): Ending {
    return { kind: 'failed', error: refusalOf(error, parts.stream) ?? sortKinesisError(error, parts.stream) };
  }

  signal.addEventListener('abort', close, { once: true });
  return {
    openedMs: () => openedMs,
    close,
    async next() {
      signal.throwIfAborted();
      if (over !== undefined) return over;
      watch.resume();
      const arrived = await arrive().catch((error: unknown) => over ?? failed(error));
      if (signal.aborted && arrived.kind === 'event') arrived.reservation.release();
      signal.throwIfAborted();
      if (arrived.kind === 'event') {
        watch.hold();
      } else {
        over = arrived;
        close();
      }
      return arrived;
    },
  };
}
