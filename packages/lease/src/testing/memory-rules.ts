// The conditional writes of the lease protocol (part 3) said a second time, as plain functions over leases: what the row
// becomes, or `refused`. Written apart from `dynamodb/writes` on purpose, so that each checks the other.
import { samePosition } from '../position.ts';
import { isBeingReassigned } from '../rows/marks.ts';
import type { HandedChange, HeldChange, Identity, Lease, Position } from '../types.ts';

export type Outcome =
  | { readonly kind: 'refused' }
  | { readonly kind: 'deleted' }
  /** `settled`: the write also drops what was prepared before, whoever wrote it. */
  | { readonly kind: 'becomes'; readonly lease: Lease; readonly settled: boolean };

export type Rule = (row: Lease | undefined) => Outcome;

const refused: Outcome = { kind: 'refused' };
const shardEnd: Position = { kind: 'shard-end' };

function without<Name extends keyof Lease>(lease: Lease, ...names: readonly Name[]): Omit<Lease, Name> {
  return Object.fromEntries(Object.entries(lease).filter(([name]) => !names.some((other) => other === name))) as Omit<Lease, Name>;
}

function becomes(lease: Lease): Outcome {
  return { kind: 'becomes', lease, settled: false };
}

/** A row whose position was written: of what was prepared there is only what this write says. */
function settled(lease: Lease, { prepared }: Pick<HeldChange, 'prepared'> = {}): Outcome {
  const bare = without(lease, 'prepared');
  return { kind: 'becomes', lease: prepared === undefined ? bare : { ...bare, prepared }, settled: true };
}

function placed(position: Position): Pick<Lease, 'position' | 'ownerSwitches'> {
  return { position, ownerSwitches: 0n };
}

function marked(counter: bigint): Pick<Lease, 'counter' | 'holderCounter'> {
  return { counter, holderCounter: counter };
}

/** Ours as last seen; with the pair of a 3.x leader exactly if it was there when last seen. */
function holds(row: Lease | undefined, seen: Lease, me: Identity): row is Lease {
  if (row === undefined || row.counter !== seen.counter || row.holder !== me.incarnation) return false;
  if (isBeingReassigned(seen, me)) return row.checkpointOwner === me.worker && row.owner === seen.owner;
  return row.checkpointOwner === undefined && row.owner === me.worker;
}

export function take(seen: Lease, me: Identity, source: string | undefined): Rule {
  return (row) => {
    if (row === undefined || row.counter !== seen.counter || row.owner !== seen.owner) return refused;
    if (seen.owner !== undefined && row.checkpointOwner !== seen.checkpointOwner) return refused;
    const switched = seen.owner !== undefined && seen.owner !== me.worker ? 1n : 0n;
    const bare = without(row, 'request', 'checkpointOwner');
    const origin = source === undefined || row.source !== undefined ? {} : { source };
    return becomes({ ...bare, ...marked(seen.counter + 1n), ...origin, owner: me.worker, holder: me.incarnation, ownerSwitches: row.ownerSwitches + switched });
  };
}

export function renew(seen: Lease, me: Identity, change: HeldChange, at?: Position): Rule {
  return (row) => {
    if (!holds(row, seen, me)) return refused;
    const kept = { ...row, ...marked(seen.counter + 1n), ...change };
    return at === undefined ? becomes(kept) : settled({ ...kept, ...placed(at) }, change);
  };
}

export function accept(seen: Lease, me: Identity): Rule {
  return (row) => (isBeingReassigned(seen, me) || !holds(row, seen, me) ? refused : becomes({ ...row, ...marked(seen.counter + 1n) }));
}

export function request(seen: Lease, me: Identity): Rule {
  return (row) => {
    const asked = seen.holder;
    if (row === undefined || asked === undefined || row.holder !== asked || row.owner !== seen.owner) return refused;
    if (row.holderCounter !== row.counter || row.checkpointOwner !== undefined || samePosition(row.position, shardEnd)) return refused;
    if (row.request?.asked === asked) return refused;
    return becomes({ ...row, request: { next: me.worker, nextHolder: me.incarnation, asked } });
  };
}

export function cancel(seen: Lease, me: Identity): Rule {
  return (row) => {
    const asked = seen.request?.asked ?? seen.holder;
    if (row?.request === undefined || row.request.nextHolder !== me.incarnation || row.request.asked !== asked) return refused;
    return becomes(without(row, 'request'));
  };
}

export function transfer(seen: Lease, me: Identity, at: Position, change: HandedChange): Rule {
  if (isBeingReassigned(seen, me)) return end(seen, me, at, [], change);
  const { readMs } = change;
  return (row) => {
    const wanted = seen.request;
    if (!holds(row, seen, me) || wanted === undefined) return refused;
    if (row.request?.nextHolder !== wanted.nextHolder || row.request.asked !== me.incarnation) return refused;
    const heir = { owner: wanted.next, holder: wanted.nextHolder };
    const bare = without(row, 'request');
    return settled({ ...bare, ...marked(seen.counter + 1n), ...placed(at), ...heir, ...(readMs === undefined ? {} : { readMs }) }, change);
  };
}

export function release(seen: Lease, me: Identity, at: Position, change: HandedChange): Rule {
  if (isBeingReassigned(seen, me)) return end(seen, me, at, [], change);
  const { readMs } = change;
  return (row) => {
    if (!holds(row, seen, me)) return refused;
    const bare = without(row, 'owner', 'holder', 'request');
    return settled({ ...bare, ...marked(seen.counter + 1n), ...placed(at), ...(readMs === undefined ? {} : { readMs }) }, change);
  };
}

/** The end of a shard, and every way to yield to the worker that a 3.x leader named, who stays the owner. */
export function end(seen: Lease, me: Identity, at: Position, children: readonly string[], change: HandedChange = {}): Rule {
  return (row) => {
    if (!holds(row, seen, me)) return refused;
    const bare = without(row, 'owner', 'holder', 'holderCounter', 'readMs', 'request', 'checkpointOwner');
    const owner = isBeingReassigned(seen, me) && row.owner !== undefined ? { owner: row.owner } : {};
    const family = children.length === 0 ? {} : { children: [...children].sort() };
    return settled({ ...bare, ...owner, ...family, ...placed(at), counter: seen.counter + 1n }, change);
  };
}

export function disown(seen: Lease): Rule {
  return (row) => {
    if (row === undefined || row.counter !== seen.counter || !samePosition(row.position, shardEnd)) return refused;
    return becomes({ ...without(row, 'owner', 'holder', 'holderCounter', 'readMs', 'request'), counter: seen.counter + 1n });
  };
}

export function remove(seen: Lease): Rule {
  return (row) => {
    const free = row !== undefined && row.counter === seen.counter && row.owner === undefined && samePosition(row.position, shardEnd);
    return free ? { kind: 'deleted' } : refused;
  };
}

export function rewind(seen: Lease, to: Position): Rule {
  return (row) => {
    if (row === undefined || row.counter !== seen.counter || row.owner !== undefined) return refused;
    return settled({ ...without(row, 'readMs'), ...placed(to), counter: seen.counter + 1n });
  };
}

export function create(fresh: Lease): Rule {
  return (row) => (row === undefined ? becomes(fresh) : refused);
}

export function ring(freed: readonly string[] | undefined): Rule {
  return (row) => {
    if (row === undefined) return refused;
    const named = freed !== undefined && freed.length > 0 ? { freed: [...freed].sort() } : {};
    return becomes({ ...without(row, 'freed'), ...named, bell: row.bell + 1n });
  };
}

export function vouch(peers: string): Rule {
  return (row) => (row === undefined ? refused : becomes({ ...row, peersSeen: peers }));
}
