// A lease table in memory, shared by as many stores as a test has workers: leases, and whatever else lies in their rows or
// beside them. It knows no rule.
import { leaseNames, pendingNames } from '../rows/attributes.ts';
import { decodeRow, type Item } from '../rows/decode.ts';
import { encodeLease, leaseTag } from '../rows/encode.ts';
import type { Lease } from '../types.ts';
import type { Outcome } from './memory-rules.ts';

interface Row {
  /** Undefined: the item is no lease. */
  readonly lease: Lease | undefined;
  /** Attributes that are not the lease's, or the whole of a foreign item. */
  readonly foreign: Item;
}

export interface MemoryLeaseTable {
  /** Puts a row as DynamoDB would hold it, whoever may have written it. */
  put(item: Item): void;
  get(key: string): Item | undefined;
  lease(key: string): Lease | undefined;
  leases(): readonly Lease[];
  apply(key: string, outcome: Outcome): void;
}

function rest(item: Item, names: readonly string[]): Item {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));
}

export function createMemoryTable(): MemoryLeaseTable {
  const rows = new Map<string, Row>();
  return {
    put(item) {
      const row = decodeRow(item);
      if (row.kind === 'foreign') rows.set(row.key, { lease: undefined, foreign: item });
      else rows.set(row.lease.key, { lease: row.lease, foreign: rest(item, leaseNames) });
    },
    get(key) {
      const row = rows.get(key);
      return row?.lease === undefined ? row?.foreign : { ...row.foreign, ...encodeLease(row.lease) };
    },
    lease: (key) => rows.get(key)?.lease,
    leases: () => [...rows.values()].flatMap((row) => row.lease ?? []).sort((a, b) => (a.key < b.key ? -1 : 1)),
    apply(key, outcome) {
      if (outcome.kind === 'deleted') rows.delete(key);
      if (outcome.kind !== 'becomes') return;
      const foreign = rows.get(key)?.foreign ?? leaseTag;
      rows.set(key, { lease: outcome.lease, foreign: outcome.settled ? rest(foreign, pendingNames) : foreign });
    },
  };
}
