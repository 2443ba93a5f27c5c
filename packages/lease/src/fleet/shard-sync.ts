// Creates the leases that the stream's listing shows to be missing, at the start and from time to time. Which ones, is
// `shard-graph.ts`.
import { type Member, nudge, ownRows, reachTable } from './member.ts';
import { isRetryable, sendOnce } from './operations.ts';
import { missingLeases } from './shard-graph.ts';

const intervalJitter = 0.1;
/** After a creation that the table did not answer. */
const retryAfterMs = 1000;

/** One sync. Every member does it; the condition of a creation lets one win. Throws what `listShards` throws. */
async function syncOnce(member: Member): Promise<void> {
  const { options, tools } = member;
  const listing = await options.listShards(member.quiet.signal);
  const all = await reachTable(member, (signal) => tools.store.list({ consistent: true }, signal));
  if (all === undefined) return;
  member.parents = new Map(listing.map((shard) => [shard.shardId, shard.parents]));
  const missing = missingLeases({ ...options, listing, rows: ownRows(member, all) });
  for (const lease of missing) {
    if (member.quiet.signal.aborted) return;
    await sendOnce(tools, 'create', lease.key, () => tools.store.create(lease, member.halt.signal));
  }
  if (missing.length > 0) nudge(member);
}

/** Until a stop is asked for; `onFirst` once every lease exists that the first listing asks for. */
export async function syncUntilQuiet(member: Member, onFirst: () => void): Promise<void> {
  const { timers, random } = member.tools.machine;
  const { signal } = member.quiet;
  while (!signal.aborted) {
    try {
      await syncOnce(member);
      onFirst();
      await timers.sleep(member.options.shardSyncIntervalMs * (1 - intervalJitter * random.number()), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!isRetryable(error)) throw error;
      await timers.sleep(retryAfterMs, signal).catch(() => undefined);
    }
  }
}
