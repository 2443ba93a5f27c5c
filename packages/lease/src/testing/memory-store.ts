// The lease store in memory: the reference that every other store is compared with, and what simulations run on. Latency and
// faults come from hooks; it has no time of its own.
import { newLease } from '../rows/encode.ts';
import type { Identity, Lease, LeaseStore, Position, Written } from '../types.ts';
import { judge, type Meant } from '../verdict.ts';
import { disowned, givenUpBy, handedOver, keptBy } from './memory-meant.ts';
import * as rules from './memory-rules.ts';
import { createMemoryTable, type MemoryLeaseTable } from './memory-table.ts';

export interface StoreCall {
  readonly operation: keyof LeaseStore;
  /** Absent for `open`, `list`, `peers` and `close`. */
  readonly key?: string;
}

/** May wait (latency, a partition) and may throw (a fault). */
export type StoreHook = (call: StoreCall, signal: AbortSignal) => void | Promise<void>;

export interface MemoryLeaseStoreOptions {
  /** The table that several stores share; absent: one of its own. */
  readonly table?: MemoryLeaseTable;
  /** Runs before a request is carried out: throwing here means that it never was. */
  readonly before?: StoreHook;
  /** Runs after it: throwing here loses the answer to a write that landed. */
  readonly after?: StoreHook;
}

interface Server {
  readonly table: MemoryLeaseTable;
  readonly before: StoreHook | undefined;
  readonly after: StoreHook | undefined;
}

interface Intent {
  readonly operation: keyof LeaseStore;
  readonly over: Lease;
  /** Given where only the holder may write so. */
  readonly holder?: Identity;
  readonly rule: (over: Lease) => rules.Rule;
  readonly meant: (over: Lease) => Meant;
}

/** As in the real store. */
const maxRewrites = 2;
const shardEnd: Position = { kind: 'shard-end' };

async function call<Answer>(server: Server, what: StoreCall, signal: AbortSignal, carryOut: () => Answer): Promise<Answer> {
  signal.throwIfAborted();
  await server.before?.(what, signal);
  signal.throwIfAborted();
  const answer = carryOut();
  await server.after?.(what, signal);
  return answer;
}

interface Attempt {
  readonly kind: rules.Outcome['kind'];
  /** The row after the attempt. */
  readonly row: Lease | undefined;
}

function attempt(
  server: Server,
  what: { readonly operation: keyof LeaseStore; readonly key: string },
  rule: rules.Rule,
  signal: AbortSignal,
): Promise<Attempt> {
  return call(server, what, signal, () => {
    const outcome = rule(server.table.lease(what.key));
    server.table.apply(what.key, outcome);
    return { kind: outcome.kind, row: server.table.lease(what.key) };
  });
}

async function write(server: Server, { operation, over, holder, rule, meant }: Intent, signal: AbortSignal): Promise<Written> {
  let supposed = over;
  let row: Lease | undefined;
  for (let rewrites = 0; rewrites <= maxRewrites; rewrites += 1) {
    const done = await attempt(server, { operation, key: over.key }, rule(supposed), signal);
    row = done.row;
    if (done.kind !== 'refused') return { outcome: 'applied', lease: row ?? supposed };
    const verdict = judge({ meant: meant(supposed), over: supposed, me: holder, row });
    if (verdict.kind === 'applied') return { outcome: 'applied', lease: verdict.lease ?? supposed };
    if (verdict.kind !== 'again') break;
    supposed = verdict.lease;
  }
  return { outcome: 'stale', current: row };
}

type Holder = Pick<LeaseStore, 'renew' | 'checkpoint' | 'transfer' | 'accept' | 'release' | 'finish'>;

function holderWrites(server: Server): Holder {
  return {
    renew: (over, me, change, signal) =>
      write(server, { operation: 'renew', over, holder: me, rule: (row) => rules.renew(row, me, change), meant: (row) => keptBy(row, me) }, signal),
    checkpoint: (over, me, at, change, signal) =>
      write(
        server,
        { operation: 'checkpoint', over, holder: me, rule: (row) => rules.renew(row, me, change, at), meant: (row) => keptBy(row, me, at) },
        signal,
      ),
    transfer: (over, me, at, change, signal) =>
      write(
        server,
        { operation: 'transfer', over, holder: me, rule: (row) => rules.transfer(row, me, at, change), meant: (row) => handedOver(row, me, at) },
        signal,
      ),
    accept: (over, me, signal) =>
      write(server, { operation: 'accept', over, holder: me, rule: (row) => rules.accept(row, me), meant: () => ({ kind: 'begun' }) }, signal),
    release: (over, me, at, change, signal) =>
      write(
        server,
        { operation: 'release', over, holder: me, rule: (row) => rules.release(row, me, at, change), meant: (row) => givenUpBy(row, me, at) },
        signal,
      ),
    finish: (over, me, children, signal) =>
      write(
        server,
        { operation: 'finish', over, holder: me, rule: (row) => rules.end(row, me, shardEnd, children), meant: (row) => givenUpBy(row, me, shardEnd) },
        signal,
      ),
  };
}

type Anybody = Pick<LeaseStore, 'create' | 'take' | 'request' | 'cancel' | 'disown' | 'remove' | 'rewind' | 'ring' | 'vouch'>;

function anybodysWrites(server: Server): Anybody {
  return {
    async create(created, signal) {
      const fresh = newLease(created);
      const { row } = await attempt(server, { operation: 'create', key: created.key }, rules.create(fresh), signal);
      return { outcome: 'applied', lease: row ?? fresh };
    },
    take: (over, me, { source }, signal) =>
      write(server, { operation: 'take', over, holder: me, rule: (row) => rules.take(row, me, source), meant: () => ({ kind: 'begun' }) }, signal),
    request: (over, me, signal) =>
      write(
        server,
        { operation: 'request', over, rule: (row) => rules.request(row, me), meant: (row) => ({ kind: 'requested', next: me, asked: row.holder ?? '' }) },
        signal,
      ),
    cancel: (over, me, signal) => {
      const asked = over.request?.asked ?? over.holder ?? '';
      return write(
        server,
        { operation: 'cancel', over, rule: (row) => rules.cancel(row, me), meant: () => ({ kind: 'not-requested', next: me, asked }) },
        signal,
      );
    },
    disown: (over, signal) => write(server, { operation: 'disown', over, rule: rules.disown, meant: disowned }, signal),
    remove: (over, signal) => write(server, { operation: 'remove', over, rule: rules.remove, meant: () => ({ kind: 'absent' }) }, signal),
    rewind: (over, to, signal) => {
      const meant = (row: Lease): Meant => ({ kind: 'moved', counter: row.counter + 1n, position: to });
      return write(server, { operation: 'rewind', over, rule: (row) => rules.rewind(row, to), meant }, signal);
    },
    ring: (keys, freed, signal) => writeFirst(server, 'ring', keys, rules.ring(freed), signal),
    vouch: (keys, peers, signal) => writeFirst(server, 'vouch', keys, rules.vouch(peers), signal),
  };
}

async function writeFirst(server: Server, operation: keyof LeaseStore, keys: readonly string[], rule: rules.Rule, signal: AbortSignal): Promise<void> {
  for (const key of [...keys].sort()) {
    const { kind } = await attempt(server, { operation, key }, rule, signal);
    if (kind !== 'refused') return;
  }
}

/** The lease protocol in memory. Several stores over one `table` are several workers. */
export function memoryLeaseStore({ table = createMemoryTable(), before, after }: MemoryLeaseStoreOptions = {}): LeaseStore {
  const server: Server = { table, before, after };
  return {
    ...holderWrites(server),
    ...anybodysWrites(server),
    open: (signal) => call(server, { operation: 'open' }, signal, () => undefined),
    list: ({ part }, signal) => call(server, { operation: 'list' }, signal, () => table.rows(part)),
    peers: (signal, { metrics = true } = {}) =>
      call(server, { operation: 'peers' }, signal, () => (metrics ? table.peers() : { ...table.peers(), metrics: [] })),
    read: (key, signal) => call(server, { operation: 'read', key }, signal, () => table.lease(key)),
    close: async () => undefined,
  };
}
