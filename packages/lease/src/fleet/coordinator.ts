// A member of a fleet: joins, holds its share of the leases, and leaves. It starts the loops and ends them; what they do is in
// `tick.ts`, `find-streams.ts`, `peers-watch.ts` and `held-lease.ts`.
import type { FleetView, Lease } from '../types.ts';
import { ringLast } from './bell.ts';
import { findStreams, followStreams } from './find-streams.ts';
import { learnTable } from './look.ts';
import { type CoordinatorOptions, createMember, type Member, moveTo, ownRows, reachTable, track, wake } from './member.ts';
import { isFinished } from './ownership.ts';
import { keepWatchingPeers, watchPeers } from './peers-watch.ts';
import { tickUntilQuiet } from './tick.ts';

export type { CoordinatorOptions } from './member.ts';

export interface Coordinator {
  /**
   * Takes part in the fleet until `stop()` is done or the signal aborts, which drops every lease unreleased. Rejects with a
   * `LeaseError` that no repetition mends, or with what `listShards` or the finder of the streams throws; every held lease is
   * lost then.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Drains and releases every lease; after `drainTimeoutMs` drops what is left, which makes it not clean. */
  stop(drainTimeoutMs: number): Promise<{ readonly clean: boolean }>;
  view(): FleetView;
  /** The lease table has answered at least once. */
  reached(): boolean;
  /** Monotonic time of the loop's last turn; it turns also while the table does not answer. */
  lastTickMs(): number;
}

function abandonAll(member: Member): void {
  for (const control of [...member.held.values()]) control.abandon();
}

/** The table exists, and belongs to these streams. False: a stop came first. Throws TABLE_FOREIGN. */
async function reachOwnTable(member: Member): Promise<boolean> {
  const { store } = member.options;
  const opened = await reachTable(member, async (signal) => {
    await store.open(signal);
    return true;
  });
  if (opened === undefined) return false;
  await findStreams(member);
  const table = await reachTable(member, (signal) => store.list({ consistent: true }, signal));
  if (table === undefined) return false;
  learnTable(member, table);
  return true;
}

async function join(member: Member): Promise<void> {
  moveTo(member, 'joining');
  if (!(await reachOwnTable(member))) return;
  const peers = await watchPeers(member);
  if (peers === undefined) return;
  moveTo(member, 'working');
  void track(member, () => keepWatchingPeers(member, peers));
  // Leases there are already need not wait for the listing of the stream.
  followStreams(member);
  await tickUntilQuiet(member);
}

function isSettled(member: Member): boolean {
  const { found, streams, created, held, observations, table } = member;
  if (!found || [...streams.values()].some((living) => !living.synced) || [...created.values()].some((name) => streams.has(name))) return false;
  const proven = (row: Lease) => isFinished(row) || row.owner === undefined || held.has(row.key) || observations.get(row.key)?.renewed === true;
  return ownRows(member, table.leases).every(proven);
}

/** Resolves when nothing is held and nothing is under way, or after the time. */
async function idleWithin(member: Member, timeoutMs: number): Promise<void> {
  const idle = Promise.withResolvers<void>();
  const check = () => {
    if (member.halt.signal.aborted || (member.held.size === 0 && member.busy === 0)) idle.resolve();
  };
  member.onChange = check;
  const cancel = member.tools.machine.timers.after(timeoutMs, idle.resolve);
  check();
  await idle.promise;
  cancel();
}

async function leave(member: Member, drainTimeoutMs: number): Promise<{ readonly clean: boolean }> {
  moveTo(member, 'draining');
  member.quiet.abort(new Error('This worker stops.'));
  wake(member);
  for (const control of member.held.values()) control.askToDrain();
  await idleWithin(member, drainTimeoutMs);
  const clean = member.held.size === 0 && !member.halt.signal.aborted;
  abandonAll(member);
  if (!member.halt.signal.aborted) await ringLast(member, member.options.times.requestTimeoutMs);
  return { clean };
}

/** One process's part in the fleet. Nothing happens before `run`, which is called once. */
export function createCoordinator(options: CoordinatorOptions): Coordinator {
  const member = createMember(options);
  const left = Promise.withResolvers<void>();
  let stopping: Promise<{ readonly clean: boolean }> | undefined;

  const halt = (): void => {
    member.quiet.abort(new Error('This worker stops.'));
    wake(member);
    abandonAll(member);
    member.halt.abort(new Error('This worker stops at once.'));
    member.onChange();
    left.resolve();
    moveTo(member, 'stopped');
  };
  return {
    async run(signal) {
      if (signal.aborted || member.quiet.signal.aborted) return;
      signal.addEventListener('abort', halt, { once: true });
      void track(member, () => join(member));
      try {
        await Promise.race([member.failed.promise, left.promise]);
      } finally {
        signal.removeEventListener('abort', halt);
        halt();
      }
    },
    stop(drainTimeoutMs) {
      stopping ??= leave(member, drainTimeoutMs).finally(halt);
      return stopping;
    },
    view() {
      const held = [...member.held.values()].map((control) => control.held);
      const known = ownRows(member, member.table.leases);
      const keys = new Set(known.map((row) => row.key));
      // Created and taken since the last look.
      const fresh = held.map((each) => each.lease).filter((lease) => !keys.has(lease.key));
      const rows = [...known.map((row) => member.held.get(row.key)?.held.lease ?? row), ...fresh];
      const unowned = new Set(member.unowned.filter((key) => !member.held.has(key)));
      const isFollowed = ({ stream, shardId }: Pick<Lease, 'stream' | 'shardId'>) => member.streams.get(stream)?.listed?.followed.has(shardId) === true;
      return { worker: options.identity.worker, state: member.state, rows, held, unowned, settled: isSettled(member), isFollowed };
    },
    reached: () => member.reached,
    lastTickMs: () => member.lastTickMs,
  };
}
