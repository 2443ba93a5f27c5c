// Wakes the other workers when leases can be taken: given back on a stop, or born at the end of a shard. Nothing waits for it:
// they would come by themselves, only later.
import { isHeldBy } from '../rows/marks.ts';
import { smallTableBytes } from './cadence.ts';
import { type Member, tableKeys, track } from './member.ts';

/** What is freed within this time is told together. */
const gatherMs = 200;
/** Between two rings of one worker, so that others who look once a second hear each of them. */
const spacingMs = 1100;
/** More than that the bell does not name, and nothing where all is read anyway: the names make a row that is renewed all day larger. */
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
  const short = member.table.bytes > smallTableBytes && named.length <= maxNamed;
  await tools.store.ring(keys, short ? named : undefined, signal).then(
    () => tell('applied'),
    () => {
      tell('failed');
      member.rungMs = undefined;
      if (signal.aborted) for (const key of named) freed.add(key);
      else free(member, named);
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
    void track(member, () => ring(member, member.halt.signal));
  });
}

/**
 * Of two rings between two looks the first one's names are gone, and whoever hears that reads the whole table. Where all of it is read
 * anyway, or nobody else is seen, that costs nothing, and a stop need not last longer for it.
 */
function isWorthSpacing({ table, options: { identity } }: Member): boolean {
  return table.bytes > smallTableBytes && table.leases.some((row) => row.owner !== undefined && !isHeldBy(row, identity));
}

/** Rings until nothing is left to be told, or until the time is over. */
export async function ringLast(member: Member, timeoutMs: number): Promise<void> {
  const { timers } = member.tools.machine;
  const late = new AbortController();
  const cancel = timers.after(spacingMs + timeoutMs, () => late.abort());
  for (let leastMs = 0; member.freed.size > 0 && !late.signal.aborted; leastMs = gatherMs) {
    member.cancelRing?.();
    member.cancelRing = undefined;
    const forMs = isWorthSpacing(member) ? waitMs(member, leastMs) : leastMs;
    if (forMs > 0) await timers.sleep(forMs, late.signal).catch(() => undefined);
    await ring(member, late.signal);
  }
  member.cancelRing?.();
  cancel();
}
