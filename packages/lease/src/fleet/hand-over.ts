// The asking side of a hand-over: waits until the holder has transferred the lease, then accepts it; gives up after a while,
// and never forces anybody. What the holder does is in `held-lease.ts`.
import { isHeldBy, validRequest } from '../rows/marks.ts';
import type { Identity, Lease } from '../types.ts';
import { type FleetTools, isRetryable, sendOnce, unlessBroken } from './operations.ts';
import type { Won } from './take-lease.ts';

const minPollMs = 500;
const maxPollMs = 4000;
/** Leases waited for at once, beyond which each is looked at less often. */
const closelyWatched = 64;
/** A holder that has not transferred by then is left alone; its own limit is 25 s. */
export const handOverLimitMs = 30_000;

export type HandOver =
  | { readonly kind: 'won'; readonly won: Won }
  /** The holder kept it: do not ask again soon. */
  | { readonly kind: 'withdrawn' }
  /** The request is gone with its holder, or this worker stops. */
  | { readonly kind: 'over' };

export interface HandOverSignals {
  /** Withdraw the request. What was transferred meanwhile is won all the same: whoever leaves gives it back. */
  readonly leave: AbortSignal;
  /** Drop everything. */
  readonly halt: AbortSignal;
}

function stands(row: Lease | undefined, me: Identity): 'mine' | 'asked' | 'gone' {
  if (row === undefined) return 'gone';
  if (isHeldBy(row, me)) return 'mine';
  return validRequest(row)?.nextHolder === me.incarnation ? 'asked' : 'gone';
}

async function accept(row: Lease, from: string | undefined, tools: FleetTools, halt: AbortSignal): Promise<HandOver | undefined> {
  const firstSendMs = tools.machine.clock.monotonicMs();
  const written = await sendOnce(tools, 'accept', row.key, () => tools.store.accept(row, tools.identity, halt));
  return written.outcome === 'applied' ? { kind: 'won', won: { lease: written.lease, firstSendMs, from } } : undefined;
}

/** One look at the row and what follows from it; undefined: look again. */
async function step(asked: Lease, late: boolean, tools: FleetTools, { leave, halt }: HandOverSignals): Promise<HandOver | undefined> {
  const { store, identity } = tools;
  const row = await unlessBroken(store.read(asked.key, halt));
  const standing = stands(row, identity);
  if (row === undefined || standing === 'gone') return { kind: 'over' };
  if (standing === 'mine') return await accept(row, asked.owner, tools, halt);
  if (!late && !leave.aborted) return undefined;
  const written = await sendOnce(tools, 'cancel', row.key, () => store.cancel(row, identity, halt));
  // Transferred in the meantime: to find no request is a success, and the next look finds the lease ours.
  return written.outcome === 'applied' && !isHeldBy(written.lease, identity) ? { kind: 'withdrawn' } : undefined;
}

/** Call it with the row as the request left it. `waitedFor`: leases asked for and not won yet. Throws what the store throws for good. */
export async function awaitHandOver(asked: Lease, tools: FleetTools, signals: HandOverSignals, waitedFor: () => number): Promise<HandOver> {
  const { clock, timers } = tools.machine;
  const deadlineMs = clock.monotonicMs() + handOverLimitMs;
  while (!signals.halt.aborted) {
    const pollMs = Math.min(maxPollMs, minPollMs * Math.max(1, waitedFor() / closelyWatched));
    await timers.sleep(pollMs, signals.leave.aborted ? signals.halt : signals.leave).catch(() => undefined);
    if (signals.halt.aborted) break;
    try {
      const outcome = await step(asked, clock.monotonicMs() >= deadlineMs, tools, signals);
      if (outcome !== undefined) return outcome;
    } catch (error) {
      if (!isRetryable(error) && !signals.halt.aborted) throw error;
    }
  }
  return { kind: 'over' };
}
