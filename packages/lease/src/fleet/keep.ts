// What becomes of a lease that was won: it is held, given to its reader, and missed by nobody when the holding ends.
import { shardName } from '../streams.ts';
import { free } from './bell.ts';
import { type HeldControl, holdLease } from './held-lease.ts';
import { fail, type Member, nudge, track } from './member.ts';
import type { Won } from './take-lease.ts';

/** Lost in the meantime is as good. */
async function giveBackUnread({ held }: HeldControl): Promise<void> {
  try {
    await held.release(held.lease.position);
  } catch (error) {
    if (!held.lost.aborted) throw error;
  }
}

/** A lease was won: keeps it, and hands it to the reader. */
export function keep(member: Member, { lease, firstSendMs, from }: Won): void {
  const { options, tools, held } = member;
  const living = member.streams.get(lease.stream);
  // Answered too late: only a new take returns (lease-protocol part 5).
  if (member.halt.signal.aborted || tools.machine.clock.monotonicMs() >= firstSendMs + tools.times.fenceMs) return;
  const control = holdLease(
    {
      ...(living?.stream ?? { leaseKey: (shardId: string) => shardName(lease.stream, shardId) }),
      lease,
      firstSendMs,
      onAsked: () => nudge(member),
      onFinished(children) {
        nudge(member, children);
        free(member, children);
      },
      onBroken: (error) => fail(member, error),
    },
    tools,
  );
  held.set(lease.key, control);
  void control.ended.then((ending) => {
    held.delete(lease.key);
    nudge(member, [lease.key]);
    if (ending === 'released' && control.held.lease.owner === undefined) free(member, [lease.key]);
    member.onChange();
  });
  tools.onEvent({ kind: 'lease-taken', key: lease.key, from });
  if (living?.leave.aborted === false) options.onHeld(control.held);
  // Won while the stop began, or its stream was gone: nobody has read from it.
  else void track(member, () => giveBackUnread(control));
}
