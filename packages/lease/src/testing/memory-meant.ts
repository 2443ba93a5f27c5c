// What each write of the in-memory store leaves behind, for `../verdict.ts` to compare with. Written apart from
// `dynamodb/writes` on purpose, so that each checks the other.
import { isBeingReassigned } from '../rows/marks.ts';
import type { Identity, Lease, Position } from '../types.ts';
import type { Meant } from '../verdict.ts';

const reassignedTo = (over: Lease, me: Identity): string | undefined => (isBeingReassigned(over, me) ? over.owner : undefined);

export function keptBy(over: Lease, me: Identity, at?: Position): Meant {
  const next = reassignedTo(over, me);
  const owners = next === undefined ? { owner: me.worker } : { owner: next, checkpointOwner: me.worker };
  return { kind: 'held', counter: over.counter + 1n, holder: me.incarnation, ...owners, ...(at === undefined ? {} : { position: at }) };
}

export function handedOver(over: Lease, me: Identity, at: Position): Meant {
  if (over.request === undefined || isBeingReassigned(over, me)) return givenUpBy(over, me, at);
  return { kind: 'held', counter: over.counter + 1n, owner: over.request.next, holder: over.request.nextHolder, position: at };
}

export function givenUpBy(over: Lease, me: Identity, at: Position): Meant {
  const owner = reassignedTo(over, me);
  return { kind: 'given-up', counter: over.counter + 1n, position: at, ...(owner === undefined ? {} : { owner }) };
}

export function disowned(over: Lease): Meant {
  return { kind: 'given-up', counter: over.counter + 1n, position: { kind: 'shard-end' } };
}
