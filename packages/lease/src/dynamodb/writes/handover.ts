// Writes by which a lease goes from one live worker to another: request, transfer, cancel, and the yielding to a worker whom a
// 3.x leader named. Pure.

import { isBeingReassigned } from '../../rows/marks.ts';
import type { HandedChange, Identity, Lease, Position } from '../../types.ts';
import { bump, type Change, clearRequest, holding, mine, moveTo, readUntil, step, text, type Update, unread, update } from './write.ts';

/** No incarnation is spelt so: a condition on it cannot hold. */
const nobody = '-';

/** Asks the holder for the lease. Grants nothing and moves no counter. */
export function request(lease: Lease, me: Identity): Update {
  const asked = lease.holder ?? nobody;
  const condition = {
    text: [
      'leaseOwner = :owner AND sfHolder = :asked AND sfCounter = leaseCounter AND attribute_not_exists(checkpointOwner)',
      'AND checkpoint <> :end AND (attribute_not_exists(sfAsked) OR sfAsked <> :asked)',
    ].join(' '),
    values: { ':owner': text(lease.owner ?? nobody), ':asked': text(asked), ':end': text('SHARD_END') },
  };
  const ask: Change = {
    set: ['sfNext = :me', 'sfNextHolder = :inc', 'sfAsked = :asked'],
    values: { ':me': text(me.worker), ':inc': text(me.incarnation) },
  };
  return update(lease.key, condition, [ask], { kind: 'requested', next: me, asked });
}

/** The holder hands the lease to whoever asked, position and ownership in one write. */
export function transfer(lease: Lease, me: Identity, at: Position, change: HandedChange): Update {
  if (isBeingReassigned(lease, me)) return yieldTo(lease, me, at, change);
  const next = lease.request?.next ?? nobody;
  const nextHolder = lease.request?.nextHolder ?? nobody;
  const condition = mine(lease, me);
  const asked = { text: `${condition.text} AND sfNextHolder = :nextInc AND sfAsked = :inc`, values: condition.values };
  const owner: Change = { set: ['leaseOwner = :nextOwner', 'sfHolder = :nextInc'], values: { ':nextOwner': text(next), ':nextInc': text(nextHolder) } };
  const meant = { kind: 'held', counter: lease.counter + 1n, owner: next, holder: nextHolder, position: at } as const;
  return update(lease.key, asked, [owner, bump(lease), moveTo(at, change), readUntil(change), clearRequest], meant, me);
}

/** Withdraws this worker's own request. Moves no counter. */
export function cancel(lease: Lease, me: Identity): Update {
  const asked = lease.request?.asked ?? lease.holder ?? nobody;
  const condition = { text: 'sfNextHolder = :inc AND sfAsked = :asked', values: { ':inc': text(me.incarnation), ':asked': text(asked) } };
  return update(lease.key, condition, [clearRequest], { kind: 'not-requested', next: me, asked });
}

/**
 * Ends a hand-over that a 3.x leader began: the worker it named owns the row alone, and no mark of the holder is left. The
 * bell, the source and the note about peers stay: they belong to the table (see rows/attributes.ts).
 */
export function yieldTo(lease: Lease, me: Identity, at: Position, change: Pick<HandedChange, 'prepared'>, more: Change = {}): Update {
  const condition = holding(lease, me);
  const meant = { kind: 'given-up', counter: lease.counter + 1n, position: at, ...(lease.owner === undefined ? {} : { owner: lease.owner }) } as const;
  const marks: Change = { remove: ['checkpointOwner', 'sfHolder', 'sfCounter'] };
  return update(lease.key, condition, [step(lease), moveTo(at, change), marks, unread, clearRequest, more], meant, me);
}
