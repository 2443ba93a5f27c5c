// How one holding of a shard goes on, for people who look: its state, what is in the processor and for how long, what fails. It
// decides nothing.
import type { Clock, Lease } from '@shardfold/lease';
import { errorText } from '../processing/error-text.ts';
import type { ShardState, ShardStatus } from '../types.ts';

/** Which state may follow which. A shard that is not held waits; each holding then goes this way once. */
const edges: Readonly<Record<ShardState, readonly ShardState[]>> = {
  waiting: ['granted', 'done'],
  granted: ['running', 'draining', 'done'],
  running: ['retrying', 'draining', 'done'],
  retrying: ['running', 'draining', 'done'],
  draining: ['done'],
  done: [],
};

export function mayMove(from: ShardState, to: ShardState): boolean {
  return edges[from].includes(to);
}

export type LifeReport = Pick<ShardStatus, 'state' | 'stateMs' | 'trouble' | 'processingMs'>;

/** Of a lease that this worker does not hold. */
export function reportOf({ position }: Pick<Lease, 'position'>): LifeReport {
  return { state: position.kind === 'shard-end' ? 'done' : 'waiting', stateMs: undefined, trouble: undefined, processingMs: undefined };
}

/** Of a batch that the processor has. */
export interface InHand {
  failed(error: unknown): void;
  /** It is acknowledged, or left to the next owner. */
  over(): void;
}

export interface ShardLife {
  report(): LifeReport;
  /** The service answered. */
  answered(): void;
  begin(): InHand;
  /** No further batch is read. */
  drains(): void;
  ends(): void;
}

interface Batch {
  readonly beganMs: number;
  trouble: { attempts: number; error: string; readonly startedMs: number } | undefined;
}

export function createShardLife(clock: Clock): ShardLife {
  let state: ShardState = 'granted';
  let movedMs = clock.monotonicMs();
  /** In the order in which they were begun. */
  const batches = new Set<Batch>();

  function move(to: ShardState): void {
    if (!mayMove(state, to)) return;
    state = to;
    movedMs = clock.monotonicMs();
  }

  function inTrouble(): Batch['trouble'] {
    for (const { trouble } of batches) if (trouble !== undefined) return trouble;
    return undefined;
  }

  return {
    report() {
      const nowMs = clock.monotonicMs();
      const trouble = inTrouble();
      const [oldest] = batches;
      return {
        state,
        stateMs: nowMs - movedMs,
        trouble: trouble && { attempts: trouble.attempts, error: trouble.error, sinceMs: nowMs - trouble.startedMs },
        processingMs: oldest && nowMs - oldest.beganMs,
      };
    },
    answered() {
      if (state === 'granted') move('running');
    },
    begin() {
      const batch: Batch = { beganMs: clock.monotonicMs(), trouble: undefined };
      batches.add(batch);
      return {
        failed(error) {
          batch.trouble ??= { attempts: 0, error: '', startedMs: clock.monotonicMs() };
          batch.trouble.attempts += 1;
          batch.trouble.error = errorText(error);
          move('retrying');
        },
        over() {
          batches.delete(batch);
          if (state === 'retrying' && inTrouble() === undefined) move('running');
        },
      };
    },
    drains: () => move('draining'),
    ends: () => move('done'),
  };
}
