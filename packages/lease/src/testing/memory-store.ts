// The lease store in memory: the reference that every other store is compared with, and what simulations run on. Latency and
// faults come from hooks; it has no time of its own.
import { newLease } from '../rows/encode.ts';
import type { Identity, Lease, LeaseStore, Position, Written } from '../types.ts';
import { judge, type Meant } from '../verdict.ts';
import type { Rule } from './memory-rules.ts';
import * as rules from './memory-rules.ts';
import { createMemoryTable, type MemoryLeaseTable } from './memory-table.ts';

export interface StoreCall {
  readonly operation: keyof LeaseStore;
  /** Absent for `open`, `list` and `close`. */
  readonly key?: string;
}

/** May wait (latency, a partition) and may throw (a fault). */
export type StoreHook = (call: StoreCall, signal: AbortSignal) => void | Promise<void>;

export interface MemoryLeaseStoreOptions {
  /** The table that several stores share; absent: one of its own. */
  readonly table?: MemoryLeaseTable;
  /** Runs before the call is carried out: throwing here means that it never was. */
  readonly before?: StoreHook;
  /** Runs after it: throwing here loses the answer of a write that landed. */
  readonly after?: StoreHook;
}

interface Intent {
  readonly operation: keyof LeaseStore;
  readonly key: string;
  readonly over: Lease | undefined;
  /** Given where only the holder may write so. */
  readonly me?: Identity;
  readonly rule: (over: Lease | undefined) => Rule;
  readonly meant: (over: Lease | undefined) => Meant;
}

const maxRewrites = 2;
const shardEnd: Position = { kind: 'shard-end' };

function held(me: Identity, position?: Position): (over: Lease) => Meant {
  return (over) => {
    const pair = over.checkpointOwner === me.worker && over.owner !== undefined ? { owner: over.owner, checkpointOwner: me.worker } : { owner: me.worker };
    return { kind: 'held', counter: over.counter + 1n, holder: me.incarnation, ...pair, ...(position === undefined ? {} : { position }) };
  };
}

function handedTo(me: Identity, position: Position): (over: Lease) => Meant {
  return (over) => {
    if (over.checkpointOwner === me.worker || over.request === undefined) return givenUp(me, position)(over);
    return { kind: 'held', counter: over.counter + 1n, owner: over.request.next, holder: over.request.nextHolder, position };
  };
}

function givenUp(me: Identity | undefined, position: Position): (over: Lease) => Meant {
  return (over) => {
    const owner = me !== undefined && over.checkpointOwner === me.worker && over.owner !== undefined ? { owner: over.owner } : {};
    return { kind: 'given-up', counter: over.counter + 1n, position, ...owner };
  };
}

function asking(kind: 'requested' | 'not-requested', me: Identity): (over: Lease) => Meant {
  return (over) => ({ kind, next: me, asked: (kind === 'requested' ? undefined : over.request?.asked) ?? over.holder ?? '' });
}

/** The rules of the lease protocol in memory. Several stores over one `table` are several workers. */
export function memoryLeaseStore({ table = createMemoryTable(), before, after }: MemoryLeaseStoreOptions = {}): LeaseStore {
  async function call<Answer>(what: StoreCall, signal: AbortSignal, carryOut: () => Answer): Promise<Answer> {
    signal.throwIfAborted();
    await before?.(what, signal);
    const answer = carryOut();
    await after?.(what, signal);
    return answer;
  }

  async function write({ operation, key, over, me, rule, meant }: Intent, signal: AbortSignal): Promise<Written> {
    let supposed = over;
    let row: Lease | undefined;
    for (let rewrites = 0; rewrites <= maxRewrites; rewrites += 1) {
      const done = await call({ operation, key }, signal, () => {
        row = table.lease(key);
        const outcome = rule(supposed)(row);
        table.apply(key, outcome);
        return outcome.kind !== 'refused';
      });
      const kept = done ? (table.lease(key) ?? supposed) : undefined;
      if (kept !== undefined) return { outcome: 'applied', lease: kept };
      const verdict = judge({ meant: meant(supposed), over: supposed, me, row });
      const stands = verdict.lease ?? supposed;
      if (verdict.kind === 'applied' && stands !== undefined) return { outcome: 'applied', lease: stands };
      if (verdict.kind !== 'again') break;
      supposed = verdict.lease;
    }
    return { outcome: 'stale', current: row };
  }
  return { ...methods };
}
