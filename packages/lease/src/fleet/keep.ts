// What becomes of a lease that was won: it is held, given to its reader, and missed by nobody when the holding ends.
import { free } from './bell.ts';
import { holdLease } from './held-lease.ts';
import { fail, type Member, nudge, track } from './member.ts';
import type { Won } from './take-lease.ts';

/** A lease was won: keeps it, and hands it to the reader. */
export function keep(member: Member, { lease, firstSendMs, from }: Won): void {
  const { options, tools, held } = member;
  const names = options.streams.find((stream) => stream.stream === lease.stream);
  // Answered too late: only a new take returns (lease-protocol part 5).
  if (names === undefined || member.halt.signal.aborted || tools.machine.clock.monotonicMs() >= firstSendMs + tools.times.fenceMs) return;
  const control = holdLease(
    {
      ...names,
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
  if (!member.quiet.signal.aborted) options.onHeld(control.held);
  // Won while the stop began: nobody has read from it.
  else void track(member, () => control.held.release(lease.position));
}
