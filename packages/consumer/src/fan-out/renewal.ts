// When to subscribe again, and whether to say so. Pure: it sends nothing and knows no clock.
import type { ConsumerError } from '../errors.ts';
import { retryDelayMs } from '../retry.ts';

/** How a subscription ended, the shard's end and the reader's own stop aside. */
export type Ending =
  /** The answer was over, as after five minutes. */
  | { readonly kind: 'over' }
  /** Dropped, since nothing was taken for long; an event of so many bytes waits for room, if any does. */
  | { readonly kind: 'held'; readonly neededBytes: number }
  | { readonly kind: 'failed'; readonly error: ConsumerError };

export interface SubscriptionPace {
  /** The service takes one call in this time, for one consumer and shard. */
  readonly callIntervalMs: number;
  /** For this long after a call that succeeded, the service refuses the next one. */
  readonly takeOverMs: number;
}

/** What a subscription came to. */
export interface Ended {
  readonly ending: Ending;
  readonly events: number;
  /** Since it was asked for. */
  readonly askedForMs: number;
  /** Since the service agreed, if it did. */
  readonly openForMs: number | undefined;
}

export interface Renewal {
  readonly waitMs: number;
  /** Failures in a row, without an event between them. */
  readonly failures: number;
  /** Not in the order of things: worth telling. */
  readonly failed: boolean;
}

function isTakenOver({ ending, openForMs }: Ended): boolean {
  return ending.kind === 'failed' && openForMs !== undefined && (ending.error.cause as Error | undefined)?.name === 'ResourceInUseException';
}

/** An answer that was over at once, or without an event, is one that failed without a word. */
function isInOrder({ ending, events, openForMs }: Ended, pace: SubscriptionPace): boolean {
  return ending.kind === 'held' || (ending.kind === 'over' && events > 0 && openForMs !== undefined && openForMs >= pace.takeOverMs);
}

/** @param failuresBefore of the renewal before  @param random in [0, 1) */
export function renewal(ended: Ended, failuresBefore: number, pace: SubscriptionPace, random: number): Renewal {
  const sinceCallMs = pace.callIntervalMs - ended.askedForMs;
  const sinceOpenMs = ended.openForMs === undefined ? 0 : pace.takeOverMs - ended.openForMs;
  // Whoever took it over may have the lease by now: it is not taken back before the service would allow it.
  const floorMs = Math.max(0, sinceCallMs, isTakenOver(ended) ? pace.takeOverMs : sinceOpenMs);
  const before = ended.events > 0 ? 0 : failuresBefore;
  if (isInOrder(ended, pace)) return { waitMs: floorMs, failures: before, failed: false };
  return { waitMs: floorMs + retryDelayMs(before + 1, random), failures: before + 1, failed: true };
}
