// A Kinesis in memory: streams that a test fills, reshards and forgets, and services that readers ask. It has no time and no
// randomness of its own, and knows no reader.
import { type Clock, systemMachine } from '@shardfold/lease';
import type { StreamService } from '../../source/service.ts';
import type { ShardRef } from '../../types.ts';
import { disturbedService, type ServiceHook } from '../disturbed-service.ts';
import { createMemoryService, type ServiceParts } from './service.ts';
import { createStreams, type RecordToPut } from './streams.ts';

export interface MemoryKinesisOptions {
  /** Says when records arrive, when iterators expire and when the retention is over. It is the service's: a reader's may differ. Default: the system's. */
  readonly clock?: Pick<Clock, 'wallMs'>;
  /** `aws`: 5 calls and 2 MB a second and shard, all readers together; what is more is throttled. Default: none. */
  readonly limits?: 'aws' | 'none';
  /** Bytes of payloads and keys in a page; default 10 MiB. A record that is larger comes alone. */
  readonly pageBytesMax?: number;
  /** False: the last page of a closed shard does not name the shards that follow. */
  readonly namesChildren?: boolean;
  /** True: the last records of a closed shard come with a continuation, and an empty page is the last. */
  readonly endsEmpty?: boolean;
}

/** What is not to be had (a stream, an open shard, a hash key) throws an `Error`: it is the test's fault. */
export interface MemoryKinesis {
  /** Every call is answered. */
  readonly service: StreamService;
  /** Another service of the same streams, for a reader whose calls the hook sees and disturbs. */
  intercept(hook: ServiceHook): StreamService;
  /** @param options default: one shard, records are kept for a day */
  createStream(stream: string, options?: { readonly shards?: number; readonly retentionMs?: number }): void;
  /** A stream that is created under this name later is another one: `createdAtS` differs, iterators and positions are not taken. */
  deleteStream(stream: string): void;
  put(stream: string, record: RecordToPut): { readonly shardId: string; readonly sequence: string };
  /** @param at where the second child's range begins, decimal; default: in the middle  @returns the children's ids */
  split(stream: string, shardId: string, at?: string): readonly string[];
  /** @returns the child's id */
  merge(stream: string, leftId: string, rightId: string): string;
  /** Changes how long records are kept. */
  retain(stream: string, retentionMs: number): void;
  /** Shards that take records, in the order of their ranges; their lease keys are their ids. */
  openShards(stream: string): readonly ShardRef[];
}

const dayMs = 86_400_000;
const defaultPageBytes = 10 * 1024 * 1024;

export function memoryKinesis(options: MemoryKinesisOptions = {}): MemoryKinesis {
  const { clock = systemMachine.clock } = options;
  const nowMs = (): number => clock.wallMs();
  const streams = createStreams(nowMs);
  const { limits = 'none', pageBytesMax = defaultPageBytes, namesChildren = true, endsEmpty = false } = options;
  const parts: ServiceParts = { streams, nowMs, limits, pageBytesMax, namesChildren, endsEmpty };
  const service = createMemoryService(parts);
  return {
    service,
    intercept: (hook) => disturbedService(service, hook),
    createStream: (stream, { shards = 1, retentionMs = dayMs } = {}) => streams.create(stream, { shards, retentionMs }),
    deleteStream: streams.delete,
    put: streams.put,
    split: streams.split,
    merge: streams.merge,
    retain: streams.retain,
    openShards: (stream) => (streams.find(stream)?.open ?? []).map(({ shardId, range }) => ({ stream, shardId, key: shardId, hashRange: range })),
  };
}
