// What the invariants read in a row. It takes nothing from the package under test, so that a mistake there is not made twice.
import type { Item } from '../expressions.ts';

export interface Row {
  readonly counter: number;
  readonly owner: string | undefined;
  readonly checkpointOwner: string | undefined;
  readonly holder: string | undefined;
  /** The last write of the counter was one of ours. */
  readonly marked: boolean;
  readonly position: string;
  readonly next: string | undefined;
  readonly nextHolder: string | undefined;
  readonly asked: string | undefined;
  readonly throughputKBps: number | undefined;
}

export const shardEnd = 'SHARD_END';

export function rowOf(item: Item): Row {
  const counter = Number(item.leaseCounter?.N);
  return {
    counter,
    owner: item.leaseOwner?.S,
    checkpointOwner: item.checkpointOwner?.S,
    holder: item.sfHolder?.S,
    marked: item.sfCounter !== undefined && Number(item.sfCounter.N) === counter,
    position: item.checkpoint?.S ?? '',
    next: item.sfNext?.S,
    nextHolder: item.sfNextHolder?.S,
    asked: item.sfAsked?.S,
    throughputKBps: item.throughputKBps?.N === undefined ? undefined : Number(item.throughputKBps.N),
  };
}

/** Orders positions: words that stand for no record come first, the end of a shard last. */
export function placeOf(position: string): number {
  if (position === shardEnd) return Number.POSITIVE_INFINITY;
  return /^\d+$/.test(position) ? Number(position) : -1;
}

/** The row is held by this incarnation, or was until a 3.x leader began to give it away. */
export function heldBy(row: Row, name: string, incarnation: string): boolean {
  return row.marked && row.holder === incarnation && (row.checkpointOwner ?? row.owner) === name;
}
