// Saves a shard's watermark every so often, one write at a time. It knows neither records nor the store behind the lease.
import { type HeldLease, type Machine, samePosition } from '@shardfold/lease';
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
  /** Saves the watermark now; resolves when the table holds it. */
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
  let writing: Promise<void> | undefined;
  let stopped = false;

  async function write(): Promise<void> {
    const position = watermark.position();
    if (position === undefined || samePosition(position, held.lease.position)) return;
    await held.checkpoint(position);
    onEvent({ kind: 'checkpoint-saved', shard, position });
  }

  function save(): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    const run = (writing ?? Promise.resolve()).catch(() => undefined).then(write);
    writing = run;
    return run;
  }

  /** A failed save is said and tried again at the next interval; a lost lease ends the shard by its own signal. */
  function saveInBackground(): void {
    save().catch((error: unknown) => {
      onEvent({ kind: 'checkpoint-failed', shard, error });
      progressed();
    });
  }

  function progressed(): void {
    if (stopped || held.lost.aborted) return;
    if (watermark.acknowledgedRecords() - askedRecords >= policy.records) {
      askedRecords = watermark.acknowledgedRecords();
      saveInBackground();
    } else {
      cancelTimer ??= machine.timers.after(policy.intervalMs, () => {
        cancelTimer = undefined;
        saveInBackground();
      });
    }
  }

  return {
    progressed,
    save,
    async stop() {
      stopped = true;
      cancelTimer?.();
      await writing?.catch(() => undefined);
    },
  };
}
