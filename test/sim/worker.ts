// One process of the fleet: a real coordinator over the real store, with simulated readers on what it holds. It decides no
// accident and judges nothing.
import { type Coordinator, createCoordinator, dynamodbLeaseStore, type HeldLease, type LeaseEvent, type LeaseStore, type ShardListing } from '@shardfold/lease';
import type { VirtualMachine } from '@shardfold/lease/testing';
import type { Chance } from './chance.ts';
import type { Holder } from './invariants/fence-watch.ts';
import type { Host, Network, WireChanges } from './network.ts';
import { namedOperations } from './operation.ts';
import { type ReaderHooks, startReader } from './reader.ts';
import type { Settings } from './settings.ts';
import type { SimStream } from './stream.ts';

export interface SimWorker extends Holder {
  readonly host: Host;
  readonly coordinator: Coordinator;
  state: 'running' | 'stopping' | 'stopped' | 'crashed';
  /** Whether the stop gave everything back; undefined before its end. */
  clean: boolean | undefined;
  /** What ended `run`. */
  failure: unknown;
}

export interface WorkerHooks {
  onHeld(worker: SimWorker, held: HeldLease): void;
  onEvent(worker: SimWorker, event: LeaseEvent): void;
  onEnded(worker: SimWorker, how: string): void;
  readonly reader: (worker: SimWorker) => ReaderHooks;
}

/** Changes made to the code under test from outside, to see whether anybody notices. */
export interface Changes extends WireChanges {
  readonly store?: (store: LeaseStore) => LeaseStore;
  readonly settings?: (settings: Settings) => Settings;
  readonly listing?: (listing: readonly ShardListing[]) => readonly ShardListing[];
}

export interface WorkerParts {
  readonly name: string;
  /** Its name and which of its incarnations it is, for people. */
  readonly label: string;
  readonly machine: VirtualMachine;
  readonly settings: Settings;
  readonly stream: SimStream;
  readonly network: Network;
  readonly chance: Chance;
  readonly trueMs: () => number;
  readonly hooks: WorkerHooks;
  readonly changes: Changes;
}

export const tableName = 'fleet';
const never = new AbortController().signal;
const listingMs = 30;

/** A listing of the stream, a little old, over a way of its own. */
function listShards({ stream, machine, chance, settings, trueMs, changes }: WorkerParts): (signal: AbortSignal) => Promise<readonly ShardListing[]> {
  return async (signal) => {
    await machine.timers.sleep(listingMs, signal);
    const lag = (): number => trueMs() - chance.between(0, settings.maxListingLagMs);
    const listing = stream.list(lag(), lag());
    return changes.listing?.(listing) ?? listing;
  };
}

/** Starts it; it runs until it is stopped or its machine is frozen for good. */
export function startWorker(parts: WorkerParts): SimWorker {
  const { name, label, machine, stream, network, chance, trueMs, hooks, changes } = parts;
  const settings = changes.settings?.(parts.settings) ?? parts.settings;
  const { times, maxPerWorker, shardSyncIntervalMs, start } = settings;
  const host: Host = { label, machine, cut: false };
  const incarnation = machine.random.id();
  const store = namedOperations(dynamodbLeaseStore({ client: network.clientFor(host), table: tableName, times, timers: machine.timers }));
  const coordinator = createCoordinator({
    store: changes.store?.(store) ?? store,
    identity: { worker: name, incarnation },
    machine,
    times,
    limits: { maxPerWorker },
    streams: [{ leaseKey: (shardId) => shardId, start: { kind: start }, listShards: listShards(parts) }],
    shardSyncIntervalMs,
    onEvent: (event) => hooks.onEvent(worker, event),
    onHeld(held) {
      hooks.onHeld(worker, held);
      startReader(held, { stream, machine, chance, habits: settings.reader, hooks: hooks.reader(worker), trueMs });
    },
  });
  const worker: SimWorker = { name, label, incarnation, machine, suspendedMs: -1, host, coordinator, state: 'running', clean: undefined, failure: undefined };
  coordinator.run(never).then(
    () => hooks.onEnded(worker, 'run is over'),
    (error: unknown) => {
      worker.failure = error;
      hooks.onEnded(worker, `run failed: ${String(error)}`);
    },
  );
  return worker;
}

/** Asks it to stop, as a signal would: one that does not run hears of it when it does. */
export function stopWorker(worker: SimWorker, drainTimeoutMs: number): void {
  if (worker.state !== 'running') return;
  worker.state = 'stopping';
  worker.machine.deliver(0, () => {
    void worker.coordinator.stop(drainTimeoutMs).then(({ clean }) => {
      worker.clean = clean;
      worker.state = 'stopped';
    });
  });
}
