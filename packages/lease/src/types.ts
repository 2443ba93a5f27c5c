// The words of this package: a shard's lease, where its reader stands, and what may be written to it. It never hears of a
// record, and knows no DynamoDB: `dynamodb/` does.
import type { LeaseError } from './errors.ts';

/** Where a reader stands in a shard. `at-timestamp` carries no time: the row does not store it, the configuration does. */
export type Position =
  | { readonly kind: 'trim-horizon' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'at-timestamp' }
  /** Everything up to and including this record is done. `sequence` is decimal digits. */
  | { readonly kind: 'sequence'; readonly sequence: string; readonly subSequence: number }
  | { readonly kind: 'shard-end' };

/** The first of a checkpoint's two phases: where the position shall be once it is committed, and what its owner noted for whoever comes next. */
export interface PreparedCheckpoint {
  readonly position: Position;
  /** Opaque, as in the Java KCL. */
  readonly state?: Uint8Array;
}

/** A worker asks the holder for a lease. Valid only while the row is ours and `asked` is its holder. */
export interface LeaseRequest {
  readonly next: string;
  readonly nextHolder: string;
  readonly asked: string;
}

/** One lease row as read. `key` is the shard id, or `account:stream:epoch:shard`. */
export interface Lease {
  readonly key: string;
  readonly shardId: string;
  /** `account:stream:epoch` in multi-stream tables. */
  readonly stream?: string;
  readonly owner?: string;
  /** A 3.x hand-over in progress names its current worker here. */
  readonly checkpointOwner?: string;
  readonly counter: bigint;
  readonly position: Position;
  readonly ownerSwitches: bigint;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  readonly hashRange?: { readonly start: string; readonly end: string };
  readonly throughputKBps?: number;
  /** Incarnation holding the lease. */
  readonly holder?: string;
  /** `counter` as our last write left it, also one that gave the lease back; equal means: nobody else has written since. */
  readonly holderCounter?: bigint;
  /**
   * Milliseconds since 1970: everything that arrived at the shard before then has been read, and the position covers it. Absent
   * where nobody said so, or where a Java worker has written since.
   */
  readonly readMs?: number;
  readonly request?: LeaseRequest;
  /** By one of ours or by a Java worker; not committed yet. Absent also where a row's cannot be read. */
  readonly prepared?: PreparedCheckpoint;
  /** How often this row's bell rang. */
  readonly bell: bigint;
  /** Leases that could be taken when it rang last; absent: too many to name. */
  readonly freed?: readonly string[];
  /** Which stream this shard belongs to, as whoever of ours first wrote the row knew it (`streamIdentityText`). */
  readonly source?: string;
  /** What a KCL 3.x fleet had left beside the leases when it was last found to stand still (`peersText`); in one row only. */
  readonly peersSeen?: string;
}

/** A row that is a lease and cannot be read as one. Its shard is neither taken nor begun anew while it is there. */
export interface BrokenRow {
  readonly key: string;
  readonly error: LeaseError;
}

/** One of several parts of a table; a row stays in its part as long as there are as many. */
export interface TablePart {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/** What a scan of the lease table, or of a part of it, shows. */
export interface TableRows {
  /** Sorted by key. */
  readonly leases: readonly Lease[];
  readonly broken: readonly BrokenRow[];
  /** Size of all items, about as DynamoDB counts it. */
  readonly bytes: number;
}

/**
 * What a KCL 3.x fleet leaves beside the leases, in the lease table or in its two side tables. Beats are compared for equality
 * only: movement tells a live fleet, no clock does (lease-protocol part 8).
 */
export interface PeerState {
  /** The lock of the fleet's leader. */
  readonly leader?: { readonly owner: string; readonly beat: string; readonly leaseDurationMs: number };
  /** The fleet's mode, such as `CLIENT_VERSION_3X`. */
  readonly mode?: string;
  /** Workers that published their load, sorted by name. */
  readonly metrics: readonly { readonly worker: string; readonly beat: string }[];
}

/** What tells a stream from another of the same name. */
export interface StreamIdentity {
  readonly arn: string;
  /** When it was created, in whole seconds since 1970; absent where the service does not say. */
  readonly createdAtS?: number;
}

/** Who writes: the worker's name, and 128 random bits of this process start. */
export interface Identity {
  readonly worker: string;
  readonly incarnation: string;
}

/** A write that was carried out, or what stands in the row instead (undefined: the row is gone). */
export type Written = { readonly outcome: 'applied'; readonly lease: Lease } | { readonly outcome: 'stale'; readonly current: Lease | undefined };

/** A shard as the stream lists it. */
export interface ShardListing {
  readonly shardId: string;
  readonly parents: readonly string[];
  readonly hashRange?: { readonly start: string; readonly end: string };
  /** It takes no more records. */
  readonly closed: boolean;
}

/** A shard that follows a finished one. */
export interface ChildShard {
  readonly shardId: string;
  readonly parents: readonly string[];
  readonly hashRange?: { readonly start: string; readonly end: string };
}

/** What a new row holds. */
export interface NewLease {
  readonly key: string;
  readonly shardId: string;
  readonly stream?: string;
  readonly position: Position;
  readonly parents: readonly string[];
  readonly hashRange?: { readonly start: string; readonly end: string };
  /** Known of a row that is copied; a shard nobody has read has none. */
  readonly children?: readonly string[];
  readonly source?: string;
}

/** What the holder's writes take along; what is absent stays in the row as it is. */
export interface HeldChange {
  readonly throughputKBps?: number;
  /** As `Lease.readMs`. */
  readonly readMs?: number;
  /** What is prepared from now on. A write of the position that does not say it again drops it; a renewal leaves it. */
  readonly prepared?: PreparedCheckpoint;
}

/** What a write that gives a lease away takes along. */
export type HandedChange = Pick<HeldChange, 'readMs' | 'prepared'>;

/**
 * The lease table. Every write is conditional (lease-protocol part 3); a failed condition is compared with what was meant
 * before it counts as `stale`. The environment's faults are thrown as `LeaseError`.
 */
export interface LeaseStore {
  /** Makes the table exist; throws when it is no lease table. */
  open(signal: AbortSignal): Promise<void>;
  list(options: { readonly consistent: boolean; readonly part?: TablePart }, signal: AbortSignal): Promise<TableRows>;
  /**
   * Strongly consistent, from the lease table and the side tables of KCL 3.0 to 3.4. `metrics: false` reads the leader's lock
   * and the mode alone, by their keys; else the lease table is scanned.
   */
  peers(signal: AbortSignal, options?: { readonly metrics?: boolean }): Promise<PeerState>;
  /** Strongly consistent unless said otherwise; a read that is not costs half. */
  read(key: string, signal: AbortSignal, options?: { readonly consistent?: boolean }): Promise<Lease | undefined>;
  create(lease: NewLease, signal: AbortSignal): Promise<Written>;
  /** Takes an unowned, expired or 2.x worker's lease as it was read. `source` is written into a row that names none. */
  take(lease: Lease, me: Identity, change: { readonly source?: string }, signal: AbortSignal): Promise<Written>;
  renew(lease: Lease, me: Identity, change: HeldChange, signal: AbortSignal): Promise<Written>;
  checkpoint(lease: Lease, me: Identity, at: Position, change: HeldChange, signal: AbortSignal): Promise<Written>;
  request(lease: Lease, me: Identity, signal: AbortSignal): Promise<Written>;
  transfer(lease: Lease, me: Identity, at: Position, change: HandedChange, signal: AbortSignal): Promise<Written>;
  accept(lease: Lease, me: Identity, signal: AbortSignal): Promise<Written>;
  cancel(lease: Lease, me: Identity, signal: AbortSignal): Promise<Written>;
  release(lease: Lease, me: Identity, at: Position, change: HandedChange, signal: AbortSignal): Promise<Written>;
  finish(lease: Lease, me: Identity, children: readonly string[], signal: AbortSignal): Promise<Written>;
  /** Clears the owner of a finished row that a Java worker left so; only once the lease has expired. */
  disown(lease: Lease, signal: AbortSignal): Promise<Written>;
  remove(lease: Lease, signal: AbortSignal): Promise<Written>;
  rewind(lease: Lease, to: Position, signal: AbortSignal): Promise<Written>;
  /** Wakes the other workers: moves the bell of the row with the smallest key, which says what was freed; undefined: too much to name. */
  ring(keys: readonly string[], freed: readonly string[] | undefined, signal: AbortSignal): Promise<void>;
  /** Notes what a KCL 3.x fleet left and that it stood still, in the row with the smallest key. */
  vouch(keys: readonly string[], peers: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What renewals take along. */
export interface Cargo {
  /** How far everything is done; undefined: nothing new is known. */
  position(): Position | undefined;
  saved(at: Position): void;
  /**
   * As `Lease.readMs`, of what is done; undefined: nothing new is known. Asked whenever the position is written, or the lease
   * renewed or given back; it causes no write of its own.
   */
  readMs?(): number | undefined;
}

/** A lease this process holds, as its reader sees it. */
export interface HeldLease {
  /** As last read or written; replaced with every write. */
  readonly lease: Lease;
  /** Aborted when the lease is no longer ours: stop at once, write nothing more. */
  readonly lost: AbortSignal;
  /** Aborted when the reader shall finish what it has in hand and then call `release`. */
  readonly drain: AbortSignal;
  /**
   * Saves the position. Resolves once written; rejects with LEASE_LOST when the lease is gone, POSITION_BACKWARD when a later one is
   * saved. What is prepared beyond it is dropped, unless `keepPrepared`.
   */
  checkpoint(at: Position, options?: { readonly keepPrepared?: boolean }): Promise<void>;
  /** Notes a position that a later checkpoint may commit; the position itself stays. Replaces what was prepared. Rejects as `checkpoint` does. */
  prepare(prepared: PreparedCheckpoint): Promise<void>;
  /** From now on a renewal also saves what `position` answers, if that is ahead, and says so: one write instead of two. */
  carry(cargo: Cargo): void;
  /** The shard is read to its end: creates the children's leases, then ends this one. */
  finish(children: readonly ChildShard[]): Promise<void>;
  /** Gives the lease back at this position; hands it to whoever asked for it. */
  release(at: Position): Promise<void>;
  /** Bytes read since the last call, for balance by throughput. */
  reportBytes(bytes: number): void;
}

/** What a fleet member is doing; the edges between the states are in `fleet/state.ts`. */
export type CoordinatorState =
  /** `run` has not been called. */
  | 'idle'
  /** It opens the lease table and makes sure that it belongs to these streams. */
  | 'joining'
  /** A KCL 3.x fleet left its marks: it takes nothing until they have stood still for long enough. */
  | 'watching'
  /** It takes, renews, balances and gives back leases. */
  | 'working'
  /** A KCL 3.x leader appeared: it keeps what it holds and takes nothing more. */
  | 'restrained'
  /** A stop was asked for: it takes nothing, and gives back what it holds. */
  | 'draining'
  /** It holds nothing and does nothing. */
  | 'stopped';

/** What a lease table looks like from this process. */
export interface FleetView {
  readonly worker: string;
  readonly state: CoordinatorState;
  readonly rows: readonly Lease[];
  readonly held: readonly HeldLease[];
  /** Keys of rows that somebody could hold and nobody does: without an owner, or with one that stopped renewing. */
  readonly unowned: ReadonlySet<string>;
  /** Every lease exists that the streams' listings asked for, and every other owner was seen to renew: the view can be trusted. */
  readonly settled: boolean;
  /** Others follow this shard in its stream's latest listing: it takes no more records, and what comes is theirs. */
  isFollowed(lease: Pick<Lease, 'stream' | 'shardId'>): boolean;
}

export type LeaseEvent =
  | { readonly kind: 'coordinator-state'; readonly from: CoordinatorState; readonly to: CoordinatorState }
  | { readonly kind: 'lease-operation'; readonly operation: string; readonly outcome: 'applied' | 'stale' | 'failed'; readonly key: string }
  | { readonly kind: 'lease-created'; readonly key: string; readonly position: Position }
  | { readonly kind: 'lease-taken'; readonly key: string; readonly from: string | undefined }
  /** This worker asked `from` for the lease. */
  | { readonly kind: 'lease-requested'; readonly key: string; readonly from: string | undefined }
  /** `abandoned`: this worker stopped without waiting for the reader; the others wait until the lease expires. */
  | { readonly kind: 'lease-lost'; readonly key: string; readonly reason: 'taken' | 'fenced' | 'deleted' | 'broken' | 'abandoned' }
  /** `to`: the worker that had asked for it. */
  | { readonly kind: 'lease-released'; readonly key: string; readonly to: string | undefined }
  | { readonly kind: 'lease-finished'; readonly key: string; readonly children: readonly string[] }
  /** The row of a finished shard was deleted: its children have begun. */
  | { readonly kind: 'lease-removed'; readonly key: string }
  /** Said once for each row while it is broken. */
  | { readonly kind: 'lease-row-broken'; readonly key: string; readonly error: Error }
  /** A KCL 3.x fleet's marks were found at start; nothing is taken for at most so long. */
  | { readonly kind: 'peers-watched'; readonly peers: PeerState; readonly forMs: number }
  /** A KCL 3.x leader appeared, or is gone again, while this worker runs. */
  | { readonly kind: 'peers-appeared'; readonly peers: PeerState }
  | { readonly kind: 'peers-gone' }
  | { readonly kind: 'lease-table-unreachable'; readonly error: Error }
  | { readonly kind: 'lease-table-reached' };

/** Times of the protocol (lease-protocol part 5), in milliseconds. */
export interface LeaseTimes {
  readonly durationMs: number;
  readonly fenceMs: number;
  readonly renewIntervalMs: number;
  readonly requestTimeoutMs: number;
}
