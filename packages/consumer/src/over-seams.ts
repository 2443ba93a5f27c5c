// A consumer over a stream service and a lease store, whichever they are: finds the streams, leases their shards, reads them. It
// makes no client: `create-consumer.ts` does.
import { type CoordinatorOptions, createCoordinator, type Identity, type LeaseStore, type LeaseTimes } from '@shardfold/lease';
import { assembleConsumer, type ConsumerParts } from './consumer.ts';
import { ConsumerError } from './errors.ts';
import { timeText } from './shard/begin.ts';
import { childrenOf, patiently } from './source/asking.ts';
import { clockMarginMs } from './source/moment.ts';
import type { Page, StreamService } from './source/service.ts';
import { isSingle } from './streams/names.ts';
import { createStreamFinder } from './streams/stream-finder.ts';
import type { Consumer, ShardRef } from './types.ts';

type Given = Omit<ConsumerParts, 'worker' | 'forEver' | 'streamOf' | 'retentionNowMs' | 'timeOf' | 'stillHas' | 'coordinate' | 'children'>;

export interface ConsumerSeams extends Given {
  readonly identity: Identity;
  /** Names, ARNs or patterns. */
  readonly streams: readonly string[];
  readonly service: StreamService;
  readonly store: LeaseStore;
  readonly times: LeaseTimes;
  readonly leaseLimits: CoordinatorOptions['limits'];
  /** How often the shards of a stream are listed, and the streams looked for. */
  readonly shardSyncIntervalMs: number;
}

/** So many empty pages in a row are followed: a service gives them where it has to look for a record. */
const emptyPagesMax = 100;

/** Throws what may pass; a record that cannot be asked for is not there. */
async function stillHas(service: StreamService, shard: ShardRef, sequence: string, signal: AbortSignal): Promise<boolean> {
  try {
    let next: string | undefined = await service.iterator(shard, { kind: 'at-sequence', sequence }, signal);
    for (let pages = 0; next !== undefined && pages < emptyPagesMax; pages += 1) {
      const page: Page = await service.page(shard, next, 1, signal);
      const [first] = page.records;
      page.free();
      if (first !== undefined) return first.sequence === sequence;
      next = page.behindLatestMs > 0 ? page.next : undefined;
    }
    return false;
  } catch (error) {
    if (signal.aborted || !(error instanceof ConsumerError) || error.retryable) throw error;
    return false;
  }
}

function checkStart({ start, machine }: ConsumerSeams): void {
  if (start.kind !== 'timestamp' || start.atMs <= machine.clock.wallMs() + clockMarginMs) return;
  throw new ConsumerError(
    'OPTIONS_INVALID',
    `The start at ${timeText(start.atMs)} lies in the future, and streams refuse that. Nothing was read. Start at the latest or at an earlier time, or set the clock of this machine if it is slow.`,
    { retryable: false },
  );
}

/** Nothing is contacted before `run`. Throws `ConsumerError` OPTIONS_INVALID for a start in the future. */
export function consumerOver(seams: ConsumerSeams): Consumer {
  checkStart(seams);
  const { identity, streams, service, store, times, leaseLimits, shardSyncIntervalMs, machine, onEvent } = seams;
  const finder = createStreamFinder(seams);
  const forEver = !isSingle(streams);
  return assembleConsumer({
    ...seams,
    worker: identity.worker,
    forEver,
    streamOf: finder.of,
    async retentionNowMs(name, signal) {
      const found = finder.of(name);
      if (found === undefined) return undefined;
      const { stream } = found;
      found.retentionMs = (await patiently({ stream, machine, onEvent }, signal, () => service.describe(stream, signal))).retentionMs;
      return found.retentionMs;
    },
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
        limits: leaseLimits,
        streams: finder.find,
        ...(finder.changes ? { streamsIntervalMs: shardSyncIntervalMs } : {}),
        shardSyncIntervalMs,
        onHeld,
        onEvent,
      }),
  });
}
