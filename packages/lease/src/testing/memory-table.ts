// A lease table in memory, shared by as many stores as a test has workers: leases, and whatever else lies in their rows or
// beside them. It knows no rule.
import { leaseNames, pendingNames } from '../rows/attributes.ts';
import { decodeRow, type Item } from '../rows/decode.ts';
import { encodeLease, leaseTag } from '../rows/encode.ts';
import type { Lease } from '../types.ts';
import type { Outcome } from './memory-rules.ts';

export interface MemoryLeaseTable {
  /** Puts a row as DynamoDB would hold it, whoever may have written it. */
  put(item: Item): void;
  get(key: string): Item | undefined;
  /** Undefined: no row, or no lease. Throws ROW_BROKEN as a real table does. */
  lease(key: string): Lease | undefined;
  /** Sorted by key. */
  leases(): readonly Lease[];
  apply(key: string, outcome: Outcome): void;
}

function without(item: Item, names: readonly string[]): Item {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));
}

function leaseIn(item: Item): Lease | undefined {
  const row = decodeRow(item);
  return row.kind === 'lease' ? row.lease : undefined;
}

export function createMemoryTable(): MemoryLeaseTable {
  const items = new Map<string, Item>();
  return {
    put(item) {
      const key = item.leaseKey?.S;
      if (key === undefined) throw new TypeError('An item of a lease table has a leaseKey.');
      items.set(key, item);
    },
    get: (key) => items.get(key),
    lease(key) {
      const item = items.get(key);
      return item === undefined ? undefined : leaseIn(item);
    },
    leases: () => [...items.values()].flatMap((item) => leaseIn(item) ?? []).sort((a, b) => (a.key < b.key ? -1 : 1)),
    apply(key, outcome) {
      if (outcome.kind === 'deleted') items.delete(key);
      if (outcome.kind !== 'becomes') return;
      const foreign = without(items.get(key) ?? leaseTag, leaseNames);
      items.set(key, { ...(outcome.settled ? without(foreign, pendingNames) : foreign), ...encodeLease(outcome.lease) });
    },
  };
}
