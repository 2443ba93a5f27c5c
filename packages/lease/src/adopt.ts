// Takes a lease table over from a Java fleet that was stopped: notes that what it left beside the leases stands still, and copies
// its rows to the keys of a fleet of several streams. It starts no worker and holds no lease.
import { LeaseError } from './errors.ts';
import { observe, stillSinceMs } from './fleet/observe.ts';
import { ownerId } from './fleet/ownership.ts';
import { oldestFirst } from './fleet/shard-graph.ts';
import { samePosition } from './position.ts';
import { peersText } from './rows/peers.ts';
import { shardName } from './streams.ts';
import type { Machine } from './time.ts';
import type { Lease, LeaseStore, NewLease, PeerState, TableRows } from './types.ts';

export interface Adopted {
  /** What a KCL 3.x fleet left. */
  readonly peers: PeerState;
  /** It was noted, so that the next start need not watch it as long as nothing of it moves. False: there is nothing to note, or no row to note it in. */
  readonly noted: boolean;
}

/** Vouches for the state of a KCL 3.x fleet as it is now; one that lives moves on, and is watched for and refused as before. */
export async function adoptTable({ store, signal }: { readonly store: LeaseStore; readonly signal: AbortSignal }): Promise<Adopted> {
  const peers = await store.peers(signal);
  const { leases } = await store.list({ consistent: true }, signal);
  const nothing = peers.leader === undefined && peers.mode === undefined && peers.metrics.length === 0;
  if (nothing || leases.length === 0) return { peers, noted: false };
  await store.vouch(
    leases.map((row) => row.key),
    peersText(peers),
    signal,
  );
  return { peers, noted: true };
}

export interface CopyPlan {
  /** Rows to create, parents before their children. */
  readonly missing: readonly NewLease[];
  /** Keys of copies that are there already. */
  readonly there: readonly string[];
}

const streamName = /^\d+:[^:]+:\d+$/;
const identity = /^arn:[^:]+:kinesis:[^:]*:(\d*):stream\/(\S+?)(?: (\d+))?$/;

function foreign(what: string, advice: string): LeaseError {
  return new LeaseError('TABLE_FOREIGN', `${what} Nothing was copied. ${advice}.`);
}

/** A row that says which stream it is of must say this one. */
function assertOf(stream: string, { key, source }: Lease): void {
  const [, account, name, epochS] = identity.exec(source ?? '') ?? [];
  const [wantedAccount, wantedName, wantedEpochS] = stream.split(':');
  if (name === undefined || (name === wantedName && account === wantedAccount && (epochS ?? wantedEpochS) === wantedEpochS)) return;
  throw foreign(`The lease '${key}' says that it is of the stream ${source}, and not of ${stream}.`, 'Name the stream that the table is for');
}

function copyOf(row: Lease, stream: string): NewLease {
  return {
    key: shardName(stream, row.shardId),
    shardId: row.shardId,
    stream,
    position: row.position,
    parents: row.parents,
    children: row.children,
    ...(row.hashRange === undefined ? {} : { hashRange: row.hashRange }),
  };
}

/**
 * What there is to copy, for a dry run too. `stream`: `account:name:epoch`. Throws LeaseError TABLE_FOREIGN when the rows are
 * another stream's or a fleet has read on from the copies already, and ROW_BROKEN when a row cannot be read.
 */
export function planCopy({ leases, broken }: Pick<TableRows, 'leases' | 'broken'>, stream: string): CopyPlan {
  if (!streamName.test(stream)) {
    throw foreign(`'${stream}' does not name a stream of a multi-stream table.`, 'It is written as account:name:epoch, with the second of its creation');
  }
  const [unreadable] = broken;
  if (unreadable !== undefined) throw unreadable.error;
  const single = leases.filter((row) => row.stream === undefined);
  for (const row of single) assertOf(stream, row);
  const copies = leases.filter((row) => row.stream === stream);
  const known = new Set(copies.map((row) => row.key));
  const missing = oldestFirst(single)
    .map((row) => copyOf(row, stream))
    .filter((copy) => !known.has(copy.key));
  const touched = copies.find((row) => row.counter > 0n || row.owner !== undefined);
  if (missing.length > 0 && touched !== undefined) {
    throw foreign(
      `A fleet has read on from the multi-stream rows of ${stream} already ('${touched.key}'), and ${missing.length} single-stream rows have no copy, such as '${missing[0]?.shardId}': they were finished and removed since, or the copy was cut short before that fleet began.`,
      'If it was cut short, stop that fleet, delete the multi-stream rows of the stream and copy again; else there is nothing left to do',
    );
  }
  return { missing, there: single.map((row) => shardName(stream, row.shardId)).filter((key) => known.has(key)) };
}

export interface CopyOptions {
  readonly store: LeaseStore;
  /** `account:name:epoch`. */
  readonly stream: string;
  /** Of the fleet that the rows are taken from: a lease that stands still for so long is nobody's. */
  readonly durationMs: number;
  readonly machine: Pick<Machine, 'clock' | 'timers'>;
  readonly signal: AbortSignal;
}

export interface Copied {
  readonly created: number;
  readonly there: number;
}

/** The table after all single-stream leases have stood still for the lease duration. Throws HELD_BY_OTHERS when one moves. */
async function standingStill({ store, durationMs, machine: { clock, timers }, signal }: CopyOptions): Promise<TableRows> {
  const singleRows = ({ leases }: TableRows) => leases.filter((row) => row.stream === undefined);
  const first = await store.list({ consistent: true }, signal);
  const seen = observe(new Map(), singleRows(first), clock.monotonicMs());
  if (singleRows(first).every((row) => row.owner === undefined)) return first;
  await timers.sleep(durationMs, signal);
  const askedMs = clock.monotonicMs();
  const second = await store.list({ consistent: true }, signal);
  const live = singleRows(second).find((row) => {
    const owner = ownerId(row);
    return owner !== undefined && askedMs - stillSinceMs(seen.get(row.key), row, owner, askedMs) < durationMs;
  });
  if (live === undefined) return second;
  throw new LeaseError(
    'HELD_BY_OTHERS',
    `The worker '${live.owner}' is at work: it holds the lease '${live.key}'. With copies of its rows a second fleet would read the same shards, so nothing was copied. Stop every worker of that fleet, wait until they are gone, and copy again.`,
  );
}

/**
 * Gives every single-stream row a copy with a multi-stream key, at the same position, for a fleet of several streams to go on
 * from; the old rows stay. May be repeated after it was cut short. Throws what `planCopy` throws, LeaseError HELD_BY_OTHERS when a
 * worker still holds one of the leases, and what the store throws.
 */
export async function copyToMultiStream(options: CopyOptions): Promise<Copied> {
  const { store, stream, signal } = options;
  const { missing, there } = planCopy(await standingStill(options), stream);
  let created = 0;
  // One after the other: a copy that is cut short lacks no ancestor of what it has.
  for (const copy of missing) {
    const written = await store.create(copy, signal);
    if (written.outcome === 'applied' && written.lease.counter === 0n && samePosition(written.lease.position, copy.position)) created += 1;
  }
  return { created, there: there.length + missing.length - created };
}
