// Writes a lease as a DynamoDB item in KCL 3.5's dialect, which 1.x and 2.x read too. The inverse of `decode.ts`.

import { positionText } from '../position.ts';
import type { Lease, NewLease, PreparedCheckpoint } from '../types.ts';
import { leaseEntity } from './attributes.ts';
import type { Item } from './decode.ts';

const text = (value: string) => ({ S: value });
const number = (value: bigint | number) => ({ N: String(value) });

/** The KCL rounds to 6 decimals as well. */
export function throughputText(kilobytesPerSecond: number): string {
  return String(Number(kilobytesPerSecond.toFixed(6)));
}

/** Whole milliseconds; rounded up it would claim too much. */
export function timeText(ms: number): string {
  return String(Math.floor(ms));
}

/** Under the names that the KCL gives them. */
export function encodePrepared({ position, state }: PreparedCheckpoint): Item {
  return {
    pendingCheckpoint: text(positionText(position)),
    pendingCheckpointSubSequenceNumber: number(position.kind === 'sequence' ? position.subSequence : 0),
    ...(state === undefined ? {} : { pendingCheckpointState: { B: state } }),
  };
}

/** The row that a shard gets: counter 0, no owner; children only when it is copied from a row that knew them. */
export function newLease(created: NewLease): Lease {
  return { ...created, counter: 0n, ownerSwitches: 0n, children: [...(created.children ?? [])].sort(), bell: 0n };
}

/** The tag that KCL 3.5 puts on a row at its creation; older ones neither write nor mind it. */
export const leaseTag: Item = { entityType: text(leaseEntity) };

/** Empty sets are left out, as the KCL does: DynamoDB has none. */
export function encodeLease(lease: Lease): Item {
  const { owner, checkpointOwner, hashRange, throughputKBps, holder, holderCounter, readMs, request, stream, source, peersSeen } = lease;
  return {
    leaseKey: text(lease.key),
    leaseCounter: number(lease.counter),
    ownerSwitchesSinceCheckpoint: number(lease.ownerSwitches),
    checkpoint: text(positionText(lease.position)),
    checkpointSubSequenceNumber: number(lease.position.kind === 'sequence' ? lease.position.subSequence : 0),
    ...(stream === undefined ? {} : { streamName: text(stream), shardId: text(lease.shardId) }),
    ...(lease.parents.length === 0 ? {} : { parentShardId: { SS: [...lease.parents] } }),
    ...(lease.children.length === 0 ? {} : { childShardIds: { SS: [...lease.children] } }),
    ...(hashRange === undefined ? {} : { startingHashKey: text(hashRange.start), endingHashKey: text(hashRange.end) }),
    ...(owner === undefined ? {} : { leaseOwner: text(owner) }),
    ...(checkpointOwner === undefined ? {} : { checkpointOwner: text(checkpointOwner) }),
    ...(throughputKBps === undefined ? {} : { throughputKBps: { N: throughputText(throughputKBps) } }),
    ...(holder === undefined ? {} : { sfHolder: text(holder) }),
    ...(holderCounter === undefined ? {} : { sfCounter: number(holderCounter) }),
    ...(readMs === undefined ? {} : { sfRead: { N: timeText(readMs) } }),
    ...(request === undefined ? {} : { sfNext: text(request.next), sfNextHolder: text(request.nextHolder), sfAsked: text(request.asked) }),
    ...(lease.prepared === undefined ? {} : encodePrepared(lease.prepared)),
    ...(lease.bell === 0n ? {} : { sfBell: number(lease.bell) }),
    ...(lease.freed === undefined || lease.freed.length === 0 ? {} : { sfFreed: { SS: [...lease.freed] } }),
    ...(source === undefined ? {} : { sfSource: text(source) }),
    ...(peersSeen === undefined ? {} : { sfPeers: text(peersSeen) }),
  };
}
