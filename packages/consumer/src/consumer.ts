// A consumer over its seams: leases come and go, each held one gets a reader, a stop drains them all. It knows no AWS client:
// `create-consumer.ts` does.
import type { ChildShard, Coordinator, HeldLease, Machine } from '@shardfold/lease';
import type { ByteBudget } from './memory/byte-budget.ts';
import type { CheckpointPolicy } from './shard/checkpointer.ts';
import { readShard, type ShardReader } from './shard/shard-reader.ts';
import type { Consumer, ConsumerEvent, ConsumerStatus, Processor, ReadFrom, ShardRef, ShardSource, ShardStatus, StartPosition } from './types.ts';

export interface ConsumerParts {
  readonly worker: string;
  readonly stream: string;
  readonly start: StartPosition;
  readonly machine: Machine;
  readonly source: ShardSource;
  readonly processor: Processor;
  readonly budget: ByteBudget;
  readonly maxInFlight: number;
  readonly checkpoint: CheckpointPolicy;
  readonly drainTimeoutMs: number;
  /** Built here so that its leases come to this consumer's readers. */
  coordinate(hooks: { onHeld(held: HeldLease): void }): Coordinator;
  children(shard: ShardRef, signal: AbortSignal): Promise<readonly ChildShard[]>;
  onEvent(event: ConsumerEvent): void;
  /** Gives back clients and sockets. */
  close(): Promise<void>;
}

/** The coordinator's loop is thought stalled after this long without a turn; an unreachable table does not stall it. */
const tickLimitMs = 60_000;

/** Where a lease's position starts reading. A finished lease is never read. */
export function readFrom(held: HeldLease, start: StartPosition): ReadFrom {
  const { position } = held.lease;
  if (position.kind === 'at-timestamp') return start.kind === 'timestamp' ? start : { kind: 'trim-horizon' };
  return position.kind === 'shard-end' ? { kind: 'trim-horizon' } : position;
}

export function assembleConsumer(parts: ConsumerParts): Consumer {
  const readers = new Map<string, ShardReader>();
  const failed = Promise.withResolvers<never>();
  let state: ConsumerStatus['state'] = 'starting';
  let stopping: Promise<{ readonly clean: boolean }> | undefined;

  const coordinator = parts.coordinate({
    onHeld(held) {
      const { key, shardId } = held.lease;
      const shard = { stream: parts.stream, shardId, key };
      const reader = readShard({
        ...parts,
        held,
        shard,
        from: readFrom(held, parts.start),
        children: (signal) => parts.children(shard, signal),
      });
      readers.set(key, reader);
      reader.done.catch(failed.reject).finally(() => {
        if (readers.get(key) === reader) readers.delete(key);
      });
    },
  });

  function stop(): Promise<{ readonly clean: boolean }> {
    state = 'draining';
    const stopped = stopping ?? coordinator.stop(parts.drainTimeoutMs);
    stopping = stopped;
    return stopped;
  }

  function shardStatus(): readonly ShardStatus[] {
    const view = coordinator.view();
    const held = new Map(view.held.map((each) => [each.lease.key, each]));
    return view.rows.map((row) => {
      const mine = held.get(row.key);
      const reader = mine === undefined ? undefined : readers.get(row.key);
      const lease = mine?.lease ?? row;
      return {
        shard: { stream: parts.stream, shardId: row.shardId, key: row.key },
        owner: mine === undefined ? row.owner : parts.worker,
        position: lease.position,
        held: mine !== undefined,
        caughtUp: lease.position.kind === 'shard-end' || (reader?.caughtUp() ?? false),
        behindLatestMs: reader?.behindLatestMs(),
        inFlightRecords: reader?.openRecords() ?? 0,
        lastError: reader?.lastError(),
      };
    });
  }

  return {
    async run(signal) {
      const stopOnSignal = () => void stop().catch(() => undefined);
      if (signal?.aborted) return;
      signal?.addEventListener('abort', stopOnSignal, { once: true });
      const halt = new AbortController();
      try {
        state = 'running';
        await Promise.race([coordinator.run(halt.signal), failed.promise]);
        await stopping;
      } catch (error) {
        await stop().catch(() => undefined);
        throw error;
      } finally {
        halt.abort();
        signal?.removeEventListener('abort', stopOnSignal);
        state = 'stopped';
        await Promise.allSettled([...readers.values()].map((reader) => reader.done));
        await parts.close();
      }
    },
    stop,
    status() {
      const idleMs = parts.machine.clock.monotonicMs() - coordinator.lastTickMs();
      return {
        worker: parts.worker,
        state,
        reached: coordinator.reached(),
        shards: shardStatus(),
        inFlightBytes: parts.budget.used(),
        loops: state === 'running' || state === 'draining' ? [{ name: 'leases', idleMs, limitMs: tickLimitMs }] : [],
      };
    },
  };
}
