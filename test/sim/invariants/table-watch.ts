// Invariants of the rows, after each write that landed: the counter, the position, and who may have written. It knows no clock
// of any worker.
import type { Item } from '../expressions.ts';
import type { Settings } from '../settings.ts';
import type { SimShard, SimStream } from '../stream.ts';
import type { Ledger } from './ledger.ts';
import { heldBy, type Row, rowOf, shardEnd } from './row.ts';
import type { Actor, Fail } from './watch.ts';

export interface LandedWrite {
  readonly by: Actor;
  /** The store's name of it; `java` for theirs. */
  readonly operation: string;
  readonly key: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

export interface TableWatch {
  landed(write: LandedWrite): void;
  /** Records of the shard go to whoever works on them. */
  delivered(by: Actor, shard: SimShard): void;
  /** The row says, or said before it was removed, that the shard was read to its end. */
  ended(shardId: string): boolean;
  /** How many of its records the furthest position stored says are done; negative for a position that says none. */
  reached(shardId: string): number;
  /** The shard has, or had, a row. */
  known(shardId: string): boolean;
  /** Virtual times at which an owner followed another. */
  readonly moves: readonly number[];
}

const holderOnly = new Set(['renew', 'checkpoint', 'transfer', 'release', 'finish', 'accept']);
const keepsCounter = new Set(['', 'request', 'cancel', 'ring', 'vouch', 'create', 'remove', 'java']);

export interface TableWatchOptions {
  readonly stream: SimStream;
  readonly ledger: Ledger;
  readonly start: Settings['start'];
  readonly nowMs: () => number;
  readonly fail: Fail;
}

export function createTableWatch({ stream, ledger, start, nowMs, fail }: TableWatchOptions): TableWatch {
  const furthest = new Map<string, number>();
  const ended = new Set<string>();
  const lastOwner = new Map<string, string>();
  const moves: number[] = [];

  function checkAuthor({ by, operation, key }: LandedWrite, before: Row, after: Row | undefined): void {
    if (by.incarnation === undefined) return;
    const holds = heldBy(before, by.name, by.incarnation);
    if (holderOnly.has(operation) && !holds) fail(1, `${by.label} ${operation}s ${key} at ${before.counter} and is not its holder.`);
    if (after !== undefined && after.position !== before.position && !holds) fail(1, `${by.label} moves the position of ${key} and is not its holder.`);
    if (operation === 'take' && before.position === shardEnd) fail(1, `${by.label} takes ${key}, which is finished.`);
    if (operation === 'transfer' && after?.checkpointOwner === undefined && after?.owner !== undefined && after.holder !== undefined) {
      const asked = before.nextHolder === after.holder && before.asked === by.incarnation;
      if (!asked) fail(1, `${by.label} hands ${key} to ${after.owner}, who does not ask for it.`);
    }
  }

  /** What our workers tell each other by requests must be true when it lands, or it misleads for as long as it stands. */
  function checkRequest({ by, operation, key }: LandedWrite, before: Row, after: Row | undefined): void {
    if (operation === 'request' && after !== undefined) {
      const toHolder = before.marked && before.holder === after.asked && before.checkpointOwner === undefined && before.position !== shardEnd;
      if (!toHolder) fail(1, `${by.label} asks for ${key}, and whom it asks does not hold it.`);
      const stands = before.marked && before.asked === before.holder && before.nextHolder !== undefined && before.nextHolder !== by.incarnation;
      if (stands) fail(1, `${by.label} asks for ${key} over the request of ${before.next}.`);
    }
    if (operation === 'cancel' && before.nextHolder !== undefined && before.nextHolder !== by.incarnation) {
      fail(1, `${by.label} withdraws the request of ${before.next} for ${key}.`);
    }
    // A Java worker passes by a row with half a pair for ever.
    const given = after !== undefined && after.owner !== by.name && (operation === 'transfer' || operation === 'release' || operation === 'finish');
    if (given && after.checkpointOwner !== undefined) fail(1, `${by.label} gives ${key} away and leaves a pair in it.`);
  }

  function checkCounter({ operation, key, by }: LandedWrite, before: Row, after: Row): void {
    if (after.counter < before.counter) fail(1, `The counter of ${key} goes back from ${before.counter} to ${after.counter} by ${operation} of ${by.label}.`);
    if (after.counter !== before.counter || keepsCounter.has(operation)) return;
    fail(1, `${operation} of ${by.label} lands on ${key} and leaves its counter at ${before.counter}: what another plans over it is not refused.`);
  }

  /** Orders positions: words that stand for no record come first, the end of a shard last. */
  function placeOf(key: string, { position, subSequence }: Row): number {
    if (position === shardEnd) return Number.POSITIVE_INFINITY;
    const shard = stream.shard(key);
    return (shard === undefined ? undefined : stream.recordAt(shard, position, subSequence)) ?? -1;
  }

  function checkPosition({ key, by, operation }: LandedWrite, after: Row): void {
    const before = furthest.get(key);
    const place = placeOf(key, after);
    if (before !== undefined && place < before) {
      fail(2, `The position of ${key} goes back from record ${before} to ${place} by ${operation} of ${by.label}.`);
    }
    if (before === place) return;
    furthest.set(key, place);
    const shard = stream.shard(key);
    if (shard === undefined) return;
    const record = after.position === shardEnd ? stream.count(shard, nowMs()) : place;
    const missing = record < 0 ? undefined : ledger.missing(key, record);
    if (missing !== undefined) fail(3, `${by.label} writes ${after.position} for ${key}, and nobody has done its record ${missing}.`);
    if (after.position !== shardEnd) return;
    ended.add(key);
    if (shard.closedMs === undefined) fail(3, `${by.label} ends ${key}, which is open.`);
    for (const child of shard.children) {
      // The child of a merge may wait for the other parent, of which nobody can tell yet whether it was ever begun.
      const last = stream.shard(child)?.parents.every((parent) => ended.has(parent)) === true;
      if (last && !furthest.has(child)) fail(4, `${by.label} ends ${key} before its child ${child} has a row.`);
    }
  }

  function checkRead({ key, by, operation }: LandedWrite, { readMs }: Row): void {
    const shard = stream.shard(key);
    if (readMs === undefined || shard === undefined) return;
    const missing = ledger.missing(key, stream.countRead(shard, readMs));
    if (missing !== undefined) fail(3, `${operation} of ${by.label} says that ${key} is read until ${readMs} ms, and nobody has done its record ${missing}.`);
  }

  function checkRemoval({ key, by }: LandedWrite, before: Row): void {
    if (before.position !== shardEnd) fail(2, `${by.label} deletes ${key}, which is not finished.`);
    if (before.owner !== undefined && by.incarnation !== undefined) fail(1, `${by.label} deletes ${key}, which ${before.owner} has.`);
    for (const child of stream.shard(key)?.children ?? []) {
      const begun = (furthest.get(child) ?? -1) >= 0;
      if (!begun && by.incarnation !== undefined) fail(4, `${by.label} deletes ${key} before its child ${child} has begun.`);
    }
  }

  return {
    landed(write) {
      const before = write.before?.leaseCounter === undefined ? undefined : rowOf(write.before);
      const after = write.after?.leaseCounter === undefined ? undefined : rowOf(write.after);
      if (write.after !== undefined && write.after.leaseCounter === undefined && write.by.incarnation !== undefined) {
        fail(1, `${write.operation} of ${write.by.label} leaves an item ${write.key} that is no lease.`);
      }
      if (before !== undefined) checkAuthor(write, before, after);
      if (before !== undefined) checkRequest(write, before, after);
      if (before !== undefined && after !== undefined) checkCounter(write, before, after);
      if (after === undefined) return before === undefined ? undefined : checkRemoval(write, before);
      checkPosition(write, after);
      checkRead(write, after);
      const owner = after.owner === undefined ? undefined : `${after.owner} ${after.holder ?? ''}`;
      const earlier = lastOwner.get(write.key);
      if (owner !== undefined && owner !== earlier) {
        if (earlier !== undefined) moves.push(nowMs());
        lastOwner.set(write.key, owner);
      }
    },
    delivered(by, shard) {
      for (const parent of shard.parents) {
        const known = stream.shard(parent);
        // A row of one that had ended before the start may come late, and nothing in it is owed.
        const isBefore = known !== undefined && ledger.begun(parent) >= stream.count(known, nowMs());
        const owed = start === 'trim-horizon' || (furthest.has(parent) && !isBefore);
        if (owed && !ended.has(parent)) fail(4, `${by.label} delivers records of ${shard.shardId} before the end of ${parent} is stored.`);
      }
    },
    ended: (shardId) => ended.has(shardId),
    reached: (shardId) => furthest.get(shardId) ?? -1,
    known: (shardId) => furthest.has(shardId),
    moves,
  };
}
