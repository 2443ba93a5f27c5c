// A fleet under virtual time over one table in memory: workers that can be frozen, cut off and stopped. Shared by the tests of
// held leases and coordinators.

import { LeaseError } from '../../../src/errors.ts';
import { type Coordinator, type CoordinatorOptions, createCoordinator } from '../../../src/fleet/coordinator.ts';
import type { LeasedStream } from '../../../src/streams.ts';
import { createMemoryTable, type MemoryLeaseTable, memoryLeaseStore, type StoreCall } from '../../../src/testing/index.ts';
import { createVirtualTime, type VirtualMachine, type VirtualTime } from '../../../src/testing/virtual-machine.ts';
import type { HeldLease, Lease, LeaseEvent, LeaseStore, LeaseTimes, ShardListing } from '../../../src/types.ts';

export const times: LeaseTimes = { durationMs: 10_000, fenceMs: 8_500, renewIntervalMs: 5_000, requestTimeoutMs: 1_000 };
export const latencyMs = 20;
export const never = new AbortController().signal;

export function virtualTime(): VirtualTime {
  return createVirtualTime(() => new Promise((resolve) => setImmediate(resolve)));
}

export function shards(count: number): ShardListing[] {
  return Array.from({ length: count }, (_, at) => ({ shardId: `shard-${at}`, parents: [], closed: false }));
}

/** How a store's requests fare: each takes a while, and may fail before it is carried out or lose its answer after. */
export interface Weather {
  before?: (call: StoreCall) => Error | undefined;
  after?: (call: StoreCall) => Error | undefined;
}

export const unreachable = (): LeaseError => new LeaseError('TABLE_UNREACHABLE', 'The lease table does not answer (test).', { retryable: true });

export function storeOn(table: MemoryLeaseTable, machine: VirtualMachine, weather: Weather = {}, calls: StoreCall[] = []): LeaseStore {
  return memoryLeaseStore({
    table,
    async before(call, signal) {
      calls.push(call);
      await machine.timers.sleep(latencyMs / 2, signal);
      const error = weather.before?.(call);
      if (error !== undefined) throw error;
    },
    async after(call, signal) {
      await machine.timers.sleep(latencyMs / 2, signal);
      const error = weather.after?.(call);
      if (error !== undefined) throw error;
    },
  });
}

export interface WorkerUnderTest {
  readonly name: string;
  readonly machine: VirtualMachine;
  readonly coordinator: Coordinator;
  readonly weather: Weather;
  readonly events: LeaseEvent[];
  readonly calls: StoreCall[];
  /** Given to its reader and not ended, by key. */
  readonly reading: Map<string, HeldLease>;
  readonly ran: Promise<void>;
  /** Error that ended `run`. */
  failure: unknown;
}

export interface Fleet {
  readonly time: VirtualTime;
  readonly table: MemoryLeaseTable;
  listing: readonly ShardListing[];
  start(name: string, over?: Partial<CoordinatorOptions> & { readonly drainMs?: number; readonly stream?: Partial<LeasedStream> }): WorkerUnderTest;
  /** Owners by key. */
  owners(): Record<string, string | undefined>;
  count(name: string): number;
  /** Advances until it holds; throws after `limitMs`. Answers with the virtual time it took. */
  until(holds: () => boolean, limitMs: number): Promise<number>;
}

const stepMs = 50;

export function createFleet(listing: readonly ShardListing[]): Fleet {
  const time = virtualTime();
  const table = createMemoryTable();
  const rows = (): readonly Lease[] => table.leases();
  let seed = 1;
  const fleet: Fleet = {
    time,
    table,
    listing,
    start(name, { drainMs = 100, stream = {}, ...over } = {}) {
      const machine = time.machine(seed++);
      const weather: Weather = {};
      const events: LeaseEvent[] = [];
      const calls: StoreCall[] = [];
      const reading = new Map<string, HeldLease>();
      const coordinator = createCoordinator({
        store: storeOn(table, machine, weather, calls),
        identity: { worker: name, incarnation: machine.random.id() },
        machine,
        times,
        limits: { maxPerWorker: 1000 },
        streams: [{ leaseKey: (shardId) => shardId, start: { kind: 'trim-horizon' }, listShards: async () => fleet.listing, ...stream }],
        shardSyncIntervalMs: 60_000,
        onEvent: (event) => events.push(event),
        onHeld(held) {
          const { key, position } = held.lease;
          reading.set(key, held);
          held.lost.addEventListener('abort', () => reading.delete(key));
          const drain = (): void => {
            machine.timers.after(drainMs, () => {
              if (held.lost.aborted) return;
              // A lease lost meanwhile shows by its signal.
              held.release(position).then(
                () => reading.delete(key),
                () => undefined,
              );
            });
          };
          if (held.drain.aborted) drain();
          else held.drain.addEventListener('abort', drain, { once: true });
        },
        ...over,
      });
      const worker: WorkerUnderTest = { name, machine, coordinator, weather, events, calls, reading, failure: undefined, ran: Promise.resolve() };
      const ran = coordinator.run(never).catch((error: unknown) => {
        worker.failure = error;
      });
      return Object.assign(worker, { ran });
    },
    owners: () => Object.fromEntries(rows().map((row) => [row.key, row.owner])),
    count: (name) => rows().filter((row) => row.owner === name).length,
    async until(holds, limitMs) {
      const startMs = time.nowMs();
      while (!holds()) {
        if (time.nowMs() - startMs > limitMs) throw new Error(`It did not come to be within ${limitMs} ms of virtual time: ${JSON.stringify(fleet.owners())}`);
        await time.advance(stepMs);
      }
      return time.nowMs() - startMs;
    },
  };
  return fleet;
}

export const owned = (worker: WorkerUnderTest) => worker.coordinator.view().held.length;
export const kinds = (worker: WorkerUnderTest) => worker.events.map((event) => event.kind).filter((kind) => kind !== 'lease-operation');
export const writes = new Set(['renew', 'checkpoint', 'transfer', 'release', 'finish', 'take', 'accept', 'request', 'cancel', 'create']);
