// One page of a shard in memory: how much goes into it, how far behind it is, where the next one begins. It refuses nothing.
import type { ChildShard } from '@shardfold/lease';
import type { Page } from '../../source/service.ts';
import type { ShardRef } from '../../types.ts';
import { bytesOf, type ShardLog } from './log.ts';
import { readable } from './records.ts';

export interface PageRequest {
  readonly shard: ShardRef;
  readonly log: ShardLog;
  /** Of the first record wanted. */
  readonly place: number;
  readonly limit: number;
  readonly bytesMax: number;
  readonly nowMs: number;
  /** Given for a closed shard; with none in it they are not named. */
  readonly children: readonly ChildShard[] | undefined;
  /** The last records of a closed shard have a continuation, and an empty page is the last. */
  readonly endsEmpty: boolean;
  iteratorAt(place: number): string;
}

/** Places from `from` up to the answer, one at least if there is one, as far as count and bytes allow. */
function endOfPage({ log, limit, bytesMax }: PageRequest, from: number): { readonly end: number; readonly bytes: number } {
  let end = from;
  let bytes = 0;
  for (let record = log.at(end); record !== undefined && end < from + limit; record = log.at(end)) {
    const size = bytesOf(record);
    if (end > from && bytes + size > bytesMax) break;
    bytes += size;
    end += 1;
  }
  return { end, bytes };
}

export function pageAt(request: PageRequest): Page {
  const { shard, log, children, nowMs } = request;
  // An iterator from before the horizon goes on at the horizon.
  const from = Math.max(request.place, log.first());
  const { end, bytes } = endOfPage(request, from);
  const stored = log.slice(from, end);
  const { records, free } = readable(shard, stored);
  const unread = log.at(end);
  const goesOn = unread !== undefined || children === undefined || (request.endsEmpty && end > from);
  return {
    records,
    retainedBytes: bytes,
    next: goesOn ? request.iteratorAt(end) : undefined,
    behindLatestMs: unread === undefined ? 0 : Math.max(1, nowMs - (stored.at(-1) ?? unread).arrivalMs),
    ...(goesOn || children.length === 0 ? {} : { children }),
    free,
  };
}
