// Streams that a test makes and deletes while a fleet runs, and a finder of them.
import type { CoordinatorOptions } from '../../../src/fleet/coordinator.ts';
import type { LeasedStream } from '../../../src/streams.ts';
import type { ShardListing } from '../../../src/types.ts';
import { type Fleet, shards } from './fleet.ts';

export const intervalMs = 60_000;
/** A look and what follows from it. */
export const tickMs = 1500;

interface TestStream extends LeasedStream {
  readonly stream: string;
  /** Times at which it was listed, by the fleet's clock. */
  readonly listedMs: number[];
}

export function streamsOf(fleet: Fleet) {
  const asked: number[] = [];
  const account = {
    there: [] as LeasedStream[],
    /** What the finder fails with. */
    error: undefined as unknown,
    /** What it waits for. */
    delay: async (): Promise<void> => undefined,
    asked,
    make(name: string, count: number, over: Partial<LeasedStream> = {}): TestStream {
      const stream = `1:${name}:7`;
      const listedMs: number[] = [];
      const listShards = async (): Promise<readonly ShardListing[]> => {
        listedMs.push(fleet.time.nowMs());
        return shards(count);
      };
      const made = { stream, listedMs, leaseKey: (shardId: string) => `${stream}:${shardId}`, start: { kind: 'trim-horizon' } as const, listShards, ...over };
      account.there = [...account.there, made];
      return made;
    },
    remove({ stream }: LeasedStream): void {
      account.there = account.there.filter((other) => other.stream !== stream);
    },
    async find(): Promise<readonly LeasedStream[]> {
      asked.push(fleet.time.nowMs());
      if (account.error !== undefined) throw account.error;
      await account.delay();
      return account.there;
    },
  };
  return { account, options: { streams: () => account.find(), streamsIntervalMs: intervalMs } satisfies Partial<CoordinatorOptions> };
}

export const keysOf = (leases: Iterable<{ readonly key: string }>) => [...leases].map((lease) => lease.key).sort();
