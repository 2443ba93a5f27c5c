// Wakes the other workers when leases can be taken: given back on a stop, or born at the end of a shard. Nothing waits for it:
// they would come by themselves, only later.
import { type Member, tableKeys } from './member.ts';

/** What is freed within this time is told together. */
const gatherMs = 200;
/** Between two rings of one worker, so that others who look once a second hear each of them. */
const spacingMs = 1100;
/** More than that the bell does not name; a row of so many keys is still small. */
const maxNamed = 256;

/** Never throws: a failure is counted, and its names are told with the next ring. */
async function ring(member: Member, signal: AbortSignal): Promise<void> {
  const { tools, freed } = member;
  const keys = tableKeys(member);
  const [smallest] = keys;
  if (smallest === undefined) return;
  const named = [...freed];
  freed.clear();
  member.rungMs = tools.machine.clock.monotonicMs();
  const tell = (outcome: 'applied' | 'failed') => tools.onEvent({ kind: 'lease-operation', operation: 'ring', outcome, key: smallest });
  await tools.store.ring(keys, named.length > maxNamed ? undefined : named, signal).then(
    () => tell('applied'),
    () => {
      for (const key of named) freed.add(key);
      tell('failed');
    },
  );
}

function waitMs({ rungMs, tools }: Member, leastMs: number): number {
  return rungMs === undefined ? leastMs : Math.max(leastMs, rungMs + spacingMs - tools.machine.clock.monotonicMs());
}

/** These leases can be taken now: the others hear of it soon, together with what else is freed meanwhile. */
export function free(member: Member, keys: readonly string[]): void {
  for (const key of keys) member.freed.add(key);
  if (member.freed.size === 0) return;
  member.cancelRing ??= member.tools.machine.timers.after(waitMs(member, gatherMs), () => {
    member.cancelRing = undefined;
    void ring(member, member.halt.signal);
  });
}

/** Rings once more if anything is still to be told; resolves when it is, or after the time. */
export async function ringLast(member: Member, timeoutMs: number): Promise<void> {
  if (member.cancelRing === undefined) return;
  const { timers } = member.tools.machine;
  member.cancelRing();
  member.cancelRing = undefined;
  const waitingMs = waitMs(member, 0);
  if (waitingMs > 0) await timers.sleep(waitingMs, member.halt.signal).catch(() => undefined);
  const late = new AbortController();
  const cancel = timers.after(timeoutMs, () => late.abort());
  await ring(member, late.signal);
  cancel();
}
