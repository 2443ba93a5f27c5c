// A member of a fleet: joins, holds its share of the leases, and leaves. It starts the loops and ends them; what they do is in
// `tick.ts`, `shard-sync.ts` and `held-lease.ts`.
import type { FleetView } from '../types.ts';
import { ringBell } from './bell.ts';
import { type CoordinatorOptions, createMember, type Member, ownRows, reachTable, tableKeys, track } from './member.ts';
import { syncUntilQuiet } from './shard-sync.ts';
import { tickUntilQuiet } from './tick.ts';

export type { CoordinatorOptions } from './member.ts';

export interface Coordinator {
  /**
   * Takes part in the fleet until `stop()` is done or the signal aborts, which drops every lease unreleased. Rejects with a
   * `LeaseError` that no repetition mends, or with what `listShards` throws; every held lease is lost then.
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

async function join(member: Member): Promise<void> {
  const opened = await reachTable(member, async (signal) => {
    await member.options.store.open(signal);
    return true;
  });
  if (opened === undefined) return;
  const synced = Promise.withResolvers<void>();
  const syncing = track(member, () => syncUntilQuiet(member, synced.resolve));
  await Promise.race([synced.promise, syncing]);
  await tickUntilQuiet(member);
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

async function ringWithin(member: Member, timeoutMs: number): Promise<void> {
  const late = new AbortController();
  const cancel = member.tools.machine.timers.after(timeoutMs, () => late.abort());
  await ringBell(member.tools, tableKeys(member), late.signal);
  cancel();
}

async function leave(member: Member, drainTimeoutMs: number): Promise<{ readonly clean: boolean }> {
  member.quiet.abort(new Error('This worker stops.'));
  member.wake();
  for (const control of member.held.values()) control.askToDrain();
  await idleWithin(member, drainTimeoutMs);
  const clean = member.held.size === 0 && !member.halt.signal.aborted;
  abandonAll(member);
  if (!member.halt.signal.aborted) await ringWithin(member, member.options.times.requestTimeoutMs);
  return { clean };
}

/** One process's part in the fleet. Nothing happens before `run`, which is called once. */
export function createCoordinator(options: CoordinatorOptions): Coordinator {
  const member = createMember(options);
  const left = Promise.withResolvers<void>();
  let stopping: Promise<{ readonly clean: boolean }> | undefined;

  const halt = (): void => {
    member.quiet.abort(new Error('This worker stops.'));
    member.wake();
    abandonAll(member);
    member.halt.abort(new Error('This worker stops at once.'));
    member.onChange();
    left.resolve();
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
      const rows = ownRows(member, member.rows).map((row) => member.held.get(row.key)?.held.lease ?? row);
      const held = [...member.held.values()].map((control) => control.held);
      return { worker: options.identity.worker, rows, held, unowned: member.unowned.filter((key) => !member.held.has(key)).length };
    },
    reached: () => member.reached,
    lastTickMs: () => member.lastTickMs,
  };
}
