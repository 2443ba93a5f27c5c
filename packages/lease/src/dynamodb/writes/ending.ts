// Writes that leave a lease without an owner: release, finish, disown. Pure.
import { isBeingReassigned } from '../../rows/marks.ts';
import type { Identity, Lease, Position } from '../../types.ts';
import { yieldTo } from './handover.ts';
import { type Change, clearRequest, mine, moveTo, number, step, text, type Update, update } from './write.ts';

const nobody: Change = { remove: ['leaseOwner', 'sfHolder', 'sfCounter'] };

/** Gives the lease back, to be taken at once: on a stop. */
export function release(lease: Lease, me: Identity, at: Position): Update {
  if (isBeingReassigned(lease, me)) return yieldTo(lease, me, at);
  return update(
    lease.key,
    mine(lease, me),
    [step(lease), moveTo(at), clearRequest, nobody],
    { kind: 'given-up', counter: lease.counter + 1n, position: at },
    me,
  );
}

/** Ends a shard that was read to its end. The children's rows exist by then. */
export function finish(lease: Lease, me: Identity, children: readonly string[]): Update {
  const at: Position = { kind: 'shard-end' };
  const family: Change = children.length === 0 ? {} : { set: ['childShardIds = :children'], values: { ':children': { SS: [...children] } } };
  if (isBeingReassigned(lease, me)) return yieldTo(lease, me, at, family);
  const changes = [step(lease), moveTo(at), family, clearRequest, nobody];
  return update(lease.key, mine(lease, me), changes, { kind: 'given-up', counter: lease.counter + 1n, position: at }, me);
}

/** Clears the owner that a Java worker left on a finished row; only once the lease has expired. */
export function disown(lease: Lease): Update {
  const condition = { text: 'leaseCounter = :c AND checkpoint = :end', values: { ':c': number(lease.counter), ':end': text('SHARD_END') } };
  return update(lease.key, condition, [step(lease), clearRequest, nobody], { kind: 'given-up', counter: lease.counter + 1n, position: { kind: 'shard-end' } });
}
