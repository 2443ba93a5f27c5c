// A stream in memory that wakes its readers itself: for tests of what comes after the source, which need no service, no pace and no
// time. Sequence numbers are 1, 2, 3; `memory-kinesis` has what a service does.
import type { ChildShard, Clock } from '@shardfold/lease';
import type { ByteBudget } from '../memory/byte-budget.ts';
import type { ReadFrom, RecordBatch, ShardRef, ShardSource } from '../types.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { createShardLog, type ShardLog } from './memory-kinesis/log.ts';
import { readable } from './memory-kinesis/records.ts';

export interface MemoryStreamOptions {
  readonly name: string;
  readonly budget: ByteBudget;
  /** Says when a record arrives. */
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly maxRecordsPerBatch: number;
}

export interface MemoryStream {
  readonly source: ShardSource;
  /** `key` is the shard's id. */
  shard(shardId: string): ShardRef;
  put(shardId: string, payloads: readonly (string | Uint8Array)[]): void;
  /** No record comes after this. `children` are given with the shard's last batch; none: that batch does not name them. */
  close(shardId: string, children: readonly ChildShard[]): void;
}

const encoder = new TextEncoder();

interface Shard {
  readonly log: ShardLog;
  closed: { readonly children: readonly ChildShard[] } | undefined;
  /** Resolved and replaced with every change. */
  changed: PromiseWithResolvers<void>;
}

/** Place of the first record to read. */
function startPlace({ log }: Shard, from: ReadFrom): number {
  switch (from.kind) {
    case 'trim-horizon':
      return log.first();
    case 'latest':
      return log.end();
    case 'timestamp':
      return log.placeSince(from.atMs);
    case 'sequence': {
      const place = log.placeOf(from.sequence);
      return log.at(place)?.sequence === from.sequence ? place + 1 : place;
    }
    default:
      return from satisfies never;
  }
}

function emptyBatch(children: readonly ChildShard[]): RecordBatch {
  return { records: [], retainedBytes: 0, behindLatestMs: 0, ...(children.length === 0 ? {} : { children }), release: () => undefined };
}

/** As many records as the budget grants, one at least. */
async function batchFrom(options: MemoryStreamOptions, ref: ShardRef, { log }: Shard, place: number, signal: AbortSignal): Promise<RecordBatch> {
  const offered = log.slice(place, place + options.maxRecordsPerBatch);
  const sizes = offered.map((record) => record.data.byteLength);
  const { granted, reservation } = await options.budget.reserve({ wanted: sizes.reduce((sum, size) => sum + size, 0), minimum: sizes[0] ?? 0 }, signal);
  let retainedBytes = 0;
  let count = 0;
  for (const size of sizes) {
    if (count > 0 && retainedBytes + size > granted) break;
    retainedBytes += size;
    count += 1;
  }
  reservation.resize(retainedBytes);
  const { records, free } = readable(ref, offered.slice(0, count));
  const newest = log.at(log.end() - 1)?.arrivalMs ?? 0;
  const behindLatestMs = place + count === log.end() ? 0 : Math.max(1, newest - (records.at(-1)?.arrivalMs ?? newest));
  return {
    records,
    retainedBytes,
    behindLatestMs,
    release() {
      free();
      reservation.release();
    },
  };
}

async function* read(options: MemoryStreamOptions, ref: ShardRef, shard: Shard, from: ReadFrom, signal: AbortSignal): AsyncGenerator<RecordBatch> {
  signal.throwIfAborted();
  let place = startPlace(shard, from);
  if (place === shard.log.end() && shard.closed === undefined) yield emptyBatch([]);
  for (;;) {
    signal.throwIfAborted();
    if (place < shard.log.end()) {
      const batch = await batchFrom(options, ref, shard, place, signal);
      place += batch.records.length;
      yield batch;
    } else if (shard.closed !== undefined) {
      yield emptyBatch(shard.closed.children);
      return;
    } else {
      await unlessAborted(shard.changed.promise, signal);
    }
  }
}

export function memoryStream(options: MemoryStreamOptions): MemoryStream {
  const shards = new Map<string, Shard>();
  let given = 0;

  function shardOf(shardId: string): Shard {
    const shard = shards.get(shardId) ?? { log: createShardLog(), closed: undefined, changed: Promise.withResolvers<void>() };
    shards.set(shardId, shard);
    return shard;
  }

  function tell(shard: Shard): void {
    shard.changed.resolve();
    shard.changed = Promise.withResolvers<void>();
  }

  return {
    source: { open: (ref, from, { signal }) => read(options, ref, shardOf(ref.shardId), from, signal) },
    shard: (shardId) => ({ stream: options.name, shardId, key: shardId }),
    put(shardId, payloads) {
      const shard = shardOf(shardId);
      for (const payload of payloads) {
        given += 1;
        const data = typeof payload === 'string' ? encoder.encode(payload) : payload;
        shard.log.append({ sequence: String(given), arrivalMs: options.clock.wallMs(), partitionKey: 'memory', data });
      }
      tell(shard);
    },
    close(shardId, children) {
      const shard = shardOf(shardId);
      shard.closed = { children };
      tell(shard);
    },
  };
}
