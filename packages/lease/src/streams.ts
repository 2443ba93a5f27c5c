// The streams whose shards a fleet leases, and how their rows are told apart in one table. It asks no service.
import type { Lease, Position, ShardListing, StreamIdentity } from './types.ts';

/** How the rows of a stream are named. */
export interface LeaseNames {
  readonly leaseKey: (shardId: string) => string;
  /** `account:stream:epoch` in multi-stream tables; absent in a single-stream table. */
  readonly stream?: string;
}

/** A stream as the fleet needs to know it. */
export interface LeasedStream extends LeaseNames {
  /** Where shards are begun that nobody has read before. */
  readonly start: Position;
  /**
   * What tells the stream from another of the same name; written into the rows of a single-stream table, whose keys do not
   * say it, and only asked for there. Undefined where nobody knows. It repeats by itself what is worth repeating: what it throws
   * ends `run`.
   */
  identify?(signal: AbortSignal): Promise<StreamIdentity | undefined>;
  /**
   * The whole listing of the stream. It repeats likewise; what it throws ends `run`, unless a finder that is asked again shows the
   * stream no more.
   */
  listShards(signal: AbortSignal): Promise<readonly ShardListing[]>;
  /**
   * The shards that hold what lies at or after the start, for a start at a time; asked for as long as nothing has been read.
   * More than those does no harm, fewer are made up for from the listing. Absent: the listing's roots are begun instead, and
   * what ended before the time is read to its end at once.
   */
  listAtStart?(signal: AbortSignal): Promise<readonly ShardListing[]>;
}

/**
 * Answers with all streams there are now; what it names by a `stream` that is known already goes on as it is. It says what fails,
 * and repeats by itself what is worth repeating.
 */
export type StreamFinder = (signal: AbortSignal) => Promise<readonly LeasedStream[]>;

/** Tells shards of several streams apart. */
export function shardName(stream: string | undefined, shardId: string): string {
  return stream === undefined ? shardId : `${stream}:${shardId}`;
}

export function rowsOf(stream: LeaseNames, rows: readonly Lease[]): readonly Lease[] {
  return rows.filter((row) => row.stream === stream.stream);
}

/** As a row keeps it: the ARN, and after a space the second of creation. */
export function streamIdentityText({ arn, createdAtS }: StreamIdentity): string {
  return createdAtS === undefined ? arn : `${arn} ${createdAtS}`;
}
