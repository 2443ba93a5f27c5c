// Wakes the other workers when leases can be taken: given back on a stop, or born at the end of a shard. Nothing waits for it:
// they would come by themselves, only later.
import { type Member, tableKeys } from './member.ts';

/** What is freed within this time is told together. */
const gatherMs = 200;
/** A key is told for so long, in case one of the others missed a ring. */
const toldForMs = 3000;
/** More than that the bell does not name; a row of so many keys is still small. */
const maxNamed = 256;

/** Never throws: a failure is counted and forgotten. */
async function ring(member: Member, signal: AbortSignal): Promise<void> {
  const { tools, freed } = member;
  const keys = tableKeys(member);
  const [smallest] = keys;
  if (smallest === undefined) return;
  const tell = (outcome: 'applied' | 'failed') => tools.onEvent({ kind: 'lease-operation', operation: 'ring', outcome, key: smallest });
  const named = freed.size > maxNamed ? undefined : [...freed.keys()];
  await tools.store.ring(keys, named, signal).then(
    () => tell('applied'),
    () => tell('failed'),
  );
}

/** These leases can be taken now: the others hear of it soon, together with what else is freed meanwhile. */
export function free(member: Member, keys: readonly string[]): void {
  const { clock, timers } = member.tools.machine;
  const nowMs = clock.monotonicMs();
  for (const [key, sinceMs] of member.freed) if (nowMs - sinceMs > toldForMs) member.freed.delete(key);
  for (const key of keys) member.freed.set(key, nowMs);
  member.cancelRing ??= timers.after(gatherMs, () => {
    member.cancelRing = undefined;
    void ring(member, member.halt.signal);
  });
}

/** Rings at once if anything is still to be told; resolves when it is, or after the time. */
export async function ringLast(member: Member, timeoutMs: number): Promise<void> {
  if (member.cancelRing === undefined) return;
  member.cancelRing();
  member.cancelRing = undefined;
  const late = new AbortController();
  const cancel = member.tools.machine.timers.after(timeoutMs, () => late.abort());
  await ring(member, late.signal);
  cancel();
}
