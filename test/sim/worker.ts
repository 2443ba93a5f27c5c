// A process that is a bare coordinator over the real store, with simulated readers on what it holds: the worlds of the lease package.
import { createCoordinator, dynamodbLeaseStore, type HeldLease, type LeaseStore, type ShardListing } from '@shardfold/lease';
import type { Host, WireChanges } from './network.ts';
import { namedOperations } from './operation.ts';
import { type SimWorker, tableName } from './process.ts';
import { type ReaderHooks, startReader } from './reader.ts';
import type { Settings } from './settings.ts';
import { createSimStream, type SimShard } from './stream.ts';
import type { Inhabitants, Newcomer, World } from './world.ts';

/** Changes made to the code under test from outside, to see whether anybody notices. */
export interface Changes extends WireChanges {
  readonly store?: (store: LeaseStore) => LeaseStore;
  readonly settings?: (settings: Settings) => Settings;
  readonly listing?: (listing: readonly ShardListing[]) => readonly ShardListing[];
}

const never = new AbortController().signal;
const listingMs = 30;

/** A listing of the stream, a little old, over a way of its own. */
function listShards({ stream, settings, time }: World, { machine, chance }: Newcomer, changes: Changes) {
  return async (signal: AbortSignal): Promise<readonly ShardListing[]> => {
    await machine.timers.sleep(listingMs, signal);
    const lag = (): number => time.nowMs() - chance.between(0, settings.maxListingLagMs);
    const listing = stream.list(lag(), lag());
    return changes.listing?.(listing) ?? listing;
  };
}

function readerHooks({ fenceWatch, tableWatch, ledger, fail }: World, worker: SimWorker): ReaderHooks {
  return {
    onRead(held: HeldLease, shard: SimShard) {
      fenceWatch.reading(worker, held.lease.key);
      tableWatch.delivered(worker, shard);
    },
    onDone: (shard, from, to) => ledger.done(shard.shardId, from, to),
    onEnd: (held) => fenceWatch.left(worker, held.lease.key),
    onFault: (text) => fail(12, `${worker.label}: ${text}`),
  };
}

function held({ note, fenceWatch, stream, ledger, time }: World, worker: SimWorker, { lease }: HeldLease): void {
  const { key, position, readMs, shardId } = lease;
  note(worker.label, 'begins', key);
  fenceWatch.began(worker, key);
  const shard = stream.shard(shardId);
  if (shard !== undefined && position.kind === 'latest' && readMs === undefined) ledger.begunAt(shardId, stream.count(shard, time.nowMs()));
}

/** Starts it; it runs until it is stopped or its machine is frozen for good. */
function startWorker(world: World, newcomer: Newcomer, changes: Changes): SimWorker {
  const { stream, network, time } = world;
  const { name, label, machine, chance } = newcomer;
  const settings = changes.settings?.(world.settings) ?? world.settings;
  const { times, maxPerWorker, joinDelayMs, shardSyncIntervalMs, start } = settings;
  const host: Host = { label, machine, cut: false };
  const incarnation = machine.random.id();
  const store = namedOperations(dynamodbLeaseStore({ client: network.clientFor(host), table: tableName, times, timers: machine.timers }));
  const coordinator = createCoordinator({
    store: changes.store?.(store) ?? store,
    identity: { worker: name, incarnation },
    machine,
    times,
    limits: { maxPerWorker, joinDelayMs },
    streams: [{ leaseKey: (shardId) => shardId, start: { kind: start }, listShards: listShards(world, newcomer, changes) }],
    shardSyncIntervalMs,
    onEvent: (event) => world.heard(worker, event),
    onHeld(lease) {
      held(world, worker, lease);
      startReader(lease, { stream, machine, chance, habits: settings.reader, hooks: readerHooks(world, worker), trueMs: time.nowMs });
    },
  });
  const worker: SimWorker = {
    name,
    label,
    incarnation,
    machine,
    suspendedMs: -1,
    host,
    state: 'running',
    clean: undefined,
    failure: undefined,
    ended: false,
    held: () => coordinator.view().held.map(({ lease }) => lease.key),
    leave: coordinator.stop,
  };
  world.follow(worker, coordinator.run(never));
  return worker;
}

export function coordinators(changes: Changes): Inhabitants {
  return {
    stream: ({ shards, recordsPerSecond }, chance) => createSimStream(shards, () => chance.between(...recordsPerSecond)),
    wallMs: (chance) => chance.between(0, 1e12),
    start: (world, newcomer) => startWorker(world, newcomer, changes),
  };
}
