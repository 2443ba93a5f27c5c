// What a service that keeps streams must be able to answer: one call, one answer. No pace, no retries and no byte budget here:
// `polling.ts` has those, over whichever service.
import type { ChildShard, ShardListing } from '@shardfold/lease';
import type { ReadFrom, ShardRef, StreamRecord } from '../types.ts';

/** Where an iterator or a subscription begins. */
export type StartAt = Exclude<ReadFrom, { kind: 'sequence' }> | { readonly kind: 'at-sequence' | 'after-sequence'; readonly sequence: string };

/** What a stream says of itself. */
export interface StreamDescription {
  /** The stream's name, without the rest of its ARN. */
  readonly name: string;
  readonly arn: string;
  /** Whole seconds since 1970; absent where the service does not say. */
  readonly createdAtS?: number;
  /** How long a record is kept; absent where the service does not say. */
  readonly retentionMs?: number;
  /** Of a DynamoDB stream: which images its records carry (`NEW_AND_OLD_IMAGES`). */
  readonly viewType?: string;
}

/** One page of a shard. */
export interface Page {
  /** As they came: aggregates are one record each. */
  readonly records: readonly StreamRecord[];
  /** Bytes that the page keeps alive until `free()`, with what its records cost as objects. */
  readonly retainedBytes: number;
  /** Where the next page starts; undefined: this was the last of a closed shard. */
  readonly next: string | undefined;
  readonly behindLatestMs: number;
  /** The shards that follow, where the service names them with the last page; none: nothing will ever follow. */
  readonly children?: readonly ChildShard[];
  /** Lets go of the answer: payloads that were not asked for before cannot be had any more (BATCH_RELEASED). Safe to call twice. */
  free(): void;
}

/** Every call throws a `ConsumerError`, or the signal's reason; none repeats anything by itself. */
export interface StreamService {
  /** Names of all streams of the account and region, for patterns. */
  list(signal: AbortSignal): Promise<readonly string[]>;
  /** @param stream its name or ARN, as configured */
  describe(stream: string, signal: AbortSignal): Promise<StreamDescription>;
  /** All shards there are, closed ones included; with `openAtMs` (since 1970) those that were open at that time, or more. */
  listShards(stream: string, signal: AbortSignal, openAtMs?: number): Promise<readonly ShardListing[]>;
  /** Where reading goes on, for a few minutes. */
  iterator(shard: ShardRef, from: StartAt, signal: AbortSignal): Promise<string>;
  page(shard: ShardRef, iterator: string, limit: number, signal: AbortSignal): Promise<Page>;
  /** How long a record is kept, where that is the same for every stream. */
  readonly retentionMs?: number;
  /** When a sequence number was given out, in milliseconds since 1970, where the number tells. */
  timeOf?(sequence: string): number | undefined;
  close(): void;
}

/**
 * The record of a stored position is read again: it may be an aggregate of which only the beginning is done. `unpack.ts` leaves
 * out what is.
 */
export function startAt(from: ReadFrom): StartAt {
  return from.kind === 'sequence' ? { kind: 'at-sequence', sequence: from.sequence } : from;
}
