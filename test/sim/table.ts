// One simulated DynamoDB table: items by key, what they were a moment ago for reads that lag, and the order in which a scan
// meets them. Items are never changed in place, so nothing is copied. It knows no client and no lease.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from './expressions.ts';

interface Entry {
  readonly key: string;
  /** Where a scan meets the item. */
  readonly hash: number;
  readonly item: Item;
  readonly bytes: number;
}

interface Past {
  readonly atMs: number;
  readonly key: string;
  readonly before: Entry | undefined;
}

export interface Page {
  readonly items: readonly Item[];
  readonly bytes: number;
  /** Key of the last item, when there are more. */
  readonly lastKey: string | undefined;
}

export interface ScanRange {
  readonly segment: number;
  readonly segments: number;
  readonly limit: number;
  readonly afterKey: string | undefined;
  /** Shows what was there then; undefined: what is there now. */
  readonly asOfMs: number | undefined;
}

export interface SimTable {
  readonly name: string;
  get(key: string, asOfMs?: number): Item | undefined;
  /** Size of the item of that key; 0 when there is none. */
  bytes(key: string): number;
  /** Undefined deletes. */
  set(key: string, item: Item | undefined, nowMs: number): void;
  scan(range: ScanRange): Page;
  items(): readonly Item[];
}

/** As DynamoDB has it. */
const pageBytes = 1024 * 1024;
/** Nothing lags further behind. */
const rememberMs = 10_000;
const minRemembered = 1024;

function sizeOf(value: AttributeValue): number {
  if (value.S !== undefined) return value.S.length;
  if (value.N !== undefined) return Math.ceil(value.N.length / 2) + 1;
  if (value.SS !== undefined) return value.SS.reduce((sum, text) => sum + text.length, 3);
  return 8;
}

/** About as DynamoDB counts it. */
export function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) bytes += name.length + sizeOf(value);
  }
  return bytes;
}

/** Spreads keys over [0, 2^32). */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function compare(left: Pick<Entry, 'hash' | 'key'>, right: Pick<Entry, 'hash' | 'key'>): number {
  return left.hash - right.hash || (left.key < right.key ? -1 : left.key > right.key ? 1 : 0);
}

/** Index of the first entry that is not before `wanted`. */
function lowerBound(entries: readonly Entry[], wanted: Pick<Entry, 'hash' | 'key'>): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry !== undefined && compare(entry, wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function createSimTable(name: string): SimTable {
  const byKey = new Map<string, Entry>();
  /** Sorted by hash. */
  const entries: Entry[] = [];
  let past: Past[] = [];
  let forgetAt = minRemembered;

  /** Entries that were different then. */
  function changedSince(asOfMs: number): Map<string, Entry | undefined> {
    const then = new Map<string, Entry | undefined>();
    for (let at = past.length - 1; at >= 0; at -= 1) {
      const change = past[at];
      if (change === undefined || change.atMs <= asOfMs) break;
      then.set(change.key, change.before);
    }
    return then;
  }

  function asOf(asOfMs: number): readonly Entry[] {
    const then = changedSince(asOfMs);
    if (then.size === 0) return entries;
    const kept: Entry[] = [];
    for (const entry of entries) {
      const earlier = then.has(entry.key) ? then.get(entry.key) : entry;
      if (earlier !== undefined) kept.push(earlier);
    }
    const deleted = [...then.values()].filter((entry) => entry !== undefined && !byKey.has(entry.key)).map((entry) => entry as Entry);
    return deleted.length === 0 ? kept : [...kept, ...deleted].sort(compare);
  }

  return {
    name,
    get(key, asOfMs) {
      if (asOfMs === undefined) return byKey.get(key)?.item;
      const then = changedSince(asOfMs);
      return (then.has(key) ? then.get(key) : byKey.get(key))?.item;
    },
    bytes: (key) => byKey.get(key)?.bytes ?? 0,
    set(key, item, nowMs) {
      const before = byKey.get(key);
      past.push({ atMs: nowMs, key, before });
      if (past.length >= forgetAt) {
        past = past.filter((change) => change.atMs >= nowMs - rememberMs);
        forgetAt = Math.max(minRemembered, past.length * 2);
      }
      const hash = before?.hash ?? hashOf(key);
      const at = lowerBound(entries, { key, hash });
      if (item === undefined) {
        byKey.delete(key);
        if (before !== undefined) entries.splice(at, 1);
        return;
      }
      const entry: Entry = { key, hash, item, bytes: itemBytes(item) };
      byKey.set(key, entry);
      entries.splice(at, before === undefined ? 0 : 1, entry);
    },
    scan({ segment, segments, limit, afterKey, asOfMs }) {
      const all = asOfMs === undefined ? entries : asOf(asOfMs);
      const ends = (2 ** 32 * (segment + 1)) / segments;
      const from = afterKey === undefined ? { hash: (2 ** 32 * segment) / segments, key: '' } : { hash: hashOf(afterKey), key: `${afterKey}\u0000` };
      const items: Item[] = [];
      let bytes = 0;
      for (let at = lowerBound(all, from); ; at += 1) {
        const entry = all[at];
        if (entry === undefined || entry.hash >= ends) return { items, bytes, lastKey: undefined };
        if (items.length >= limit || (bytes > 0 && bytes + entry.bytes > pageBytes)) return { items, bytes, lastKey: all[at - 1]?.key };
        items.push(entry.item);
        bytes += entry.bytes;
      }
    },
    items: () => entries.map((entry) => entry.item),
  };
}
