// What both wires make of an answer's parts: times, children, the page itself. It knows no encoding.
import type { ChildShard } from '@shardfold/lease';
import type { Page } from '../../source/service.ts';
import type { Payloads, WireRecord } from './record.ts';

/** What one record costs besides its payload: the object, its arrival and two texts. Measured on the heap, with a key of 32 letters. */
const recordOverheadBytes = 240;

/** As milliseconds since 1970, what is smaller than this would be early in 1973; as seconds, what is larger, in the year 5138. */
const secondsBelow = 1e11;

/** AWS says milliseconds in CBOR and seconds with a fraction in JSON; emulators use either in both. The size tells. NaN for no time. */
export function arrivalOf(value: number): number {
  return Math.round(Math.abs(value) < secondsBelow ? value * 1000 : value);
}

/** Not behind, where a server's clock makes it negative or nonsense. */
export function behindOf(value: number): number {
  return value > 0 && Number.isFinite(value) ? value : 0;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function childOf(value: unknown): ChildShard | undefined {
  if (!isObject(value) || typeof value.ShardId !== 'string') return undefined;
  const { ShardId: shardId, ParentShards: parents, HashKeyRange: range } = value;
  if (!Array.isArray(parents) || !parents.every((parent) => typeof parent === 'string')) return undefined;
  const { StartingHashKey: start, EndingHashKey: end } = isObject(range) ? range : {};
  return { shardId, parents, ...(typeof start === 'string' && typeof end === 'string' ? { hashRange: { start, end } } : {}) };
}

/** `ChildShards` of an answer; undefined where there are none. Throws what `refusal` makes, when one of them is no child. */
export function childrenOf(value: unknown, refusal: () => Error): readonly ChildShard[] | undefined {
  if (value === null || value === undefined) return undefined;
  if (!Array.isArray(value)) throw refusal();
  const children = value.map(childOf).filter((child) => child !== undefined);
  if (children.length !== value.length) throw refusal();
  return children.length === 0 ? undefined : children;
}

/**
 * Of a page that was let go. The functions that waited for the page are old when it comes, and what is old and dead keeps alive what it
 * points to until the collector comes round: thousands of records, while those of a page that is empty die young.
 */
const noRecords: readonly WireRecord[] = [];

export function pageOf(parts: {
  readonly records: readonly WireRecord[];
  readonly next: string | undefined;
  readonly behindLatestMs: number;
  readonly children: readonly ChildShard[] | undefined;
  /** What the payloads keep alive. */
  readonly payloadBytes: number;
  readonly payloads: readonly Payloads[];
}): Page {
  const { next, behindLatestMs, children, payloadBytes, payloads } = parts;
  const page = {
    records: parts.records,
    retainedBytes: payloadBytes + parts.records.length * recordOverheadBytes,
    next,
    behindLatestMs,
    ...(children === undefined ? {} : { children }),
    free() {
      for (const each of payloads) each.free();
      page.records = noRecords;
    },
  };
  return page;
}
