// Saves a shard's watermark every so often, one write at a time, and with every renewal. It knows neither records nor the store behind the lease.
import { type HeldLease, LeaseError, type Machine, samePosition } from '@shardfold/lease';
import type { ConsumerEvent, ShardRef } from '../types.ts';
import type { Watermark } from '../watermark/watermark.ts';

export interface CheckpointPolicy {
  /** A watermark that moved is saved after this long at the latest. */
  readonly intervalMs: number;
  /** ... or after this many records. */
  readonly records: number;
}

export interface Checkpointer {
  /** The watermark may have moved. */
  progressed(): void;
  /**
   * Saves the watermark now; resolves when the table holds it. Rejects with what the lease says when it was not saved (it is tried
   * again after the interval), and with LEASE_LOST after `stop`.
   */
  save(): Promise<void>;
  /** No more saves; resolves when none is under way. */
  stop(): Promise<void>;
}

export interface CheckpointerParts {
  readonly held: HeldLease;
  readonly shard: ShardRef;
  readonly watermark: Watermark;
  readonly machine: Machine;
  readonly policy: CheckpointPolicy;
  onEvent(event: ConsumerEvent): void;
}

export function createCheckpointer({ held, shard, watermark, machine, policy, onEvent }: CheckpointerParts): Checkpointer {
  /** Acknowledged records when the last save was asked for. */
  let askedRecords = 0;
  let cancelTimer: (() => void) | undefined;
  /** Settles with the last write asked for; never rejects. */
  let tail: Promise<void> = Promise.resolve();
  /** The one write that waits behind the one under way: it takes the watermark as it finds it, so one is enough for all. */
  let waiting: Promise<void> | undefined;
  let stopped = false;

  function disarm(): void {
    cancelTimer?.();
    cancelTimer = undefined;
  }

  function arm(): void {
    if (stopped || held.lost.aborted) return;
    cancelTimer ??= machine.timers.after(policy.intervalMs, saveInBackground);
  }

  async function write(): Promise<void> {
    waiting = undefined;
    held.lost.throwIfAborted();
    const position = watermark.position();
    if (position === undefined || samePosition(position, held.lease.position)) return;
    try {
      await held.checkpoint(position);
    } catch (error) {
      onEvent({ kind: 'checkpoint-failed', shard, error });
      arm();
      throw error;
    }
    onEvent({ kind: 'checkpoint-saved', shard, position });
  }

  async function save(): Promise<void> {
    if (stopped)
      throw new LeaseError(
        'LEASE_LOST',
        `The reader of lease ${held.lease.key} has given it back. Nothing was saved; whoever holds it next goes on from the saved position.`,
      );
    disarm();
    askedRecords = watermark.acknowledgedRecords();
    if (waiting === undefined) {
      waiting = tail.then(write);
      tail = waiting.catch(() => undefined);
    }
    return waiting;
  }

  /** A failed save was said and is tried again; a lost lease ends the shard by its own signal. */
  function saveInBackground(): void {
    save().catch(() => undefined);
  }

  held.carry({
    position: () => (stopped ? undefined : watermark.position()),
    saved(position) {
      disarm();
      askedRecords = watermark.acknowledgedRecords();
      onEvent({ kind: 'checkpoint-saved', shard, position });
    },
  });
  return {
    progressed() {
      if (stopped || held.lost.aborted) return;
      if (watermark.acknowledgedRecords() - askedRecords >= policy.records) saveInBackground();
      else arm();
    },
    save,
    async stop() {
      stopped = true;
      disarm();
      await tail;
    },
  };
}
