// The fleet's shards as the lease table shows them, with what this worker knows of its own: how late each is, since when nobody has
// it. It judges nothing.
import type { Clock, ConsumerStatus, Lease, ShardStatus } from '@shardfold/consumer';
import { maskText } from '../config/secrets.ts';
import type { ShardView, ShardViewState } from '../http/page/browser/wire.ts';
import type { WorkerEvent } from '../observe/events.ts';
import { createRate, type Rate } from './rate.ts';
import { positionText } from './words.ts';

/** What the last look left of a lease. */
interface Seen {
  readonly counter: bigint | undefined;
  /** How old its position was when the counter was last seen to move. */
  readonly ageMs: number | null;
  /** Monotonic. */
  readonly unownedSinceMs: number | undefined;
}

export interface Fleet {
  onEvent(event: WorkerEvent, nowMs: number): void;
  /** To be asked every few seconds also when nobody looks, since it remembers when things changed. */
  views(status: ConsumerStatus): readonly ShardView[];
}

const bytesPerKiB = 1_024;

/** A shard is late from here on, or from two lease durations: so old may be what is seen of another worker's. */
const lateMs = 60_000;

export function createFleet(clock: Clock, leaseMs: number): Fleet {
  const limitMs = Math.max(lateMs, 2 * leaseMs);
  const rates = new Map<string, Rate>();
  let seen: ReadonlyMap<string, Seen> = new Map();

  function look(shard: ShardStatus, lease: Lease | undefined, waits: boolean): Seen {
    const before = seen.get(shard.shard.key);
    const counter = lease?.counter;
    const nowAgeMs = shard.readMs === undefined ? null : Math.max(0, clock.wallMs() - shard.readMs);
    const isOpen = stateOf(shard, waits) === 'unowned';
    return {
      counter,
      ageMs: shard.held || isOpen || before === undefined || before.counter !== counter ? nowAgeMs : before.ageMs,
      unownedSinceMs: isOpen ? (before?.unownedSinceMs ?? clock.monotonicMs()) : undefined,
    };
  }

  return {
    onEvent(event, nowMs) {
      if (event.kind === 'batch-fetched') {
        const rate = rates.get(event.shard.key) ?? createRate();
        rates.set(event.shard.key, rate);
        rate.add(event.records, nowMs);
      } else if (event.kind === 'shard-stopped') rates.delete(event.shard.key);
    },
    views(status) {
      const nowMs = clock.monotonicMs();
      const leases = new Map(status.leases.map((lease) => [lease.key, lease]));
      const unread = new Set(status.shards.filter(({ position }) => position.kind !== 'shard-end').map(({ shard }) => nameOf(shard.stream, shard.shardId)));
      const now = new Map<string, Seen>();
      const views = status.shards.map((shard) => {
        const lease = leases.get(shard.shard.key);
        const waits = (lease?.parents ?? []).some((parent) => unread.has(nameOf(shard.shard.stream, parent)));
        const memory = look(shard, lease, waits);
        now.set(shard.shard.key, memory);
        const perSecond = rates.get(shard.shard.key)?.perSecond(nowMs) ?? 0;
        return viewOf(shard, lease, { state: stateOf(shard, waits), memory, perSecond, nowMs, limitMs });
      });
      seen = now;
      return views;
    },
  };
}

function nameOf(stream: string, shardId: string): string {
  return `${stream} ${shardId}`;
}

function stateOf({ held, owner, unowned, state, position }: ShardStatus, waits: boolean): ShardViewState {
  if (held) return state;
  if (position.kind === 'shard-end') return 'done';
  if (unowned) return 'unowned';
  if (owner !== undefined) return 'elsewhere';
  return waits ? 'after-parents' : 'unowned';
}

/** Of a shard that is not read to its end. What is read goes to the sink at once: the position in the table follows later. */
function lagOf({ held, behindLatestMs, processingMs, lastError }: ShardStatus, ageMs: number | null): number | null {
  if (!held) return ageMs;
  const known = [behindLatestMs, processingMs, behindLatestMs === undefined || lastError !== undefined ? (ageMs ?? undefined) : undefined];
  const lags = known.filter((each) => each !== undefined);
  return lags.length === 0 ? null : Math.max(...lags);
}

interface Looked {
  readonly state: ShardViewState;
  readonly memory: Seen;
  readonly perSecond: number;
  readonly nowMs: number;
  readonly limitMs: number;
}

function viewOf(shard: ShardStatus, lease: Lease | undefined, { state, memory, perSecond, nowMs, limitMs }: Looked): ShardView {
  const { trouble, shard: ref } = shard;
  const isDone = shard.position.kind === 'shard-end';
  const lagMs = isDone ? null : lagOf(shard, memory.ageMs);
  return {
    lease: ref.key,
    shard: ref.shardId,
    stream: ref.stream,
    owner: state === 'unowned' ? null : (shard.owner ?? null),
    held: shard.held,
    state,
    stateMs: shard.stateMs ?? null,
    trouble: trouble === undefined ? null : { ...trouble, error: maskText(trouble.error) },
    position: positionText(shard.position),
    readAtMs: shard.readMs ?? null,
    ageMs: isDone ? null : memory.ageMs,
    behindLatestMs: shard.behindLatestMs ?? null,
    lagMs,
    isLate: (state === 'elsewhere' || shard.held) && (lagMs ?? 0) > limitMs,
    processingMs: shard.processingMs ?? null,
    unownedMs: memory.unownedSinceMs === undefined ? null : nowMs - memory.unownedSinceMs,
    inFlightRecords: shard.inFlightRecords,
    recordsPerSecond: perSecond,
    bytesPerSecond: lease?.throughputKBps === undefined ? null : lease.throughputKBps * bytesPerKiB,
    counter: lease === undefined ? null : String(lease.counter),
    parents: lease?.parents ?? [],
    children: lease?.children ?? [],
    hashRange: ref.hashRange ?? null,
    lastError: shard.lastError === undefined ? null : maskText(shard.lastError),
  };
}
