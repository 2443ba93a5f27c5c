// A lease table in memory, shared by as many stores as a test has workers: leases, and whatever else lies in their rows or
// beside them. It knows no rule.
import { leaseNames, pendingNames } from '../rows/attributes.ts';
import { type DecodedRow, decodeRow, type Item, leaseIn } from '../rows/decode.ts';
import { encodeLease, leaseTag } from '../rows/encode.ts';
import { decodePeers } from '../rows/peers.ts';
import { itemBytes } from '../rows/size.ts';
import type { BrokenRow, Lease, PeerState, TablePart, TableRows } from '../types.ts';
import type { Outcome } from './memory-rules.ts';

export interface MemoryLeaseTable {
  /** Puts a row as DynamoDB would hold it, whoever may have written it. */
  put(item: Item): void;
  get(key: string): Item | undefined;
  /** Undefined: no row, or no lease. Throws ROW_BROKEN as a real table does. */
  lease(key: string): Lease | undefined;
  /** Sorted by key; without the rows that are broken. */
  leases(): readonly Lease[];
  /** `part`: the rows of one part of the table only. */
  rows(part?: TablePart): TableRows;
  /** Of the items in this table; one in memory has no side tables. */
  peers(): PeerState;
  apply(key: string, outcome: Outcome): void;
}

function without(item: Item, names: readonly string[]): Item {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));
}

/** An item is never changed but replaced: what it says and weighs is found out once, however large the fleet that asks. */
function createReader(): (item: Item) => { readonly row: DecodedRow; readonly bytes: number } {
  const known = new WeakMap<Item, { readonly row: DecodedRow; readonly bytes: number }>();
  return (item) => {
    const before = known.get(item);
    if (before !== undefined) return before;
    const read = { row: decodeRow(item), bytes: itemBytes(item) };
    known.set(item, read);
    return read;
  };
}

/** Any spread will do, as long as a key keeps its part. */
function partOf(key: string, of: number): number {
  let sum = 0;
  for (let at = 0; at < key.length; at += 1) sum = (sum * 31 + key.charCodeAt(at)) % 65_521;
  return sum % of;
}

export function createMemoryTable(): MemoryLeaseTable {
  const items = new Map<string, Item>();
  const read = createReader();
  let sorted: readonly string[] | undefined;
  const rows = (part?: TablePart): TableRows => {
    sorted ??= [...items.keys()].sort();
    const leases: Lease[] = [];
    const broken: BrokenRow[] = [];
    let bytes = 0;
    for (const key of sorted) {
      const item = items.get(key);
      if (item === undefined || (part !== undefined && partOf(key, part.of) !== part.index)) continue;
      const { row, bytes: weight } = read(item);
      bytes += weight;
      if (row.kind === 'lease') leases.push(row.lease);
      if (row.kind === 'broken') broken.push({ key: row.key, error: row.error });
    }
    return { leases, broken, bytes };
  };
  const keep = (key: string, item: Item): void => {
    if (!items.has(key)) sorted = undefined;
    items.set(key, item);
  };
  return {
    put(item) {
      const key = item.leaseKey?.S;
      if (key === undefined) throw new TypeError('An item of a lease table has a leaseKey.');
      keep(key, item);
    },
    get: (key) => items.get(key),
    lease(key) {
      const item = items.get(key);
      return item === undefined ? undefined : leaseIn(item);
    },
    rows,
    leases: () => rows().leases,
    peers: () => decodePeers([...items.values()]),
    apply(key, outcome) {
      if (outcome.kind === 'deleted' && items.delete(key)) sorted = undefined;
      if (outcome.kind !== 'becomes') return;
      const foreign = without(items.get(key) ?? leaseTag, leaseNames);
      const renewed = outcome.settled || outcome.lease.prepared !== undefined;
      keep(key, { ...(renewed ? without(foreign, pendingNames) : foreign), ...encodeLease(outcome.lease) });
    },
  };
}
