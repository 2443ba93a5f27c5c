// The shape of one conditional write, and the pieces that several of them share. Pure: nothing here reaches a server.

import { positionText } from '../../position.ts';
import { pendingNames, requestNames } from '../../rows/attributes.ts';
import type { Item } from '../../rows/decode.ts';
import { encodePrepared, throughputText, timeText } from '../../rows/encode.ts';
import { isBeingReassigned } from '../../rows/marks.ts';
import type { HeldChange, Identity, Lease, Position, PreparedCheckpoint } from '../../types.ts';
import type { Meant } from '../../verdict.ts';

/** None of the attribute names is a reserved word of DynamoDB, so expressions spell them out. */
interface Conditional {
  readonly key: string;
  readonly condition: string;
  /** Values of the condition and the update, by placeholder. */
  readonly values: Item;
  readonly meant: Meant;
  /** Who writes, where only the holder may: then a row that is still ours is written again (see verdict.ts). */
  readonly me?: Identity;
}

export type Write =
  | (Conditional & { readonly kind: 'update'; readonly update: string })
  | (Conditional & { readonly kind: 'put'; readonly item: Item })
  | (Conditional & { readonly kind: 'delete' });

export type Update = Extract<Write, { kind: 'update' }>;

/** Part of an update expression. */
export interface Change {
  readonly set?: readonly string[];
  readonly remove?: readonly string[];
  readonly values?: Item;
}

export interface Condition {
  readonly text: string;
  readonly values: Item;
}

export const text = (value: string) => ({ S: value });
export const number = (value: bigint | number) => ({ N: String(value) });

/** The row is held by this process and stands as it was last seen. */
export function mine(lease: Lease, me: Identity): Condition {
  return {
    text: 'leaseCounter = :c AND leaseOwner = :me AND sfHolder = :inc AND attribute_not_exists(checkpointOwner)',
    values: { ':c': number(lease.counter), ':me': text(me.worker), ':inc': text(me.incarnation) },
  };
}

/** The same while a 3.x leader hands the lease to `lease.owner`. */
function reassigned(lease: Lease, me: Identity): Condition {
  return {
    text: 'leaseCounter = :c AND sfHolder = :inc AND checkpointOwner = :me AND leaseOwner = :to',
    values: { ':c': number(lease.counter), ':me': text(me.worker), ':inc': text(me.incarnation), ':to': text(lease.owner ?? '') },
  };
}

/** What only the holder may presume of the row, in either of the two states. */
export function holding(lease: Lease, me: Identity): Condition {
  return isBeingReassigned(lease, me) ? reassigned(lease, me) : mine(lease, me);
}

/** The counter moves and the mark with it: the row is ours. */
export function bump(lease: Lease): Change {
  return { set: ['leaseCounter = :next', 'sfCounter = :next'], values: { ':next': number(lease.counter + 1n) } };
}

/** The counter moves without the mark: the row is nobody's, or no longer ours. */
export function step(lease: Lease): Change {
  return { set: ['leaseCounter = :next'], values: { ':next': number(lease.counter + 1n) } };
}

/** What is prepared from now on; undefined: nothing. */
function pending(prepared: PreparedCheckpoint | undefined): Change {
  const item = prepared === undefined ? {} : encodePrepared(prepared);
  const kept = pendingNames.filter((name) => item[name] !== undefined);
  return {
    set: kept.map((name) => `${name} = :${name}`),
    remove: pendingNames.filter((name) => item[name] === undefined),
    values: Object.fromEntries(kept.map((name) => [`:${name}`, item[name]])) as Item,
  };
}

/** A renewal leaves what is prepared as it is, unless it brings something new. */
export function prepare({ prepared }: HeldChange): Change {
  return prepared === undefined ? {} : pending(prepared);
}

export function moveTo(at: Position, { prepared }: Pick<HeldChange, 'prepared'> = {}): Change {
  const beyond = pending(prepared);
  return {
    set: ['checkpoint = :at', 'checkpointSubSequenceNumber = :sub', 'ownerSwitchesSinceCheckpoint = :zero', ...(beyond.set ?? [])],
    remove: beyond.remove ?? [],
    values: { ':at': text(positionText(at)), ':sub': number(at.kind === 'sequence' ? at.subSequence : 0), ':zero': number(0), ...beyond.values },
  };
}

export const clearRequest: Change = { remove: requestNames };

export function measured({ throughputKBps }: HeldChange): Change {
  return throughputKBps === undefined ? {} : { set: ['throughputKBps = :rate'], values: { ':rate': { N: throughputText(throughputKBps) } } };
}

export function readUntil({ readMs }: HeldChange): Change {
  return readMs === undefined ? {} : { set: ['sfRead = :read'], values: { ':read': { N: timeText(readMs) } } };
}

/** Nothing is known any more of how far the shard was read. */
export const unread: Change = { remove: ['sfRead'] };

/** Puts the pieces together. */
export function update(key: string, condition: Condition, changes: readonly Change[], meant: Meant, me?: Identity): Update {
  const set = changes.flatMap((change) => change.set ?? []);
  const remove = changes.flatMap((change) => change.remove ?? []);
  const sections = [set.length > 0 ? `SET ${set.join(', ')}` : '', remove.length > 0 ? `REMOVE ${remove.join(', ')}` : ''];
  return {
    kind: 'update',
    key,
    update: sections.filter((section) => section !== '').join(' '),
    condition: condition.text,
    values: Object.assign({}, condition.values, ...changes.map((change) => change.values ?? {})),
    meant,
    ...(me === undefined ? {} : { me }),
  };
}
