// A stream in memory: the reference that every shard source is compared with. It has no time of its own and no AWS client.
import type { ChildShard, Clock } from '@shardfold/lease';
import type { ByteBudget } from '../memory/byte-budget.ts';
import type { ReadFrom, RecordBatch, ShardRef, ShardSource, StreamRecord } from '../types.ts';

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
  put(shardId: string, payloads: readonly string[]): void;
  /** No record comes after this. `children` are given with the shard's last batch; none: that batch does not name them. */
  close(shardId: string, children: readonly ChildShard[]): void;
}

interface Stored {
  readonly sequence: string;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

interface Shard {
  readonly records: Stored[];
  closed: { readonly children: readonly ChildShard[] } | undefined;
  /** Resolved and replaced with every change. */
  changed: PromiseWithResolvers<void>;
}

function streamRecord(shard: ShardRef, { sequence, arrivalMs, data }: Stored): StreamRecord {
  return { shard, sequence, subSequence: 0, arrivalMs, partitionKey: 'memory', bytes: () => data, text: () => new TextDecoder().decode(data) };
}

/** Index of the first record to read. */
function startIndex({ records }: Shard, from: ReadFrom): number {
  const indexWhere = (isAfter: (record: Stored) => boolean): number => {
    const found = records.findIndex(isAfter);
    return found === -1 ? records.length : found;
  };
  switch (from.kind) {
    case 'trim-horizon':
      return 0;
    case 'latest':
      return records.length;
    case 'timestamp':
      return indexWhere((record) => record.arrivalMs >= from.atMs);
    case 'sequence':
      return indexWhere((record) => BigInt(record.sequence) > BigInt(from.sequence) || (from.subSequence > 0 && record.sequence === from.sequence));
    default:
      return from satisfies never;
  }
}

async function changeOf(shard: Shard, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([shard.changed.promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function emptyBatch(children: readonly ChildShard[]): RecordBatch {
  return { records: [], retainedBytes: 0, behindLatestMs: 0, ...(children.length === 0 ? {} : { children }), release: () => undefined };
}

/** As many records as the budget grants, one at least. */
async function batchFrom(options: MemoryStreamOptions, ref: ShardRef, shard: Shard, index: number, signal: AbortSignal): Promise<RecordBatch> {
  const stored = shard.records.slice(index, index + options.maxRecordsPerBatch);
  const sizes = stored.map((record) => record.data.byteLength);
  const { granted, reservation } = await options.budget.reserve({ wanted: sizes.reduce((sum, size) => sum + size, 0), minimum: sizes[0] ?? 0 }, signal);
  let retainedBytes = 0;
  let count = 0;
  for (const size of sizes) {
    if (count > 0 && retainedBytes + size > granted) break;
    retainedBytes += size;
    count += 1;
  }
  reservation.resize(retainedBytes);
  const newest = shard.records.at(-1)?.arrivalMs ?? 0;
  const behindLatestMs = index + count === shard.records.length ? 0 : Math.max(1, newest - (stored[count - 1]?.arrivalMs ?? newest));
  return { records: stored.slice(0, count).map((record) => streamRecord(ref, record)), retainedBytes, behindLatestMs, release: reservation.release };
}

async function* read(options: MemoryStreamOptions, ref: ShardRef, shard: Shard, from: ReadFrom, signal: AbortSignal): AsyncGenerator<RecordBatch> {
  signal.throwIfAborted();
  let index = startIndex(shard, from);
  if (index === shard.records.length && shard.closed === undefined) yield emptyBatch([]);
  for (;;) {
    signal.throwIfAborted();
    if (index < shard.records.length) {
      const batch = await batchFrom(options, ref, shard, index, signal);
      index += batch.records.length;
      yield batch;
    } else if (shard.closed !== undefined) {
      yield emptyBatch(shard.closed.children);
      return;
    } else {
      await changeOf(shard, signal);
    }
  }
}

export function memoryStream(options: MemoryStreamOptions): MemoryStream {
  const shards = new Map<string, Shard>();
  let sequence = 0n;

  function shardOf(shardId: string): Shard {
    const shard = shards.get(shardId) ?? { records: [], closed: undefined, changed: Promise.withResolvers<void>() };
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
        sequence += 1n;
        shard.records.push({ sequence: String(sequence), arrivalMs: options.clock.wallMs(), data: new TextEncoder().encode(payload) });
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
