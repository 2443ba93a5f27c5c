// Writes that leave a lease without an owner: release, finish, disown. Pure.
import { isBeingReassigned } from '../../rows/marks.ts';
import type { HandedChange, Identity, Lease, Position } from '../../types.ts';
import { yieldTo } from './handover.ts';
import { bump, type Change, clearRequest, mine, moveTo, number, readUntil, step, text, type Update, update } from './write.ts';

const holder = ['leaseOwner', 'sfHolder'] as const;
const nobody: Change = { remove: holder };
/** ... and nothing of the shard will be read any more. */
const over: Change = { remove: [...holder, 'sfCounter', 'sfRead'] };

/** Gives the lease back, to be taken at once: on a stop. The mark stays, and with it what the row says of how far it was read. */
export function release(lease: Lease, me: Identity, at: Position, change: HandedChange): Update {
  if (isBeingReassigned(lease, me)) return yieldTo(lease, me, at, change);
  return update(
    lease.key,
    mine(lease, me),
    [bump(lease), moveTo(at, change), readUntil(change), clearRequest, nobody],
    { kind: 'given-up', counter: lease.counter + 1n, position: at },
    me,
  );
}

/** Ends a shard that was read to its end. The children's rows exist by then. */
export function finish(lease: Lease, me: Identity, children: readonly string[]): Update {
  const at: Position = { kind: 'shard-end' };
  const family: Change = children.length === 0 ? {} : { set: ['childShardIds = :children'], values: { ':children': { SS: [...children] } } };
  if (isBeingReassigned(lease, me)) return yieldTo(lease, me, at, {}, family);
  const changes = [step(lease), moveTo(at), family, clearRequest, over];
  return update(lease.key, mine(lease, me), changes, { kind: 'given-up', counter: lease.counter + 1n, position: at }, me);
}

/** Clears the owner that a Java worker left on a finished row; only once the lease has expired. */
export function disown(lease: Lease): Update {
  const condition = { text: 'leaseCounter = :c AND checkpoint = :end', values: { ':c': number(lease.counter), ':end': text('SHARD_END') } };
  return update(lease.key, condition, [step(lease), clearRequest, over], { kind: 'given-up', counter: lease.counter + 1n, position: { kind: 'shard-end' } });
}
