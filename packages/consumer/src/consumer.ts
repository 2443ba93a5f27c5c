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

/** How long a run waits for processors whose lease was dropped to notice it. */
const lostGraceMs = 1_000;

/** Where a lease's position starts reading. A finished lease is never read. */
export function readFrom(held: HeldLease, start: StartPosition): ReadFrom {
  const { position } = held.lease;
  if (position.kind === 'at-timestamp') return start.kind === 'timestamp' ? start : { kind: 'trim-horizon' };
  return position.kind === 'shard-end' ? { kind: 'trim-horizon' } : position;
}

function shardStatus(parts: ConsumerParts, coordinator: Coordinator, readers: ReadonlyMap<string, ShardReader>): readonly ShardStatus[] {
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

/** Resolves when every reader is done; after a stop that was not clean, no later than after the grace. Never rejects. */
async function readersDone(parts: ConsumerParts, readers: Iterable<ShardReader>, clean: boolean): Promise<void> {
  const done = Promise.allSettled([...readers].map((reader) => reader.done));
  const enough = new AbortController();
  const late = clean ? [] : [parts.machine.timers.sleep(lostGraceMs, enough.signal).catch(() => undefined)];
  await Promise.race([done, ...late]);
  enough.abort();
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
      const from = readFrom(held, parts.start);
      const reader = readShard({ ...parts, held, shard, from, children: (signal) => parts.children(shard, signal) });
      readers.set(key, reader);
      reader.done.catch(failed.reject).finally(() => {
        if (readers.get(key) === reader) readers.delete(key);
      });
    },
  });

  function stop(): Promise<{ readonly clean: boolean }> {
    if (stopping === undefined) {
      if (state !== 'stopped') state = 'draining';
      stopping = coordinator.stop(parts.drainTimeoutMs);
    }
    return stopping;
  }

  /** Until a stop is done. However it ends, what is held is given back first. */
  async function coordinate(): Promise<void> {
    const halt = new AbortController();
    const coordinating = coordinator.run(halt.signal);
    try {
      if (stopping === undefined) state = 'running';
      await Promise.race([coordinating, failed.promise]);
    } finally {
      const { clean } = await stop().catch(() => ({ clean: false }));
      halt.abort();
      await Promise.allSettled([coordinating, readersDone(parts, readers.values(), clean)]);
    }
  }

  return {
    async run(signal) {
      const stopOnSignal = () => void stop().catch(() => undefined);
      signal?.addEventListener('abort', stopOnSignal, { once: true });
      try {
        if (signal?.aborted !== true) await coordinate();
      } finally {
        signal?.removeEventListener('abort', stopOnSignal);
        state = 'stopped';
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
        settled: coordinator.view().settled,
        shards: shardStatus(parts, coordinator, readers),
        inFlightBytes: parts.budget.used(),
        loops: state === 'running' || state === 'draining' ? [{ name: 'leases', idleMs, limitMs: tickLimitMs }] : [],
      };
    },
  };
}
