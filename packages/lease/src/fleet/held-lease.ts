// Keeps one lease that this process holds: renews it, writes its position, hears who asks for it, and fences itself by its own
// clock. It plans nothing and never takes a lease back.
import { LeaseError } from '../errors.ts';
import type { ChildShard, HeldLease, Lease, Position, Written } from '../types.ts';
import { type FleetTools, isRetryable, sendOnce, sendUntilAnswered } from './operations.ts';
import { isHeldBy, validRequest } from './ownership.ts';
import { childLeases, type LeaseNames } from './shard-graph.ts';
import { addBytes, measure, startThroughput } from './throughput.ts';

/** Writes of one lease that may wait for their turn. */
const maxWaitingWrites = 16;
/** How often one write is sent anew after a condition failed although the lease is still ours. */
const maxRestatements = 3;

export type Ending = 'released' | 'finished' | 'lost' | 'abandoned';

export interface HoldOptions extends LeaseNames {
  /** As the take or the accept left it. */
  readonly lease: Lease;
  /** When that write was first sent. */
  readonly firstSendMs: number;
  /** Lease keys of the table, for the bell. */
  readonly keys: () => readonly string[];
  /** Somebody asked for this lease. */
  readonly onAsked: () => void;
  /** The renewals met what no repetition mends. */
  readonly onBroken: (error: unknown) => void;
}

export interface HeldControl {
  readonly held: HeldLease;
  readonly ended: Promise<Ending>;
  askToDrain(): void;
  /** Stops the reader and writes nothing more; the row stays as it is and expires. */
  abandon(): void;
}

type Reason = 'taken' | 'fenced' | 'deleted';
const lossText: Record<Reason, string> = {
  taken: 'another worker has it now',
  fenced: 'no write to the lease table was answered in time',
  deleted: 'its row is gone',
};

/** What a failed condition means for the holder (lease-protocol part 3). */
function judge(before: Lease, current: Lease | undefined, tools: FleetTools): 'landed' | 'refused' | Reason {
  if (current === undefined) return 'deleted';
  if (!isHeldBy(current, tools.identity)) return 'taken';
  if (current.counter === before.counter) return 'refused';
  return current.counter === before.counter + 1n ? 'landed' : 'taken';
}

/** Starts holding. The caller has checked that `firstSendMs` lies within the fence. */
export function holdLease(options: HoldOptions, tools: FleetTools): HeldControl {
  const { store, identity: me, times, onEvent } = tools;
  const { clock, timers, random } = tools.machine;
  const lost = new AbortController();
  const drain = new AbortController();
  const over = new AbortController();
  const ended = Promise.withResolvers<Ending>();
  const key = options.lease.key;
  let lease = options.lease;
  let lastSendMs = options.firstSendMs;
  let validUntilMs = options.firstSendMs + times.fenceMs;
  let throughput = startThroughput(options.firstSendMs);
  let waiting = 0;
  let tail: Promise<unknown> = Promise.resolve();
  let cancelFence = (): void => undefined;

  const lostError = (why: string): LeaseError =>
    new LeaseError('LEASE_LOST', `The lease of shard ${lease.shardId} is gone: ${why}. Its reader stops; whoever holds it goes on from the saved position.`);

  const end = (ending: Ending): void => {
    if (over.signal.aborted) return;
    cancelFence();
    over.abort(lostError('this worker has given it back'));
    ended.resolve(ending);
  };
  const lose = (reason: Reason): LeaseError => {
    const error = lostError(lossText[reason]);
    if (over.signal.aborted) return error;
    lost.abort(error);
    end('lost');
    onEvent({ kind: 'lease-lost', key, reason });
    return error;
  };
  /** Throws when nothing may be written any more. */
  const assertValid = (): void => {
    if (lost.signal.aborted) throw lost.signal.reason;
    over.signal.throwIfAborted();
    if (clock.monotonicMs() >= validUntilMs) throw lose('fenced');
  };
  const armFence = (): void => {
    cancelFence();
    cancelFence = timers.after(Math.max(1, validUntilMs - clock.monotonicMs()), () => {
      if (clock.monotonicMs() >= validUntilMs) lose('fenced');
      else armFence();
    });
  };
  const askToDrain = (): void => drain.abort(new Error(`The reader of shard ${lease.shardId} shall finish what it has and release its lease.`));
  const hear = (): void => {
    if (validRequest(lease) === undefined || drain.signal.aborted) return;
    askToDrain();
    options.onAsked();
  };

  const inTurn = async <T>(job: () => Promise<T>): Promise<T> => {
    if (waiting >= maxWaitingWrites) {
      throw new LeaseError('TABLE_THROTTLED', `${waiting} writes wait for the lease of shard ${lease.shardId} already; this one is left out. Try again.`, { retryable: true });
    }
    waiting += 1;
    const turn = tail.then(job);
    tail = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      waiting -= 1;
    }
  };
  const answer = async (operation: string, send: () => Promise<Written>): Promise<Written> => {
    const guarded = (): Promise<Written> => {
      assertValid();
      return send();
    };
    try {
      assertValid();
      return await sendUntilAnswered(tools, { operation, key, deadlineMs: () => validUntilMs, signal: over.signal }, guarded);
    } catch (error) {
      if (lost.signal.aborted) throw lost.signal.reason;
      // No time is left to ask again, so nothing more is written; the reader learns it now rather than at the fence.
      throw isRetryable(error) ? lose('fenced') : error;
    }
  };
  /** Sends one write of the holder. `refused`: ours still, but another clause of its condition failed. */
  const write = async (operation: string, send: (lease: Lease) => Promise<Written>): Promise<'applied' | 'refused'> => {
    for (let restated = 0; ; restated += 1) {
      const before = lease;
      assertValid();
      const firstSendMs = clock.monotonicMs();
      const written = await answer(operation, () => send(before));
      assertValid();
      if (written.outcome === 'applied') {
        lease = written.lease;
        lastSendMs = firstSendMs;
        validUntilMs = firstSendMs + times.fenceMs;
        assertValid();
        armFence();
        return 'applied';
      }
      const verdict = judge(before, written.current, tools);
      if (written.current === undefined || (verdict !== 'landed' && verdict !== 'refused')) throw lose(verdict === 'deleted' ? 'deleted' : 'taken');
      lease = written.current;
      if (verdict === 'refused' && operation === 'transfer') return 'refused';
      if (restated >= maxRestatements) throw lose('taken');
    }
  };
  const measured = (): { readonly throughputKBps?: number } => {
    throughput = measure(throughput, clock.monotonicMs());
    return throughput.kbps === undefined ? {} : { throughputKBps: throughput.kbps };
  };
  return undefined as never;
}
