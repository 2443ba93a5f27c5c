// Waits at the end of a run for what is being closed, for so long and no longer. It knows nothing of what that is.
import type { Machine } from '@shardfold/consumer';

/** After a drain, whatever it was: with what the leases take, less than the 5 s that `shutdown.grace` leaves for it. */
const goodbyeMs = 2_500;

/** Never rejects. A server that does not answer is left without a goodbye. */
export async function goodbye(closing: readonly (Promise<void> | undefined)[], { timers }: Pick<Machine, 'timers'>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancel = timers.after(goodbyeMs, late.resolve);
  await Promise.race([Promise.allSettled(closing), late.promise]);
  cancel();
}
