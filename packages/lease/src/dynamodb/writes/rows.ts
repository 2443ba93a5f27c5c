// Writes that nobody needs to hold the lease for: create, remove, rewind, ring, vouch. Pure.
import { leaseKeyName } from '../../rows/attributes.ts';
import { encodeLease, leaseTag, newLease } from '../../rows/encode.ts';
import type { Lease, NewLease, Position } from '../../types.ts';
import { moveTo, number, step, text, type Update, unread, update, type Write } from './write.ts';

/** A row for a shard that has none. */
export function create(created: NewLease): Write {
  return {
    kind: 'put',
    key: created.key,
    item: { ...encodeLease(newLease(created)), ...leaseTag },
    condition: `attribute_not_exists(${leaseKeyName})`,
    values: {},
    meant: { kind: 'present' },
  };
}

/** Deletes the row of a finished shard that nobody owns. */
export function remove(lease: Lease): Write {
  return {
    kind: 'delete',
    key: lease.key,
    condition: 'leaseCounter = :c AND checkpoint = :end AND attribute_not_exists(leaseOwner)',
    values: { ':c': number(lease.counter), ':end': text('SHARD_END') },
    meant: { kind: 'absent' },
  };
}

/** Sets the position of a lease that nobody owns. */
export function rewind(lease: Lease, to: Position): Update {
  const condition = { text: 'leaseCounter = :c AND attribute_not_exists(leaseOwner)', values: { ':c': number(lease.counter) } };
  return update(lease.key, condition, [step(lease), moveTo(to), unread], { kind: 'moved', counter: lease.counter + 1n, position: to });
}

/** Moves the bell. Not idempotent and no harm in it: a bell that rang twice wakes the others once more. */
export function ring(key: string, freed: readonly string[] | undefined): Update {
  const named = freed !== undefined && freed.length > 0;
  return {
    kind: 'update',
    key,
    update: `${named ? 'SET sfFreed = :freed' : 'REMOVE sfFreed'} ADD sfBell :one`,
    condition: `attribute_exists(${leaseKeyName})`,
    values: { ':one': number(1), ...(named ? { ':freed': { SS: [...freed] } } : {}) },
    meant: { kind: 'present' },
  };
}

/** Notes for later starts that these marks of a KCL 3.x fleet stood still. Idempotent; the last note stands. */
export function vouch(key: string, peers: string): Update {
  const condition = { text: `attribute_exists(${leaseKeyName})`, values: {} };
  return update(key, condition, [{ set: ['sfPeers = :peers'], values: { ':peers': text(peers) } }], { kind: 'present' });
}
