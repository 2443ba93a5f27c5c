// A stream whose shards grow with time, split, merge and are forgotten, and whose listing may be a little old. A record is its
// number in its shard; nobody needs more. It knows no lease.
import type { ChildShard, ShardListing } from '@shardfold/lease';

export interface SimShard {
  readonly shardId: string;
  readonly parents: readonly string[];
  /** Of the hash range, in steps of 2^-20 of the whole. */
  readonly from: number;
  readonly to: number;
  readonly openedMs: number;
  readonly perSecond: number;
  /** Sequence numbers begin after this one; those of children come after their parents'. */
  readonly base: number;
  closedMs: number | undefined;
  readonly children: string[];
  /** Its retention is over: it is listed no more. */
  forgotten: boolean;
}

export interface SimStream {
  shard(shardId: string): SimShard | undefined;
  all(): readonly SimShard[];
  open(): readonly SimShard[];
  /** Records in the shard by then. */
  count(shard: SimShard, nowMs: number): number;
  /** Those that had certainly arrived when a worker's clock showed this. */
  countRead(shard: SimShard, wallMs: number): number;
  /** How many records a stored position says are done; undefined for a word that says none. */
  recordAt(shard: SimShard, position: string, subSequence: number): number | undefined;
  split(shard: SimShard, nowMs: number): void;
  /** Undefined: it has no open neighbour. */
  neighbour(shard: SimShard): SimShard | undefined;
  merge(left: SimShard, right: SimShard, nowMs: number): void;
  /** Children show from `shownMs` on, closed parents as such from `closedMs` on: two moments of the recent past. */
  list(shownMs: number, closedMs: number): readonly ShardListing[];
  children(shard: SimShard): readonly ChildShard[];
}

const wholeRange = 2 ** 20;
const rangeStep = 2n ** 108n;
const basePerShard = 10_000_000;
const digits = 12;

/** `record` counts from 1. */
export function sequenceOf(shard: SimShard, record: number): string {
  return String(shard.base + record);
}

/** How many records a stored position says are done; undefined for a word that says none. */
export function recordAt(shard: SimShard, position: string): number | undefined {
  return /^\d+$/.test(position) ? Number(position) - shard.base : undefined;
}

function hashRange({ from, to }: SimShard): { readonly start: string; readonly end: string } {
  return { start: String(BigInt(from) * rangeStep), end: String(BigInt(to) * rangeStep - 1n) };
}

export function createSimStream(shardCount: number, rate: () => number): SimStream {
  const shards = new Map<string, SimShard>();

  function add(parents: readonly string[], from: number, to: number, openedMs: number): SimShard {
    const number = shards.size;
    const shardId = `shardId-${String(number).padStart(digits, '0')}`;
    const perSecond = rate();
    const shard: SimShard = {
      shardId,
      parents,
      from,
      to,
      openedMs,
      perSecond,
      base: (number + 1) * basePerShard,
      closedMs: undefined,
      children: [],
      forgotten: false,
    };
    shards.set(shardId, shard);
    for (const parent of parents) shards.get(parent)?.children.push(shardId);
    return shard;
  }

  for (let at = 0; at < shardCount; at += 1) add([], Math.floor((wholeRange * at) / shardCount), Math.floor((wholeRange * (at + 1)) / shardCount), 0);
  const open = (): readonly SimShard[] => [...shards.values()].filter((shard) => shard.closedMs === undefined);
  const count = (shard: SimShard, nowMs: number): number =>
    Math.floor((Math.max(0, Math.min(nowMs, shard.closedMs ?? nowMs) - shard.openedMs) / 1000) * shard.perSecond);

  return {
    shard: (shardId) => shards.get(shardId),
    all: () => [...shards.values()],
    open,
    count,
    countRead: count,
    recordAt,
    split(shard, nowMs) {
      const middle = Math.floor((shard.from + shard.to) / 2);
      shard.closedMs = nowMs;
      add([shard.shardId], shard.from, middle, nowMs);
      add([shard.shardId], middle, shard.to, nowMs);
    },
    neighbour: (shard) => open().find((other) => other.from === shard.to),
    merge(left, right, nowMs) {
      left.closedMs = nowMs;
      right.closedMs = nowMs;
      add([left.shardId, right.shardId], left.from, right.to, nowMs);
    },
    list(shownMs, closedMs) {
      const shown = [...shards.values()].filter((shard) => !shard.forgotten && shard.openedMs <= shownMs);
      return shown.map((shard) => ({
        shardId: shard.shardId,
        parents: shard.parents,
        hashRange: hashRange(shard),
        closed: shard.closedMs !== undefined && shard.closedMs <= closedMs,
      }));
    },
    children: (shard) =>
      shard.children.flatMap((shardId) => {
        const child = shards.get(shardId);
        return child === undefined ? [] : [{ shardId, parents: child.parents, hashRange: hashRange(child) }];
      }),
  };
}
