// The words of this package: records, batches, shards and the processor that gets them. It knows no format of a payload and
// no target.
import type { ChildShard, Lease, LeaseEvent, Position, PreparedCheckpoint } from '@shardfold/lease';

/** A shard of a stream. `key` is its lease key. */
export interface ShardRef {
  readonly stream: string;
  readonly shardId: string;
  readonly key: string;
  /** Partition keys whose hash lies in it belong to this shard; decimal, both ends included. */
  readonly hashRange?: { readonly start: string; readonly end: string };
}

/** One record, after de-aggregation. The payload stays as it came until somebody asks. */
export interface StreamRecord {
  readonly shard: ShardRef;
  readonly sequence: string;
  readonly subSequence: number;
  readonly arrivalMs: number;
  readonly partitionKey: string;
  /** Given for a record that came inside an aggregate of the Kinesis Producer Library. */
  readonly aggregated?: {
    readonly explicitHashKey?: string;
    /** Its hash belongs to another shard: the stream was resharded in between, and the producer may have sent it there again. */
    readonly outsideShard: boolean;
  };
  /** False: no aggregate begins like this. Where a source says it, nobody needs the payload to find that out. */
  mayBeAggregate?(): boolean;
  /** The payload, in memory of its own. Once the batch was released it throws BATCH_RELEASED; what was given before stays good. */
  bytes(): Uint8Array;
  /** The payload as UTF-8, for as long: without a copy of its bytes. */
  text(): string;
}

/** One answer of the service. It is charged whole to the byte budget until `release()`, which lets go of it. */
export interface RecordBatch {
  readonly records: readonly StreamRecord[];
  readonly retainedBytes: number;
  readonly behindLatestMs: number;
  /** May be given with the shard's last batch; none: nothing will ever follow. */
  readonly children?: readonly ChildShard[];
  /**
   * What is made of its records on their way to the processor costs so many bytes more, or less again; it is in memory already, so
   * nobody waits. Absent where nothing is charged.
   */
  charge?(bytes: number): void;
  release(): void;
}

/**
 * Where to start reading: a position of a lease, with the time an `at-timestamp` stands for, and the moment a `latest` was decided at.
 * A source that cannot begin at the latest in time, or not at once, begins at that moment; without one, at that of its opening. All in
 * milliseconds since 1970.
 */
export type ReadFrom =
  | Exclude<Position, { kind: 'at-timestamp' | 'shard-end' | 'latest' }>
  | { readonly kind: 'latest'; readonly sinceMs?: number }
  | { readonly kind: 'timestamp'; readonly atMs: number };

/**
 * Reads one shard, from a position on, until its end or the signal. `from` a sequence: the first record is the next one. (What
 * `unpack.ts` takes may begin with that record itself.)
 */
export interface ShardSource {
  open(shard: ShardRef, from: ReadFrom, options: { readonly signal: AbortSignal }): AsyncIterable<RecordBatch>;
}

/** What a processor may do with the shard whose batch it has. */
export interface ShardContext {
  readonly shard: ShardRef;
  /**
   * `counter` is a fencing token: it rises with every write to the lease, renewals included, so what a later owner reads is higher
   * than all that an earlier one has seen. Read it just before each write to a target, send it along with the shard's key, and
   * let the target refuse what is lower than the highest it has seen for that key. It starts anew when the lease's row is deleted.
   */
  readonly lease: { readonly counter: bigint };
  /** The lease is gone: stop at once. */
  readonly lost: AbortSignal;
  /** Finish what is in hand: no further batch comes. */
  readonly drain: AbortSignal;
  /**
   * This record is done, in any order. If `process` rejects afterwards, it is not given again. Records of another batch, and
   * calls after `process` has settled, do no harm.
   */
  acknowledge(record: StreamRecord): void;
  /**
   * Saves the low watermark now; resolves when the table holds it. With a record of the batch: acknowledges the batch up to and
   * including it first. Rejects with a `LeaseError` when it was not saved (LEASE_LOST: it never will be), and with
   * POSITION_INVALID for a record that was not given with this call of `process` or lies before what is acknowledged.
   */
  checkpoint(record?: StreamRecord): Promise<void>;
  /** What whoever held the shard before prepared and did not commit, until all up to it is acknowledged. */
  readonly prepared: PreparedCheckpoint | undefined;
  /**
   * The first half of a checkpoint: writes down that the position will be this record, with up to 16 KiB of your own beside it, and
   * acknowledges nothing. If this worker ends before it is committed, the next owner finds it as `prepared`. It is gone with the next
   * checkpoint that you call, or once everything up to it is acknowledged; a position saved by itself on the way there keeps it. A
   * new one replaces it. Rejects as `checkpoint` does, and with OPTIONS_INVALID for a larger state.
   */
  prepareCheckpoint(record: StreamRecord, state?: Uint8Array): Promise<PreparedHandle>;
}

/** A checkpoint that is prepared. */
export interface PreparedHandle {
  /** The other half: as `checkpoint` with the record, so it is refused once a later one is acknowledged. */
  commit(): Promise<void>;
}

/**
 * Resolves (or returns no promise): all of the batch is acknowledged. Rejects (or throws): what is not acknowledged yet becomes
 * what the consumer's `failure` says, by default it is tried again; it is never skipped. A batch that is tried again holds only
 * what is not acknowledged. `release` does nothing here: a batch is released when all of it is done. `process` runs in the async
 * context of whoever called `run`.
 */
export interface Processor {
  process(batch: RecordBatch, shard: ShardContext): Promise<void> | void;
}

/** Records that the processor could not process. Resolving acknowledges them; rejecting has them handed over again, for ever. */
export interface FailedRecords {
  readonly records: readonly StreamRecord[];
  /** What the processor threw last. */
  readonly error: unknown;
  /** How often the processor had just these records, or more at first under `hand-over`. */
  readonly attempts: number;
  readonly shard: ShardContext;
}

/**
 * What becomes of a batch that the processor rejects. In all cases the shard waits, its lease is kept, and other shards go on.
 * - `retry`: it is tried again for ever, with growing pauses.
 * - `bisect`: after so many attempts (5) it is cut in halves, and these again, until what fails is one record; that has as many
 *   attempts alone, and goes to `onFailure`. The rest is processed, in order.
 * - `hand-over`: after so many attempts (5) what is not acknowledged of it goes to `onFailure` whole.
 * An outage of whatever the processor writes to looks like a failure of records: count the attempts accordingly.
 */
export type FailureOptions =
  | { readonly policy: 'retry' }
  | { readonly policy: 'bisect' | 'hand-over'; readonly attempts?: number; onFailure(failed: FailedRecords): Promise<void> | void };

/** Where a fleet starts that has no positions yet. */
export type StartPosition = { readonly kind: 'trim-horizon' } | { readonly kind: 'latest' } | { readonly kind: 'timestamp'; readonly atMs: number };

/** What becomes of a shard whose records were forgotten before they were read: it ends the run, or it is counted and read on. */
export type OnGap = 'stop' | 'continue';

export type ConsumerEvent =
  | LeaseEvent
  | { readonly kind: 'shard-started'; readonly shard: ShardRef; readonly from: ReadFrom }
  | { readonly kind: 'shard-stopped'; readonly shard: ShardRef; readonly reason: 'released' | 'lost' | 'finished' | 'failed'; readonly drainMs?: number }
  | { readonly kind: 'batch-fetched'; readonly shard: ShardRef; readonly records: number; readonly bytes: number; readonly behindLatestMs: number }
  /** Read ahead, and not given to the processor before the lease went or drained; the next owner reads them again. */
  | { readonly kind: 'records-abandoned'; readonly shard: ShardRef; readonly records: number }
  /** Left out: they came inside aggregates, and their keys belong to other shards. */
  | { readonly kind: 'records-outside-shard'; readonly shard: ShardRef; readonly records: number }
  | { readonly kind: 'fetch-failed'; readonly shard: ShardRef; readonly error: Error; readonly retryInMs: number }
  /**
   * The stream forgot records before they were read: those that arrived in between, in milliseconds since 1970. Not `certain`: nothing
   * may have arrived then. Without times: the service does not say which.
   */
  | { readonly kind: 'gap-found'; readonly shard: ShardRef; readonly fromMs?: number; readonly toMs?: number; readonly certain: boolean }
  /** The endpoint answers CBOR badly: its records come as JSON from now on, which costs more. */
  | { readonly kind: 'wire-changed'; readonly why: string }
  /** Fan-out cannot be had for this shard now; it is polled. */
  | { readonly kind: 'fan-out-refused'; readonly shard: ShardRef; readonly error: Error }
  /** One of several streams cannot be read; the others are. It is tried again from time to time. */
  | { readonly kind: 'stream-refused'; readonly stream: string; readonly error: Error }
  | { readonly kind: 'listing-failed'; readonly stream: string; readonly error: Error; readonly retryInMs: number }
  /** `records`: those that are not acknowledged. They are tried again, cut in halves first or handed over: `retryInMs` is 0 then. */
  | {
      readonly kind: 'batch-failed';
      readonly shard: ShardRef;
      readonly error: unknown;
      readonly attempt: number;
      readonly retryInMs: number;
      readonly records: number;
    }
  /** `onFailure` took these over: they are acknowledged. */
  | { readonly kind: 'records-handed-over'; readonly shard: ShardRef; readonly records: number; readonly error: unknown; readonly attempts: number }
  | {
      readonly kind: 'hand-over-failed';
      readonly shard: ShardRef;
      readonly error: unknown;
      readonly attempt: number;
      readonly retryInMs: number;
      readonly records: number;
    }
  /** `readMs`: what arrived before then, in milliseconds since 1970, is below that position. */
  | { readonly kind: 'checkpoint-saved'; readonly shard: ShardRef; readonly position: Position; readonly readMs?: number }
  | { readonly kind: 'checkpoint-failed'; readonly shard: ShardRef; readonly error: unknown };

/**
 * What this worker does with a shard.
 * - `waiting`: another worker has it, or nobody yet.
 * - `granted`: its lease is held, and the service has not answered yet.
 * - `retrying`: a batch fails and is tried again; the position stays before it until it succeeds or is handed over, and with one batch in
 *   flight nothing behind it is done.
 * - `draining`: no further batch is read; what is in hand is finished.
 * - `done`: it is given up here, or read to its end.
 */
export type ShardState = 'waiting' | 'granted' | 'running' | 'retrying' | 'draining' | 'done';

export interface ShardStatus {
  readonly shard: ShardRef;
  /** As the lease table names it, also where it renews no more (`unowned`). */
  readonly owner: string | undefined;
  /** Somebody could read it and nobody does: it has no owner, or one that stopped renewing. */
  readonly unowned: boolean;
  readonly position: Position;
  readonly held: boolean;
  /** Everything up to the tip that the shard had was read and acknowledged since this worker has it. */
  readonly caughtUp: boolean;
  readonly behindLatestMs: number | undefined;
  readonly inFlightRecords: number;
  readonly lastError: string | undefined;
  readonly state: ShardState;
  /** How long it has been so; undefined for a shard that this worker does not hold. */
  readonly stateMs: number | undefined;
  /** Of the first batch that fails: how often it has failed, why the last time, and how long ago it began. */
  readonly trouble: { readonly attempts: number; readonly error: string; readonly sinceMs: number } | undefined;
  /** How long the processor has had the oldest batch that it has, pauses included. */
  readonly processingMs: number | undefined;
  /** In milliseconds since 1970, as the lease table has it: what arrived before then is below the position. */
  readonly readMs: number | undefined;
}

export interface ConsumerStatus {
  readonly worker: string;
  readonly state: 'starting' | 'running' | 'draining' | 'stopped';
  /** The lease table has answered since the start. */
  readonly reached: boolean;
  /** All shards are known, and every other owner was seen to live. */
  readonly settled: boolean;
  readonly shards: readonly ShardStatus[];
  /** The rows behind `shards`, in the same order: as this worker read them last, and as it wrote them where it holds them. */
  readonly leases: readonly Lease[];
  readonly inFlightBytes: number;
  /** Monotonic age of each loop's last progress, for a liveness probe. */
  readonly loops: readonly { readonly name: string; readonly idleMs: number; readonly limitMs: number }[];
}

export interface Consumer {
  /** Runs until `stop()` is done or the signal, which drains likewise; rejects when it cannot go on. To be called once. */
  run(signal?: AbortSignal): Promise<void>;
  /**
   * Drains, checkpoints and releases shard by shard; resolves when done or when `drainTimeoutMs` is over. A second call drops what is
   * left at once: others take those leases when they expire.
   */
  stop(): Promise<{ readonly clean: boolean }>;
  status(): ConsumerStatus;
}
