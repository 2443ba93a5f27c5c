// Names the workers of a fleet from a row alone, ours by incarnation and Java's by name. It knows no clock: whether an owner
// still lives is what `observe.ts` watches.
import { isOurs } from '../rows/marks.ts';
import type { Identity, Lease } from '../types.ts';

/** A worker of a fleet: ours by name and incarnation, a Java one by its name only. */
export type WorkerId = string;

const foreignPrefix = 'java:';

export function workerId(me: Identity): WorkerId {
  return `${me.worker}/${me.incarnation}`;
}

export function isForeign(worker: WorkerId): boolean {
  return worker.startsWith(foreignPrefix);
}

/** Who processes this row, if its owner is alive; undefined: nobody. */
export function ownerId(row: Lease): WorkerId | undefined {
  if (row.owner === undefined) return undefined;
  return isOurs(row) ? workerId({ worker: row.owner, incarnation: row.holder }) : `${foreignPrefix}${row.owner}`;
}

/** The shard is read to its end: nobody holds or plans this lease any more. */
export function isFinished(row: Lease): boolean {
  return row.position.kind === 'shard-end';
}
