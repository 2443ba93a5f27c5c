// Reads streams without leases, for somebody who looks on: all shards or some, from one place on, parents before their children. It keeps no
// position and stands in no worker's way but for its share of what a shard gives.
import type { ChildShard, Machine, ShardListing } from '@shardfold/lease';
import { resumed, unpacked } from './aggregation/unpack.ts';
import { createStreamsClients } from './dynamodb-streams/client.ts';
import { createDynamoDbStreamsService, recordsPerCallMax as streamRecordsPerCallMax } from './dynamodb-streams/service.ts';
import { ConsumerError } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import { createKinesisClient, type KinesisAccess } from './kinesis/client.ts';
import { createKinesisService, recordsPerCallMax } from './kinesis/service.ts';
import { createByteBudget } from './memory/byte-budget.ts';
import { createTurns } from './memory/turns.ts';
import { ask, findStreams, type NamedStream, shardRef } from './positions/streams.ts';
import { type Aim, before } from './positions/target.ts';
import { childrenOf } from './source/asking.ts';
import type { ReadLimits } from './source/pace.ts';
import { createPollingSource } from './source/polling.ts';
import type { StreamService } from './source/service.ts';
import type { ConsumerEvent, ReadFrom, RecordBatch, ShardRef, ShardSource } from './types.ts';

export interface TapOptions {
  /** Names, ARNs or patterns. */
  readonly streams: readonly string[];
  readonly kind: 'kinesis' | 'dynamodb-streams';
  readonly kinesis: KinesisAccess;
  readonly dynamodb: KinesisAccess;
  readonly pollIntervalMs: number;
  readonly limits: ReadLimits;
  readonly bufferBytes: number;
  readonly machine: Machine;
  /** What fails and is tried again, among others. */
  onEvent(event: ConsumerEvent): void;
}

export interface TapChoice {
  /** Lease keys or shard ids; empty: all, and those that a reshard brings. */
  readonly shards: readonly string[];
  /** A sequence number: with that record, of the one shard that is named. */
  readonly from: Aim;
}

export interface Tap {
  /**
   * Hands over what comes, one batch of a shard at a time; what is no longer needed when `take` resolves is let go. Resolves when every shard has
   * come to its end; rejects with the signal's reason, with `ConsumerError`, or with what `take` throws.
   */
  read(choice: TapChoice, take: (batch: RecordBatch, shard: ShardRef) => Promise<void>, signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface TapSeams {
  readonly service: StreamService;
  readonly source: ShardSource;
  readonly streams: readonly string[];
  readonly machine: Machine;
}

interface Begun {
  readonly stream: NamedStream;
  readonly shard: ShardListing | ChildShard;
  readonly from: ReadFrom;
}

function wrong(message: string): ConsumerError {
  return new ConsumerError('OPTIONS_INVALID', `${message} Nothing was read.`, { retryable: false });
}

function readFrom(from: Aim): ReadFrom {
  if (from.kind !== 'sequence') return from;
  return before(from.sequence);
}

function chosen(all: readonly Begun[], { shards, from }: TapChoice): readonly Begun[] {
  if (shards.length === 0) {
    if (from.kind === 'sequence') throw wrong('A sequence number is of one shard: name it.');
    // What is closed has nothing after the latest; those that follow it are listed, too.
    return from.kind === 'latest' ? all.filter(({ shard }) => 'closed' in shard && !shard.closed) : all;
  }
  return [...new Set(shards)].flatMap((named) => {
    const found = all.filter(({ stream, shard }) => shard.shardId === named || stream.names.leaseKey(shard.shardId) === named);
    if (found.length === 0) throw wrong(`There is no shard '${named}' in the configured streams (any more).`);
    return found;
  });
}

/** Each is begun when those before it that are read, too, have come to their end. */
async function readAll(seams: TapSeams, first: readonly Begun[], follow: boolean, take: Parameters<Tap['read']>[1], outer: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([outer, failed.signal]);
  const ends = new Map<string, Promise<void>>();
  const keyOf = ({ stream, shard }: Begun): string => `${stream.stream} ${shard.shardId}`;

  async function readOne(begun: Begun): Promise<void> {
    const { stream, shard, from } = begun;
    await Promise.all(shard.parents.map((shardId) => ends.get(keyOf({ ...begun, shard: { shardId, parents: [] } }))));
    const ref = shardRef(stream, shard);
    let named: readonly ChildShard[] | undefined;
    for await (const batch of seams.source.open(ref, from, { signal })) {
      try {
        named = batch.children ?? named;
        if (batch.records.length > 0) await take(batch, ref);
      } finally {
        batch.release();
      }
      signal.throwIfAborted();
    }
    if (!follow) return;
    const children = named ?? childrenOf(await ask(seams, stream.stream, signal, () => seams.service.listShards(stream.stream, signal)), shard.shardId);
    begin(children.map((child) => ({ stream, shard: child, from: { kind: 'trim-horizon' } })));
  }

  const running = new Set<Promise<void>>();
  function begin(all: readonly Begun[]): void {
    const fresh = all.filter((begun) => !ends.has(keyOf(begun)));
    const gates = fresh.map((begun) => {
      const gate = Promise.withResolvers<void>();
      ends.set(keyOf(begun), gate.promise);
      return { begun, gate };
    });
    for (const { begun, gate } of gates) {
      const reading = readOne(begun).catch((error: unknown) => {
        if (!signal.aborted) failed.abort(error);
      });
      running.add(reading);
      void reading.then(() => {
        gate.resolve();
        running.delete(reading);
      });
    }
  }

  begin(first);
  while (running.size > 0) await Promise.race(running);
  signal.throwIfAborted();
}

/** Over a service and a source of its records, whichever they are. Closing is the caller's. */
export function tapOver(seams: TapSeams): Pick<Tap, 'read'> {
  const { service, machine, streams } = seams;
  return {
    async read(choice, take, signal) {
      const found = await findStreams({ service, machine, streams }, signal);
      const listings = await inParallel(found, async (stream) => ({
        stream,
        listing: await ask(seams, stream.stream, signal, () => service.listShards(stream.stream, signal)),
      }));
      const all = listings.flatMap(({ stream, listing }) => listing.map((shard): Begun => ({ stream, shard, from: readFrom(choice.from) })));
      await readAll(seams, chosen(all, choice), choice.shards.length === 0, take, signal);
    },
  };
}

/** Nothing is contacted yet. The caller closes it. */
export function openTap(options: TapOptions): Tap {
  const { kind, kinesis, dynamodb, machine, bufferBytes } = options;
  const budget = createByteBudget(bufferBytes);
  const turn = createTurns(machine.timers);
  if (kind === 'dynamodb-streams') {
    const service = createDynamoDbStreamsService({ ...createStreamsClients(dynamodb), machine });
    const source = resumed(createPollingSource({ ...options, service, recordsPerCallMax: streamRecordsPerCallMax, budget }));
    return { ...tapOver({ ...options, service, source }), close: service.close };
  }
  const service = createKinesisService(createKinesisClient(kinesis), { turn });
  const polling = createPollingSource({ ...options, service, recordsPerCallMax, budget });
  const source = unpacked(polling, { ...options, outsideShard: 'deliver', turn });
  return { ...tapOver({ ...options, service, source }), close: service.close };
}
