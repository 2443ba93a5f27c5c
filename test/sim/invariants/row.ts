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
  readonly subSequence: number;
  readonly next: string | undefined;
  readonly nextHolder: string | undefined;
  readonly asked: string | undefined;
  readonly throughputKBps: number | undefined;
  /** Everything that came before was read, if the row is to be believed: the last write must be one of ours. */
  readonly readMs: number | undefined;
}

export const shardEnd = 'SHARD_END';

export function rowOf(item: Item): Row {
  const counter = Number(item.leaseCounter?.N);
  const marked = item.sfCounter !== undefined && Number(item.sfCounter.N) === counter;
  return {
    counter,
    owner: item.leaseOwner?.S,
    checkpointOwner: item.checkpointOwner?.S,
    holder: item.sfHolder?.S,
    marked,
    position: item.checkpoint?.S ?? '',
    subSequence: Number(item.checkpointSubSequenceNumber?.N ?? 0),
    next: item.sfNext?.S,
    nextHolder: item.sfNextHolder?.S,
    asked: item.sfAsked?.S,
    throughputKBps: item.throughputKBps?.N === undefined ? undefined : Number(item.throughputKBps.N),
    readMs: marked && item.sfRead?.N !== undefined ? Number(item.sfRead.N) : undefined,
  };
}

/** The row is held by this incarnation, or was until a 3.x leader began to give it away. */
export function heldBy(row: Row, name: string, incarnation: string): boolean {
  return row.marked && row.holder === incarnation && (row.checkpointOwner ?? row.owner) === name;
}
