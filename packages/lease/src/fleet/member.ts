// What one member of a fleet knows and has under way. It decides nothing: `plan.ts` does; the loops around it act.
import { LeaseError } from '../errors.ts';
import type { LeasedStream, StreamFinder } from '../streams.ts';
import type { Machine } from '../time.ts';
import type { CoordinatorState, HeldLease, Identity, Lease, LeaseEvent, LeaseStore, LeaseTimes, TableRows } from '../types.ts';
import type { HeldControl } from './held-lease.ts';
import type { Observations } from './observe.ts';
import { type FleetTools, isRetryable, retryDelayMs } from './operations.ts';
import type { PeersTimes } from './peers.ts';
import { mayMove } from './state.ts';

export interface CoordinatorOptions {
  readonly store: LeaseStore;
  readonly identity: Identity;
  readonly machine: Machine;
  readonly times: LeaseTimes;
  /** `joinDelayMs` (0): how long a new worker keeps to one lease before it asks the others for its share. */
  readonly limits: { readonly maxPerWorker: number; readonly joinDelayMs?: number };
  /** One without `stream`, or any number with it. A finder is asked when this worker joins: what it throws then ends `run`. */
  readonly streams: readonly LeasedStream[] | StreamFinder;
  /** About so often a finder is asked again; where that fails, the streams known stay. Absent: never. */
  readonly streamsIntervalMs?: number;
  readonly shardSyncIntervalMs: number;
  /** How long a KCL 3.x fleet's marks are watched; absent: `defaultPeersTimes`. */
  readonly peers?: PeersTimes;
  onHeld(held: HeldLease): void;
  onEvent(event: LeaseEvent): void;
}

/** A lease this member has asked for. */
export interface Asked {
  readonly dropped: AbortController;
  readonly done: Promise<void>;
}

/** A stream for as long as it is there. */
export interface LivingStream {
  readonly stream: LeasedStream;
  readonly gone: AbortController;
  /** Aborted when the stream is gone, and when a stop is asked for. */
  readonly leave: AbortSignal;
  /** Parents by shard id, as it was last listed, which shards are such parents, and the monotonic time at which that was asked for. */
  listed: { readonly parents: ReadonlyMap<string, readonly string[]>; readonly followed: ReadonlySet<string>; readonly askedMs: number } | undefined;
  /** Its first sync is done. */
  synced: boolean;
}

export interface Member {
  readonly options: CoordinatorOptions;
  readonly tools: FleetTools;
  /** Those there are, by `account:stream:epoch`. Changed by `find-streams.ts` only. */
  readonly streams: Map<string | undefined, LivingStream>;
  /** It was found out once which they are. */
  found: boolean;
  readonly sources: Map<string | undefined, string>;
  /** Aborted when a stop is asked for: no takes, requests or creations any more. */
  readonly quiet: AbortController;
  /** Aborted when nothing more may be done. */
  readonly halt: AbortController;
  readonly failed: PromiseWithResolvers<never>;
  /** Monotonic time of its birth. */
  readonly bornMs: number;
  readonly held: Map<string, HeldControl>;
  readonly asked: Map<string, Asked>;
  /** Monotonic time until which a lease is not asked for. */
  readonly spared: Map<string, number>;
  /** Keys of rows that were said to be broken, while they are. */
  readonly broken: Set<string>;
  /** Leases that can be taken now, which the others are to be told. */
  readonly freed: Set<string>;
  /** Monotonic time of the last ring of the bell. */
  rungMs: number | undefined;
  cancelRing: (() => void) | undefined;
  state: CoordinatorState;
  table: TableRows;
  observations: Observations;
  /** Monotonic time at which all of the table was read last. */
  wholeMs: number | undefined;
  /** The bell as last heard, in the row where it hung then. */
  heard: { readonly key: string; readonly bell: bigint } | undefined;
  /** Keys of rows that something happened to since they were read. */
  readonly wanted: Set<string>;
  /** The parts of a large table that this member watches, as last read. */
  watched: { readonly name: string; readonly keys: ReadonlySet<string>; readonly readMs: number } | undefined;
  /** Streams of rows that this member created and has not read since, by key. */
  readonly created: Map<string, string | undefined>;
  /** Keys that the last plan saw without a holder. */
  unowned: readonly string[];
  reached: boolean;
  unreachable: boolean;
  lastTickMs: number;
  /** Something happened here that the next scan must show. */
  nudged: boolean;
  /** Wakes of those who rest. */
  readonly resting: Set<() => void>;
  /** Loops and acts under way. */
  busy: number;
  onChange: () => void;
}

export function createMember(options: CoordinatorOptions): Member {
  const failed = Promise.withResolvers<never>();
  // Nobody may be listening yet when it fails.
  failed.promise.catch(() => undefined);
  const { store, identity, machine, times } = options;
  const sources = new Map<string | undefined, string>();
  return {
    options,
    tools: { store, identity, machine, times, sources, onEvent: (event) => options.onEvent(event) },
    streams: new Map(),
    found: false,
    sources,
    quiet: new AbortController(),
    halt: new AbortController(),
    failed,
    bornMs: machine.clock.monotonicMs(),
    held: new Map(),
    asked: new Map(),
    spared: new Map(),
    broken: new Set(),
    freed: new Set(),
    rungMs: undefined,
    cancelRing: undefined,
    state: 'idle',
    table: { leases: [], broken: [], bytes: 0 },
    observations: new Map(),
    wholeMs: undefined,
    heard: undefined,
    wanted: new Set(),
    watched: undefined,
    created: new Map(),
    unowned: [],
    reached: false,
    unreachable: false,
    lastTickMs: machine.clock.monotonicMs(),
    nudged: false,
    resting: new Set(),
    busy: 0,
    onChange: () => undefined,
  };
}

/** Goes along a declared edge, or stays: a stop may come in any state and then wins. */
export function moveTo(member: Member, to: CoordinatorState): void {
  const from = member.state;
  if (!mayMove(from, to)) return;
  member.state = to;
  member.tools.onEvent({ kind: 'coordinator-state', from, to });
}

export function wake(member: Member): void {
  for (const rouse of member.resting) rouse();
}

/** `keys`: of the rows that it happened to, as far as it did to any. */
export function nudge(member: Member, keys: readonly string[] = []): void {
  for (const key of keys) member.wanted.add(key);
  member.nudged = true;
  wake(member);
}

/** Sleeps until the time is over, a nudge or the stop. */
export async function rest(member: Member, forMs: number): Promise<void> {
  if (member.nudged || member.quiet.signal.aborted) return;
  const woken = new AbortController();
  const rouse = () => woken.abort();
  member.resting.add(rouse);
  await member.tools.machine.timers.sleep(forMs, woken.signal).catch(() => undefined);
  member.resting.delete(rouse);
}

/** What goes wrong for good while acting ends `run`; what a stop cuts short does not. */
export function fail(member: Member, error: unknown): void {
  const cutShort = member.quiet.signal.aborted && (!(error instanceof LeaseError) || error.code === 'LEASE_LOST');
  if (!cutShort) member.failed.reject(error);
}

/** Runs something in the background; a stop waits for it. */
export function track(member: Member, work: () => Promise<void>): Promise<void> {
  member.busy += 1;
  return work()
    .catch((error: unknown) => fail(member, error))
    .finally(() => {
      member.busy -= 1;
      member.onChange();
    });
}

const maxRetryDelayMs = 5000;

/** Tries a read of the table until it succeeds or a stop is asked for; says once that the table does not answer. */
export async function reachTable<T>(member: Member, read: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const { clock, random } = member.tools.machine;
  for (let attempt = 0; !member.quiet.signal.aborted; attempt += 1) {
    member.lastTickMs = clock.monotonicMs();
    try {
      const answer = await read(member.halt.signal);
      member.reached = true;
      if (member.unreachable) member.tools.onEvent({ kind: 'lease-table-reached' });
      member.unreachable = false;
      return answer;
    } catch (error) {
      // Credentials that cannot be renewed for a while are no reason to give up what the table once let us have.
      if (!isRetryable(error) || (error.code === 'TABLE_DENIED' && !member.reached)) throw error;
      if (!member.unreachable) member.tools.onEvent({ kind: 'lease-table-unreachable', error });
      member.unreachable = true;
      member.nudged = false;
      await rest(member, retryDelayMs(attempt, maxRetryDelayMs, random.number()));
    }
  }
  return undefined;
}

export function tableKeys(member: Member): readonly string[] {
  return member.table.leases.map((row) => row.key);
}

/** The rows of the streams that this member leases. */
export function ownRows(member: Member, rows: readonly Lease[]): readonly Lease[] {
  return rows.filter((row) => member.streams.has(row.stream));
}

export function leasedStreams(member: Member): readonly LeasedStream[] {
  return Array.from(member.streams.values(), (living) => living.stream);
}

/** Empty for a shard that its stream does not list; undefined while nobody knows what the stream lists. */
export function listedParents(member: Member, stream: string | undefined, shardId: string): readonly string[] | undefined {
  const listed = member.streams.get(stream)?.listed;
  return listed === undefined ? undefined : (listed.parents.get(shardId) ?? []);
}
