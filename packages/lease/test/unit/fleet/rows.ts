// Lease rows for the planner's tests: ours, a Java worker's, released ones.
import { type Observations, observe } from '../../../src/fleet/observe.ts';
import type { Identity, Lease } from '../../../src/types.ts';

export const me: Identity = { worker: 'me', incarnation: 'me-1' };
export const other: Identity = { worker: 'other', incarnation: 'other-1' };
export const third: Identity = { worker: 'third', incarnation: 'third-1' };

export function released(key: string, over: Partial<Lease> = {}): Lease {
  return { key, shardId: key, counter: 7n, position: { kind: 'trim-horizon' }, ownerSwitches: 0n, parents: [], children: [], bell: 0n, ...over };
}

export function ours(key: string, by: Identity, over: Partial<Lease> = {}): Lease {
  return released(key, { owner: by.worker, holder: by.incarnation, holderCounter: 7n, ...over });
}

export function javas(key: string, worker: string, over: Partial<Lease> = {}): Lease {
  return released(key, { owner: worker, ...over });
}

export function askedBy(row: Lease, next: Identity): Lease {
  return { ...row, request: { next: next.worker, nextHolder: next.incarnation, asked: row.holder ?? '' } };
}

export const finished = { position: { kind: 'shard-end' } } as const;

/** Rows first seen like this at one time, and last at another. */
export function seen(rows: readonly Lease[], sinceMs: number, seenMs: number): Observations {
  return observe(observe(new Map(), rows, sinceMs), rows, seenMs);
}
