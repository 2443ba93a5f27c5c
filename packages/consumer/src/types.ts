// The words of this package: records, batches, shards and the processor that gets them. It knows no format of a payload and
// no target.
import type { ChildShard, LeaseEvent, Position } from '@shardfold/lease';

/** A shard of a stream. `key` is its lease key. */
export interface ShardRef {
  readonly stream: string;
  readonly shardId: string;
  readonly key: string;
}

/** One record, after de-aggregation. The payload stays as it came until somebody asks. */
export interface StreamRecord {
  readonly shard: ShardRef;
  readonly sequence: string;
  readonly subSequence: number;
  readonly arrivalMs: number;
  readonly partitionKey: string;
  bytes(): Uint8Array;
  text(): string;
}

/** One answer of the service. It is charged whole to the byte budget until `release()`; whoever keeps bytes longer copies them. */
export interface RecordBatch {
  readonly records: readonly StreamRecord[];
  readonly retainedBytes: number;
  readonly behindLatestMs: number;
  /** Given with the shard's last batch. */
  readonly children?: readonly ChildShard[];
  release(): void;
}

/** Where to start reading: a position of a lease, with the time an `at-timestamp` stands for. */
export type ReadFrom = Exclude<Position, { kind: 'at-timestamp' | 'shard-end' }> | { readonly kind: 'timestamp'; readonly atMs: number };

/** Reads one shard, from a position on, until its end or the signal. */
export interface ShardSource {
  open(shard: ShardRef, from: ReadFrom, options: { readonly signal: AbortSignal }): AsyncIterable<RecordBatch>;
}

/** What a processor may do with the shard whose batch it has. */
export interface ShardContext {
  readonly shard: ShardRef;
  readonly lease: { readonly counter: bigint };
  /** The lease is gone: stop at once. */
  readonly lost: AbortSignal;
  /** Finish what is in hand: no further batch comes. */
  readonly drain: AbortSignal;
  /** This record is done, in any order, before `process` resolves. */
  acknowledge(record: StreamRecord): void;
  /** Saves the low watermark now. */
  checkpoint(): Promise<void>;
}

/** Resolves: all of the batch is acknowledged. Rejects: the batch is retried with backoff, never skipped. */
export interface Processor {
  process(batch: RecordBatch, shard: ShardContext): Promise<void>;
}

/** Where a fleet starts that has no positions yet. */
export type StartPosition = { readonly kind: 'trim-horizon' } | { readonly kind: 'latest' } | { readonly kind: 'timestamp'; readonly atMs: number };

export type ConsumerEvent =
  | LeaseEvent
  | { readonly kind: 'shard-started'; readonly shard: ShardRef; readonly from: ReadFrom }
  | { readonly kind: 'shard-stopped'; readonly shard: ShardRef; readonly reason: 'released' | 'lost' | 'finished' | 'failed'; readonly drainMs?: number }
  | { readonly kind: 'batch-fetched'; readonly shard: ShardRef; readonly records: number; readonly bytes: number; readonly behindLatestMs: number }
  /** Read ahead, and not given to the processor before the lease went or drained; the next owner reads them again. */
  | { readonly kind: 'records-abandoned'; readonly shard: ShardRef; readonly records: number }
  | { readonly kind: 'fetch-failed'; readonly shard: ShardRef; readonly error: Error; readonly retryInMs: number }
  | { readonly kind: 'listing-failed'; readonly stream: string; readonly error: Error; readonly retryInMs: number }
  | { readonly kind: 'batch-failed'; readonly shard: ShardRef; readonly error: unknown; readonly attempt: number; readonly retryInMs: number }
  | { readonly kind: 'checkpoint-saved'; readonly shard: ShardRef; readonly position: Position }
  | { readonly kind: 'checkpoint-failed'; readonly shard: ShardRef; readonly error: unknown };

export interface ShardStatus {
  readonly shard: ShardRef;
  readonly owner: string | undefined;
  readonly position: Position;
  readonly held: boolean;
  /** Everything up to the tip that the shard had was read and acknowledged since this worker has it. */
  readonly caughtUp: boolean;
  readonly behindLatestMs: number | undefined;
  readonly inFlightRecords: number;
  readonly lastError: string | undefined;
}

export interface ConsumerStatus {
  readonly worker: string;
  readonly state: 'starting' | 'running' | 'draining' | 'stopped';
  /** The lease table has answered since the start. */
  readonly reached: boolean;
  /** All shards are known, and every other owner was seen to live. */
  readonly settled: boolean;
  readonly shards: readonly ShardStatus[];
  readonly inFlightBytes: number;
  /** Monotonic age of each loop's last progress, for a liveness probe. */
  readonly loops: readonly { readonly name: string; readonly idleMs: number; readonly limitMs: number }[];
}

export interface Consumer {
  /** Runs until `stop()` or the signal; rejects when it cannot go on. */
  run(signal?: AbortSignal): Promise<void>;
  /** Drains, checkpoints and releases shard by shard; resolves when done or when `drainTimeoutMs` is over. */
  stop(): Promise<{ readonly clean: boolean }>;
  status(): ConsumerStatus;
}
