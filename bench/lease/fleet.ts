// A fleet of real coordinators under virtual time over a lease table in memory, which counts what DynamoDB would charge. For
// benches; what can go wrong is the simulator's business (test/sim).
import { type Coordinator, createCoordinator, type HeldLease, type LeaseEvent, type LeaseStore, type LeaseTimes, type ShardListing } from '@shardfold/lease';
import { createMemoryTable, createVirtualTime, type MemoryLeaseTable, memoryLeaseStore, type VirtualMachine, type VirtualTime } from '@shardfold/lease/testing';

/** The times for a lease of 10 s, as the worker has them. */
export const times: LeaseTimes = { durationMs: 10_000, fenceMs: 8_500, renewIntervalMs: 5_000, requestTimeoutMs: 1_000 };
/** Each way, for every request. */
const wayMs = 5;
/** From the wish to drain to the release: what is in hand is written meanwhile. */
const drainMs = 100;

/** What DynamoDB counts. A write of a row of less than 1 KB is one unit; a unit read costs a fifth of one written. */
export interface Cost {
  requests: number;
  writeUnits: number;
  readUnits: number;
}

export interface BenchWorker {
  readonly name: string;
  readonly machine: VirtualMachine;
  readonly coordinator: Coordinator;
  readonly reading: Map<string, HeldLease>;
  /** By key, virtual time of the last take. */
  readonly takenMs: Map<string, number>;
  readonly releasedMs: Map<string, number>;
  /** What ended it, if anything did. */
  failure: unknown;
}

export interface BenchFleet {
  readonly time: VirtualTime;
  readonly table: MemoryLeaseTable;
  readonly cost: Cost;
  /** Leases that changed hands. */
  moves(): number;
  start(name: string): BenchWorker;
  /** Lets time pass until it holds; the time it took, or infinity after the limit. */
  until(holds: () => boolean, limitMs: number, stepMs?: number): Promise<number>;
}

export function shardIds(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `shardId-${String(at).padStart(12, '0')}`);
}

function counted(store: LeaseStore, cost: Cost): LeaseStore {
  const bytesPerUnit = 4096;
  return {
    ...store,
    async list(options, signal) {
      const rows = await store.list(options, signal);
      const pages = Math.max(1, Math.ceil(rows.bytes / 1024 ** 2));
      cost.requests += pages;
      cost.readUnits += Math.max(1, Math.ceil(rows.bytes / bytesPerUnit)) * (options.consistent ? 1 : 0.5);
      return rows;
    },
    async read(key, signal, options) {
      cost.requests += 1;
      cost.readUnits += options?.consistent === false ? 0.5 : 1;
      return store.read(key, signal, options);
    },
  };
}

export function createBenchFleet(leases: number): BenchFleet {
  const time = createVirtualTime(() => new Promise((resolve) => setImmediate(resolve)));
  const table = createMemoryTable();
  const cost: Cost = { requests: 0, writeUnits: 0, readUnits: 0 };
  const listing: ShardListing[] = shardIds(leases).map((shardId) => ({
    shardId,
    parents: [],
    closed: false,
    hashRange: { start: '170141183460469231731687303715884105728', end: '340282366920938463463374607431768211455' },
  }));
  let moves = 0;
  let seed = 1;

  function start(name: string): BenchWorker {
    const machine = time.machine(seed++);
    const way = (_call: unknown, signal: AbortSignal) => machine.timers.sleep(wayMs, signal);
    const reads = new Set(['list', 'read', 'open', 'peers', 'close']);
    const store = memoryLeaseStore({
      table,
      async before(call, signal) {
        if (!reads.has(call.operation)) {
          cost.requests += 1;
          cost.writeUnits += 1;
        }
        await way(call, signal);
      },
      after: way,
    });
    const reading = new Map<string, HeldLease>();
    const takenMs = new Map<string, number>();
    const releasedMs = new Map<string, number>();
    const onEvent = (event: LeaseEvent): void => {
      if (event.kind === 'lease-taken') {
        moves += 1;
        takenMs.set(event.key, time.nowMs());
      }
      if (event.kind === 'lease-released') releasedMs.set(event.key, time.nowMs());
    };
    const coordinator = createCoordinator({
      store: counted(store, cost),
      identity: { worker: name, incarnation: machine.random.id() },
      machine,
      times,
      limits: { maxPerWorker: leases },
      streams: [{ leaseKey: (shardId) => shardId, start: { kind: 'trim-horizon' }, listShards: async () => listing }],
      shardSyncIntervalMs: 60_000,
      onEvent,
      onHeld(held) {
        const { key } = held.lease;
        reading.set(key, held);
        held.lost.addEventListener('abort', () => reading.delete(key), { once: true });
        const position = () => ({ kind: 'sequence', sequence: String(1 + Math.floor(time.nowMs())), subSequence: 0 }) as const;
        held.carry({ position, saved: () => undefined });
        const giveBack = () => {
          machine.timers.after(drainMs, () => {
            if (held.lost.aborted) return;
            // A lease lost meanwhile shows by its signal.
            held.release(position()).then(
              () => reading.delete(key),
              () => undefined,
            );
          });
        };
        if (held.drain.aborted) giveBack();
        else held.drain.addEventListener('abort', giveBack, { once: true });
      },
    });
    const worker: BenchWorker = { name, machine, coordinator, reading, takenMs, releasedMs, failure: undefined };
    coordinator.run(new AbortController().signal).catch((error: unknown) => {
      worker.failure = error;
    });
    return worker;
  }

  return {
    time,
    table,
    cost,
    moves: () => moves,
    start,
    async until(holds, limitMs, stepMs = 50) {
      const startMs = time.nowMs();
      while (!holds()) {
        if (time.nowMs() - startMs > limitMs) return Number.POSITIVE_INFINITY;
        await time.advance(stepMs);
      }
      return time.nowMs() - startMs;
    },
  };
}
