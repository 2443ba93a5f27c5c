// Saves a shard's watermark every so often, one write at a time, and with every renewal. It knows neither records nor the store behind the lease.
import { type HeldLease, LeaseError, type Machine, type Position, samePosition } from '@shardfold/lease';
import { traced } from '../trace.ts';
import type { ConsumerEvent, ShardRef } from '../types.ts';
import type { Watermark } from '../watermark/watermark.ts';

export interface CheckpointPolicy {
  /** A watermark that moved is saved after this long at the latest. */
  readonly intervalMs: number;
  /** ... or after this many records, but at most once a second: a busy shard has as many in one batch. */
  readonly records: number;
}

const saveGapMs = 1_000;

export interface Checkpointer {
  /** The watermark may have moved. */
  progressed(): void;
  /**
   * Saves the watermark now; resolves when the table holds it. Rejects with what the lease says when it was not saved (it is tried
   * again after the interval), and with LEASE_LOST after `stop`. Whoever does not wait for it need not catch it: a failure is
   * told as an event, and a lost lease by its signal. What is prepared beyond the watermark is kept unless `dropPrepared`.
   */
  save(options?: { readonly dropPrepared?: boolean }): Promise<void>;
  /** No more saves than renewals make; resolves when none is under way. */
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
  /** Monotonic time of that. */
  let askedMs = Number.NEGATIVE_INFINITY;
  /** The timer is set for the earliest moment already. */
  let hurries = false;
  let cancelTimer: (() => void) | undefined;
  /** Settles with the last write asked for; never rejects. */
  let tail: Promise<void> = Promise.resolve();
  /** The one write that waits behind the one under way: it takes the watermark as it finds it, so one is enough for all. */
  let waiting: Promise<void> | undefined;
  /** Whoever asked for the waiting write does not want what is prepared any more. */
  let drops = false;
  let stopped = false;
  /** What the lease was told last. */
  let carriedMs: number | undefined;

  function disarm(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    hurries = false;
  }

  function note(): void {
    disarm();
    askedRecords = watermark.acknowledgedRecords();
    askedMs = machine.clock.monotonicMs();
  }

  function hurry(): void {
    if (hurries) return;
    const waitMs = askedMs + saveGapMs - machine.clock.monotonicMs();
    if (waitMs <= 0) return void save();
    disarm();
    hurries = true;
    cancelTimer = machine.timers.after(waitMs, () => void save());
  }

  function arm(): void {
    if (stopped || held.lost.aborted) return;
    cancelTimer ??= machine.timers.after(policy.intervalMs, () => void save());
  }

  async function write(): Promise<void> {
    const keepPrepared = !drops;
    waiting = undefined;
    drops = false;
    held.lost.throwIfAborted();
    const position = watermark.position();
    if (position === undefined || samePosition(position, held.lease.position)) return;
    const readMs = watermark.readMs();
    try {
      await traced(
        'shardfold:consumer:checkpoint',
        () => ({ shard, position }),
        () => held.checkpoint(position, { keepPrepared }),
      );
    } catch (error) {
      onEvent({ kind: 'checkpoint-failed', shard, error });
      arm();
      throw error;
    }
    say(position, readMs);
  }

  function say(position: Position, readMs: number | undefined): void {
    onEvent({ kind: 'checkpoint-saved', shard, position, ...(readMs === undefined ? {} : { readMs }) });
  }

  async function saveNow(): Promise<void> {
    if (stopped)
      throw new LeaseError(
        'LEASE_LOST',
        `The reader of lease ${held.lease.key} has given it back. Nothing was saved; whoever holds it next goes on from the saved position.`,
      );
    note();
    if (waiting === undefined) {
      waiting = tail.then(write);
      tail = waiting.catch(() => undefined);
    }
    return waiting;
  }

  function save({ dropPrepared = false } = {}): Promise<void> {
    drops ||= dropPrepared && !stopped;
    const saving = saveNow();
    saving.catch(() => undefined);
    return saving;
  }

  held.carry({
    position: watermark.position,
    readMs() {
      carriedMs = watermark.readMs();
      return carriedMs;
    },
    saved(position) {
      note();
      say(position, carriedMs);
    },
  });
  return {
    progressed() {
      if (stopped || held.lost.aborted) return;
      if (watermark.acknowledgedRecords() - askedRecords >= policy.records) hurry();
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
