// A consumer over a stream service and a lease store, whichever they are: finds the streams, leases their shards, reads them. It
// makes no client: `create-consumer.ts` does.
import { createCoordinator, type Identity, type LeaseStore, type LeaseTimes } from '@shardfold/lease';
import { assembleConsumer, type ConsumerParts } from './consumer.ts';
import { ConsumerError } from './errors.ts';
import { childrenOf, patiently } from './source/asking.ts';
import type { StreamService } from './source/service.ts';
import { isSingle } from './streams/names.ts';
import { createStreamFinder } from './streams/stream-finder.ts';
import type { Consumer, ShardRef } from './types.ts';

type Given = Omit<ConsumerParts, 'worker' | 'forEver' | 'streamOf' | 'timeOf' | 'stillHas' | 'coordinate' | 'children'>;

export interface ConsumerSeams extends Given {
  readonly identity: Identity;
  /** Names, ARNs or patterns. */
  readonly streams: readonly string[];
  readonly service: StreamService;
  readonly store: LeaseStore;
  readonly times: LeaseTimes;
  readonly maxPerWorker: number;
  /** How often the shards of a stream are listed, and the streams looked for. */
  readonly shardSyncIntervalMs: number;
}

/** Throws what may pass; a record that cannot be asked for is not there. */
async function stillHas(service: StreamService, shard: ShardRef, sequence: string, signal: AbortSignal): Promise<boolean> {
  try {
    const page = await service.page(shard, await service.iterator(shard, { kind: 'at-sequence', sequence }, signal), 1, signal);
    const is = page.records[0]?.sequence === sequence;
    page.free();
    return is;
  } catch (error) {
    if (signal.aborted || !(error instanceof ConsumerError) || error.retryable) throw error;
    return false;
  }
}

/** Nothing is contacted before `run`. */
export function consumerOver(seams: ConsumerSeams): Consumer {
  const { identity, streams, service, store, times, maxPerWorker, shardSyncIntervalMs, machine, onEvent } = seams;
  const finder = createStreamFinder(seams);
  const forEver = !isSingle(streams);
  return assembleConsumer({
    ...seams,
    worker: identity.worker,
    forEver,
    streamOf: finder.of,
    timeOf: (sequence) => service.timeOf?.(sequence),
    stillHas: (shard, sequence, signal) => patiently({ stream: shard.stream, machine, onEvent }, signal, () => stillHas(service, shard, sequence, signal)),
    children: async ({ stream, shardId }, signal) =>
      childrenOf(await patiently({ stream, machine, forEver, onEvent }, signal, () => service.listShards(stream, signal)), shardId),
    coordinate: ({ onHeld }) =>
      createCoordinator({
        store,
        identity,
        machine,
        times,
        limits: { maxPerWorker },
        streams: finder.find,
        ...(finder.changes ? { streamsIntervalMs: shardSyncIntervalMs } : {}),
        shardSyncIntervalMs,
        onHeld,
        onEvent,
      }),
  });
}
