// Watches counters stand still on this process's own monotonic clock, which is the only way a lease expires. It never looks
// at a wall clock, and decides nothing.
import type { Lease } from '../types.ts';
import { ownerId, type WorkerId } from './ownership.ts';

export interface Observation {
  readonly counter: bigint;
  readonly owner: WorkerId | undefined;
  /** Monotonic time of the first answer that showed this row at all. */
  readonly foundMs: number;
  /** Monotonic time of the first answer that showed this counter and owner. */
  readonly sinceMs: number;
  /** Monotonic time of the last one that did. */
  readonly seenMs: number;
  /** The counter was seen to move while this owner had it: it lives, or did a moment ago. */
  readonly renewed: boolean;
  /** Monotonic time at which the owner was seen to change; undefined: it has been the same since the first sight. */
  readonly movedMs: number | undefined;
  /** Who was seen to give this row up, as long as nobody has it. */
  readonly releasedBy: WorkerId | undefined;
}

/** By lease key. Holds no more entries than the last scan had rows. */
export type Observations = ReadonlyMap<string, Observation>;

/** What is known after a scan whose answer came at `nowMs`. A row that moved starts anew, also when a replica went back. */
export function observe(before: Observations, rows: readonly Lease[], nowMs: number): Observations {
  const after = new Map<string, Observation>();
  for (const row of rows) {
    const known = before.get(row.key);
    const owner = ownerId(row);
    if (known !== undefined && known.counter === row.counter && known.owner === owner) {
      after.set(row.key, { ...known, seenMs: nowMs });
      continue;
    }
    after.set(row.key, {
      counter: row.counter,
      owner,
      foundMs: known?.foundMs ?? nowMs,
      sinceMs: nowMs,
      seenMs: nowMs,
      renewed: known !== undefined && known.owner === owner,
      movedMs: known === undefined || known.owner === owner ? known?.movedMs : nowMs,
      releasedBy: owner === undefined ? (known?.owner ?? known?.releasedBy) : undefined,
    });
  }
  return after;
}

/** Since when a row of this owner has been seen to stand still; `nowMs` for one never seen like this. */
export function stillSinceMs(seen: Observation | undefined, row: Lease, owner: WorkerId | undefined, nowMs: number): number {
  return seen === undefined || seen.counter !== row.counter || seen.owner !== owner ? nowMs : seen.sinceMs;
}
