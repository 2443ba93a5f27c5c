// Carries out one planned take: looks again where the plan rests on a counter that stood still or moves, then writes. It does
// not decide which lease to take.
import type { Lease } from '../types.ts';
import { type FleetTools, isRetryable, isRowBroken, sendUntilAnswered } from './operations.ts';
import { isFinished, isForeign, ownerId } from './ownership.ts';
import type { Take } from './plan.ts';

/** A lease that is ours now. */
export interface Won {
  readonly lease: Lease;
  /** When the write that won it was first sent: the fence counts from there. */
  readonly firstSendMs: number;
  /** Who had it. */
  readonly from: string | undefined;
}

/** The row as the take must find it; undefined: the plan is out of date. */
async function confirm({ lease, why }: Take, tools: FleetTools, signal: AbortSignal): Promise<Lease | undefined> {
  if (why === 'released') return lease;
  const row = await tools.store.read(lease.key, signal);
  if (row === undefined || isFinished(row) || ownerId(row) !== ownerId(lease)) return undefined;
  if (why === 'steal') return isForeign(ownerId(row) ?? '') ? row : undefined;
  return row.counter === lease.counter ? row : undefined;
}

function sourceFor({ sources }: FleetTools, row: Lease): { readonly source?: string } {
  const source = sources.get(row.stream);
  return source === undefined ? {} : { source };
}

/** Undefined: somebody was faster, or the table did not answer within the fence. Throws what the store throws for good. */
export async function takeLease(take: Take, tools: FleetTools, signal: AbortSignal): Promise<Won | undefined> {
  const { clock } = tools.machine;
  try {
    const row = await confirm(take, tools, signal);
    if (row === undefined) return undefined;
    const firstSendMs = clock.monotonicMs();
    const write = { operation: 'take', key: row.key, deadlineMs: firstSendMs + tools.times.fenceMs, signal };
    const written = await sendUntilAnswered(tools, write, () => tools.store.take(row, tools.identity, sourceFor(tools, row), signal));
    return written.outcome === 'applied' ? { lease: written.lease, firstSendMs, from: row.owner } : undefined;
  } catch (error) {
    if (isRetryable(error) || isRowBroken(error) || signal.aborted) return undefined;
    throw error;
  }
}
