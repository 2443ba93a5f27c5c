// Writes that make a worker the holder or keep it so: take, renew, checkpoint, accept. Pure.

import type { Item } from '../../rows/decode.ts';
import { isBeingReassigned } from '../../rows/marks.ts';
import type { HeldChange, Identity, Lease, Position } from '../../types.ts';
import type { Meant } from '../../verdict.ts';
import {
  bump,
  type Change,
  type Condition,
  clearRequest,
  holding,
  measured,
  mine,
  moveTo,
  number,
  prepare,
  readUntil,
  text,
  type Update,
  unread,
  update,
} from './write.ts';

/** Both owner attributes as they were read: a 3.x leader may have moved them without moving the counter. */
function asRead(lease: Lease): Condition {
  const counter = { ':c': number(lease.counter) };
  if (lease.owner === undefined) return { text: 'leaseCounter = :c AND attribute_not_exists(leaseOwner)', values: counter };
  const current = lease.checkpointOwner;
  return {
    text: `leaseCounter = :c AND leaseOwner = :owner AND ${current === undefined ? 'attribute_not_exists(checkpointOwner)' : 'checkpointOwner = :current'}`,
    values: { ...counter, ':owner': text(lease.owner), ...(current === undefined ? {} : { ':current': text(current) }) },
  };
}

function countSwitch(lease: Lease, me: Identity): Change {
  if (lease.owner === undefined || lease.owner === me.worker) return {};
  return { set: ['ownerSwitchesSinceCheckpoint = :switches'], values: { ':switches': number(lease.ownerSwitches + 1n) } };
}

function held(lease: Lease, me: Identity, position?: Position): Meant {
  const pair = isBeingReassigned(lease, me) ? { owner: lease.owner ?? '', checkpointOwner: me.worker } : { owner: me.worker };
  return { kind: 'held', counter: lease.counter + 1n, holder: me.incarnation, ...pair, ...(position === undefined ? {} : { position }) };
}

/** The counter of the condition covers it too: whoever names a source moves the counter. */
function named(lease: Lease, source: string | undefined): Change {
  return source === undefined || lease.source !== undefined ? {} : { set: ['sfSource = :source'], values: { ':source': text(source) } };
}

/** The mark that this take makes would make good what a Java worker's write has voided. */
function stillRead({ readMs }: Lease): Change {
  return readMs === undefined ? unread : {};
}

/** Takes a released or expired lease, or steals from a live 2.x worker. `source` is written where the row names none. */
export function take(lease: Lease, me: Identity, source: string | undefined): Update {
  const values: Item = { ':me': text(me.worker), ':inc': text(me.incarnation) };
  const owner: Change = { set: ['leaseOwner = :me', 'sfHolder = :inc'], values };
  const changes = [owner, bump(lease), countSwitch(lease, me), named(lease, source), clearRequest, { remove: ['checkpointOwner'] }, stillRead(lease)];
  return update(lease.key, asRead(lease), changes, { kind: 'begun' }, me);
}

export function renew(lease: Lease, me: Identity, change: HeldChange): Update {
  return update(lease.key, holding(lease, me), [bump(lease), measured(change), readUntil(change), prepare(change)], held(lease, me), me);
}

/** A renewal that also saves the position. */
export function checkpoint(lease: Lease, me: Identity, at: Position, change: HeldChange): Update {
  return update(lease.key, holding(lease, me), [bump(lease), moveTo(at, change), measured(change), readUntil(change)], held(lease, me, at), me);
}

/** The worker that a transfer named says that it is there; only then may it fetch. */
export function accept(lease: Lease, me: Identity): Update {
  return update(lease.key, mine(lease, me), [bump(lease)], { kind: 'begun' }, me);
}
