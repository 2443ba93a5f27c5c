// A consumer over its seams: leases come and go, each held one gets a reader, a stop drains them all. It knows no AWS client:
// `create-consumer.ts` does.
import type { ChildShard, Coordinator, FleetView, HeldLease, Lease, Machine } from '@shardfold/lease';
import type { ByteBudget } from './memory/byte-budget.ts';
import type { FailurePolicy } from './processing/policy.ts';
import type { CheckpointPolicy } from './shard/checkpointer.ts';
import { reportOf } from './shard/life.ts';
import { readShard, type ShardReader } from './shard/shard-reader.ts';
import type { Consumer, ConsumerEvent, ConsumerStatus, OnGap, Processor, ShardRef, ShardSource, ShardStatus, StartPosition } from './types.ts';

export interface ConsumerParts {
  readonly worker: string;
  readonly start: StartPosition;
  readonly onGap: OnGap;
  /** One of several streams must not end the others. */
  readonly forEver: boolean;
  readonly machine: Machine;
  readonly source: ShardSource;
  readonly processor: Processor;
  readonly failure: FailurePolicy;
  readonly budget: ByteBudget;
  readonly maxInFlight: number;
  readonly checkpoint: CheckpointPolicy;
  readonly drainTimeoutMs: number;
  /** Built here so that its leases come to this consumer's readers. */
  coordinate(hooks: { onHeld(held: HeldLease): void }): Coordinator;
  /** By the name that leases give it (undefined in a single-stream table). Undefined: it is not known any more. */
  streamOf(name: string | undefined): { readonly stream: string; readonly retentionMs: number | undefined } | undefined;
  /** As `streamOf` says it, asked now. */
  retentionNowMs(name: string | undefined, signal: AbortSignal): Promise<number | undefined>;
  timeOf(sequence: string): number | undefined;
  stillHas(shard: ShardRef, sequence: string, signal: AbortSignal): Promise<boolean>;
  children(shard: ShardRef, signal: AbortSignal): Promise<readonly ChildShard[]>;
  onEvent(event: ConsumerEvent): void;
  /** Gives back clients and sockets. */
  close(): Promise<void>;
}

/** The coordinator's loop is thought stalled after this long without a turn; an unreachable table does not stall it. */
const tickLimitMs = 60_000;

/** How long a run waits for processors whose lease was dropped to notice it. */
const lostGraceMs = 1_000;

/** The shard of a lease, as its stream is asked for it. */
function shardOf(parts: ConsumerParts, { key, shardId, stream, hashRange }: Lease): ShardRef {
  const name = parts.streamOf(stream)?.stream ?? stream ?? '';
  return { stream: name, shardId, key, ...(hashRange === undefined ? {} : { hashRange }) };
}

function shardStatus(parts: ConsumerParts, view: FleetView, readers: ReadonlyMap<string, ShardReader>): readonly ShardStatus[] {
  const held = new Map(view.held.map((each) => [each.lease.key, each]));
  return view.rows.map((row) => {
    const mine = held.get(row.key);
    const reader = mine === undefined ? undefined : readers.get(row.key);
    const lease = mine?.lease ?? row;
    return {
      shard: shardOf(parts, row),
      owner: mine === undefined ? row.owner : parts.worker,
      unowned: view.unowned.has(row.key),
      position: lease.position,
      held: mine !== undefined,
      // At the tip of a shard that others follow only its end is left, and then they are.
      caughtUp: lease.position.kind === 'shard-end' || (reader?.caughtUp() === true && !view.isFollowed(row)),
      behindLatestMs: reader?.behindLatestMs(),
      inFlightRecords: reader?.openRecords() ?? 0,
      lastError: reader?.lastError(),
      ...(reader?.life() ?? reportOf(lease)),
      readMs: lease.readMs,
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
  const halt = new AbortController();
  let stopping: Promise<{ readonly clean: boolean }> | undefined;
  let stopAsked = false;
  let wasRun = false;

  const coordinator = parts.coordinate({
    onHeld(held) {
      const { key, stream } = held.lease;
      const shard = shardOf(parts, held.lease);
      const reader = readShard({
        ...parts,
        held,
        shard,
        retentionMs: () => parts.streamOf(stream)?.retentionMs,
        retentionNowMs: (signal) => parts.retentionNowMs(stream, signal),
        children: (signal) => parts.children(shard, signal),
      });
      readers.set(key, reader);
      reader.done.catch(failed.reject).finally(() => {
        if (readers.get(key) === reader) readers.delete(key);
      });
    },
  });

  function drain(): Promise<{ readonly clean: boolean }> {
    if (stopping === undefined) {
      if (state !== 'stopped') state = 'draining';
      stopping = coordinator.stop(parts.drainTimeoutMs);
    }
    return stopping;
  }

  /** Until a stop is done. However it ends, what is held is given back first. */
  async function coordinate(): Promise<void> {
    const coordinating = coordinator.run(halt.signal);
    try {
      if (stopping === undefined) state = 'running';
      await Promise.race([coordinating, failed.promise]);
    } finally {
      const { clean } = await drain().catch(() => ({ clean: false }));
      halt.abort();
      await Promise.allSettled([coordinating, readersDone(parts, readers.values(), clean)]);
    }
  }

  return {
    async run(signal) {
      if (wasRun) throw new Error('This consumer was run before. It goes on, or stays stopped, as it was. Create another one for another run.');
      wasRun = true;
      const stopOnSignal = () => void drain().catch(() => undefined);
      signal?.addEventListener('abort', stopOnSignal, { once: true });
      try {
        if (signal?.aborted !== true) await coordinate();
      } finally {
        signal?.removeEventListener('abort', stopOnSignal);
        state = 'stopped';
        await parts.close();
      }
    },
    stop() {
      if (stopAsked) halt.abort();
      stopAsked = true;
      return drain();
    },
    status() {
      const idleMs = parts.machine.clock.monotonicMs() - coordinator.lastTickMs();
      const view = coordinator.view();
      return {
        worker: parts.worker,
        state,
        reached: coordinator.reached(),
        settled: view.settled,
        shards: shardStatus(parts, view, readers),
        leases: view.rows,
        inFlightBytes: parts.budget.used(),
        loops: state === 'running' || state === 'draining' ? [{ name: 'leases', idleMs, limitMs: tickLimitMs }] : [],
      };
    },
  };
}
