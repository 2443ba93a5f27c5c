// Reads from a row alone whose it is: which worker, whether the mark is ours, whether a hand-over is asked for. It knows no
// clock: whether the owner still lives is what `observe.ts` watches.
import type { Identity, Lease, LeaseRequest } from '../types.ts';

/** A worker of a fleet: ours by name and incarnation, a Java one by its name only. */
export type WorkerId = string;

/** The last write to this row was one of ours: every Java write moves the counter and voids the mark. */
export function isOurs(row: Lease): row is Lease & { readonly holder: string } {
  return row.holder !== undefined && row.holderCounter === row.counter;
}

export function isHeldBy(row: Lease, me: Identity): boolean {
  return isOurs(row) && row.owner === me.worker && row.holder === me.incarnation && row.checkpointOwner === undefined;
}

export function isFinished(row: Lease): boolean {
  return row.position.kind === 'shard-end';
}

/** The request that counts; anything else is debris of an earlier holder. */
export function validRequest(row: Lease): LeaseRequest | undefined {
  return isOurs(row) && row.request?.asked === row.holder ? row.request : undefined;
}

export function workerId(me: Identity): WorkerId {
  return `${me.worker}/${me.incarnation}`;
}

const foreignPrefix = 'java:';

export function isForeign(worker: WorkerId): boolean {
  return worker.startsWith(foreignPrefix);
}

/** Who processes this row, if its owner is alive; undefined: nobody. */
export function ownerId(row: Lease): WorkerId | undefined {
  if (row.owner === undefined) return undefined;
  return isOurs(row) ? workerId({ worker: row.owner, incarnation: row.holder }) : `${foreignPrefix}${row.owner}`;
}
