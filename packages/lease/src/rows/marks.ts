// What the marks in a row say about who holds it. Pure; the private attributes are explained in docs/design.
import type { Identity, Lease, LeaseRequest } from '../types.ts';

/** The last write of the counter was one of ours: every Java write moves `leaseCounter` alone and so voids the mark. */
export function isMarked({ counter, holderCounter }: { readonly counter: bigint; readonly holderCounter?: bigint | undefined }): boolean {
  return holderCounter === counter;
}

/** That write also left a holder of ours. */
export function isOurs(lease: Lease): lease is Lease & { readonly holder: string } {
  return lease.holder !== undefined && isMarked(lease);
}

/** This very process holds the lease. The name alone proves nothing: a restarted process is another holder. */
export function isHeldBy(lease: Lease, me: Identity): boolean {
  return isOurs(lease) && lease.owner === me.worker && lease.holder === me.incarnation && lease.checkpointOwner === undefined;
}

/** A 3.x leader is handing a lease of ours to `lease.owner`; we may renew and checkpoint until we yield it, within 25 s. */
export function isBeingReassigned(lease: Lease, me: Identity): boolean {
  return isOurs(lease) && lease.holder === me.incarnation && lease.checkpointOwner === me.worker && lease.owner !== undefined && lease.owner !== me.worker;
}

/** The request in the row, unless it is debris: made to a holder who is gone, or overtaken by a Java worker's write. */
export function validRequest(lease: Lease): LeaseRequest | undefined {
  return isOurs(lease) && lease.request?.asked === lease.holder ? lease.request : undefined;
}
