// One held lease as the row stands: its writes one after the other, each judged, and the fence by this process's own clock.
// It does not know what the writes are for.
import { LeaseError } from '../errors.ts';
import { isBeingReassigned, isHeldBy } from '../rows/marks.ts';
import type { Lease, Written } from '../types.ts';
import { type FleetTools, isRetryable, isRowBroken, sendUntilAnswered } from './operations.ts';

/** Writes of one lease that may wait for their turn. */
const maxWaitingWrites = 16;
/** How often one write is sent anew after its condition failed although the lease is still ours. */
const maxRestatements = 3;

export type Ending = 'released' | 'finished' | 'lost' | 'abandoned';
export type LossReason = 'taken' | 'fenced' | 'deleted' | 'broken' | 'abandoned';

/** Changed by the functions of this file only. */
export interface Hold {
  readonly tools: FleetTools;
  readonly key: string;
  readonly lost: AbortController;
  /** Aborted however the holding ends. */
  readonly over: AbortController;
  readonly ended: PromiseWithResolvers<Ending>;
  lease: Lease;
  /** First send of the last write known applied. */
  lastSendMs: number;
  tail: Promise<unknown>;
  waiting: number;
  cancelFence: () => void;
}

/** Starts holding. `firstSendMs`: when the take or accept that left `lease` was first sent. */
export function startHold(lease: Lease, firstSendMs: number, tools: FleetTools): Hold {
  const hold: Hold = {
    tools,
    key: lease.key,
    lost: new AbortController(),
    over: new AbortController(),
    ended: Promise.withResolvers<Ending>(),
    lease,
    lastSendMs: firstSendMs,
    tail: Promise.resolve(),
    waiting: 0,
    cancelFence: () => undefined,
  };
  armFence(hold);
  return hold;
}

function validUntilMs(hold: Hold): number {
  return hold.lastSendMs + hold.tools.times.fenceMs;
}

function lostError(hold: Hold, why: string): LeaseError {
  return new LeaseError('LEASE_LOST', `The lease ${hold.key} is gone: ${why}. Its reader stops; whoever holds it next goes on from the saved position.`);
}

const lossText: Record<LossReason, string> = {
  taken: 'another worker has it now',
  fenced: 'no write to the lease table was answered in time',
  deleted: 'its row does not exist any more',
  broken: 'its row cannot be read any more',
  abandoned: 'this worker stops without waiting any longer',
};

export function endHold(hold: Hold, ending: Ending): void {
  if (hold.over.signal.aborted) return;
  hold.cancelFence();
  if (ending === 'abandoned') {
    hold.lost.abort(lostError(hold, lossText.abandoned));
    hold.tools.onEvent({ kind: 'lease-lost', key: hold.key, reason: 'abandoned' });
  }
  hold.over.abort(lostError(hold, 'this worker has given it back'));
  hold.ended.resolve(ending);
}

/** Ends the holding if it has not ended, and answers with the reason why nothing may be written. */
function lose(hold: Hold, reason: LossReason): unknown {
  if (!hold.over.signal.aborted) {
    hold.lost.abort(lostError(hold, lossText[reason]));
    endHold(hold, 'lost');
    hold.tools.onEvent({ kind: 'lease-lost', key: hold.key, reason });
  }
  return hold.lost.signal.aborted ? hold.lost.signal.reason : hold.over.signal.reason;
}

/** Throws LEASE_LOST when nothing may be written any more. */
export function assertValid(hold: Hold): void {
  if (hold.over.signal.aborted || hold.tools.machine.clock.monotonicMs() >= validUntilMs(hold)) throw lose(hold, 'fenced');
}

function armFence(hold: Hold): void {
  const { clock, timers } = hold.tools.machine;
  hold.cancelFence();
  hold.cancelFence = timers.after(Math.max(1, validUntilMs(hold) - clock.monotonicMs()), () => {
    if (clock.monotonicMs() >= validUntilMs(hold)) lose(hold, 'fenced');
    else armFence(hold);
  });
}

/** Runs `job` when all writes before it are answered. Rejects with a retryable TABLE_THROTTLED when too many wait. */
export async function inTurn<T>(hold: Hold, job: () => Promise<T>): Promise<T> {
  if (hold.waiting >= maxWaitingWrites) {
    throw new LeaseError(
      'TABLE_THROTTLED',
      `${hold.waiting} writes wait for the lease ${hold.key} already; this one was not sent. Try it again when they are done.`,
      {
        retryable: true,
      },
    );
  }
  hold.waiting += 1;
  const turn = hold.tail.then(job);
  hold.tail = turn.catch(() => undefined);
  try {
    return await turn;
  } finally {
    hold.waiting -= 1;
  }
}

/** Sends until answered or fenced. For writes that do not touch the held row, too. */
export async function answered(hold: Hold, operation: string, key: string, send: (signal: AbortSignal) => Promise<Written>): Promise<Written> {
  const write = { operation, key, deadlineMs: validUntilMs(hold), signal: hold.over.signal };
  const guarded = (): Promise<Written> => {
    assertValid(hold);
    return send(hold.over.signal);
  };
  try {
    const written = await sendUntilAnswered(hold.tools, write, guarded);
    assertValid(hold);
    return written;
  } catch (error) {
    if (isRowBroken(error)) throw lose(hold, 'broken');
    throw hold.over.signal.aborted || isRetryable(error) ? lose(hold, 'fenced') : error;
  }
}

/** What a failed condition means for the holder (lease-protocol part 3). */
function judge(hold: Hold, current: Lease): 'landed' | 'refused' | 'taken' {
  const me = hold.tools.identity;
  if (!isHeldBy(current, me) && !isBeingReassigned(current, me)) return 'taken';
  if (current.counter === hold.lease.counter) return 'refused';
  // Only this incarnation writes a row of its own: what moved the counter were attempts whose answers were lost.
  return current.counter > hold.lease.counter ? 'landed' : 'taken';
}

export interface Allowance {
  /** Answers `refused` when the lease is still ours and another clause of the condition failed. */
  readonly mayRefuse?: boolean;
  /** Incarnation that the write makes the holder: to find it there is a success, also when it has written since. */
  readonly heir?: string;
}

/**
 * One write of the holder. Call it `inTurn`. Throws LEASE_LOST, and what the store throws for good.
 */
export async function writeHeld(
  hold: Hold,
  operation: string,
  send: (lease: Lease, signal: AbortSignal) => Promise<Written>,
  allowance: Allowance = {},
): Promise<'applied' | 'refused'> {
  for (let restated = 0; ; restated += 1) {
    assertValid(hold);
    const before = hold.lease;
    const firstSendMs = hold.tools.machine.clock.monotonicMs();
    const written = await answered(hold, operation, hold.key, (signal) => send(before, signal));
    if (written.outcome === 'applied') {
      hold.lease = written.lease;
      hold.lastSendMs = firstSendMs;
      assertValid(hold);
      armFence(hold);
      return 'applied';
    }
    if (written.current === undefined) throw lose(hold, 'deleted');
    if (allowance.heir !== undefined && written.current.holder === allowance.heir) {
      hold.lease = written.current;
      return 'applied';
    }
    const verdict = judge(hold, written.current);
    if (verdict === 'taken' || restated >= maxRestatements) throw lose(hold, 'taken');
    // Adopted without prolonging the fence: when the attempt that landed was sent is not known for sure.
    hold.lease = written.current;
    if (verdict === 'refused' && allowance.mayRefuse === true) return 'refused';
  }
}
