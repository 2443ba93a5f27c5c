// Has a table swept behind its deletes: soon after one, so that what a stale writer left is mended, and from time to time, so that
// tombstones are forgotten; a round that ends at its limit is followed by the next one soon. It knows no statement, and no row waits for it.
import type { Machine } from '@shardfold/consumer';
import type { Mutation, SweepReport } from '@shardfold/sinks';
import type { FlowEvent } from '../observe/events.ts';

/** A sweep follows a delete after this long. */
const soonMs = 5_000;
/** Without deletes. */
const quietMs = 3_600_000;

export interface SweeperParts {
  readonly sinkName: string;
  readonly target: { readonly name: string };
  readonly machine: Machine;
  /** The process's. */
  readonly signal: AbortSignal;
  sweep(): Promise<SweepReport>;
  onEvent(event: FlowEvent): void;
}

export interface Sweeper {
  /** The table has just been opened: an earlier process may have left something. */
  opened(): void;
  written(group: readonly Mutation[]): void;
  close(): void;
}

export function createSweeper({ sinkName: sink, target, machine, signal, sweep, onEvent }: SweeperParts): Sweeper {
  let armed: { readonly isSoon: boolean; readonly cancel: () => void } | undefined;
  let isSweeping = false;
  /** A delete came while a sweep was under way, which may have passed its row already. */
  let missed = false;
  let isClosed = signal.aborted;

  function arm(isSoon: boolean): void {
    if (isClosed || armed?.isSoon === true || (armed !== undefined && !isSoon)) return;
    armed?.cancel();
    armed = { isSoon, cancel: machine.timers.after(isSoon ? soonMs : quietMs, () => void run()) };
  }

  async function run(): Promise<void> {
    armed = undefined;
    isSweeping = true;
    missed = false;
    let isDone = false;
    try {
      const { healed, forgotten, more } = await sweep();
      // A sweep is bounded: there may be more of what it found.
      const found = healed > 0 || forgotten > 0;
      isDone = !found && more === undefined;
      if (found) onEvent({ kind: 'table-swept', sink, target: target.name, healed, forgotten });
    } catch (error) {
      if (!isClosed) onEvent({ kind: 'sweep-failed', sink, target: target.name, error });
    } finally {
      isSweeping = false;
    }
    arm(!isDone || missed);
  }

  function soon(): void {
    if (isSweeping) missed = true;
    else arm(true);
  }

  function close(): void {
    isClosed = true;
    armed?.cancel();
    signal.removeEventListener('abort', close);
  }

  signal.addEventListener('abort', close, { once: true });
  return {
    opened: soon,
    written(group) {
      if (group.some(({ kind }) => kind === 'delete')) soon();
    },
    close,
  };
}
