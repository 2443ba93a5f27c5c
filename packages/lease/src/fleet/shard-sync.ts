// Creates the leases that a stream's listing shows to be missing, at the start and from time to time. Which ones, is
// `shard-graph.ts`.
import { type LeasedStream, rowsOf } from '../streams.ts';
import type { NewLease } from '../types.ts';
import { foreignTable } from './belongs.ts';
import { type Member, nudge, reachTable } from './member.ts';
import { isRetryable, sendOnce } from './operations.ts';
import { missingLeases } from './shard-graph.ts';

const intervalJitter = 0.1;
/** After a creation that the table did not answer. */
const retryAfterMs = 1000;
/** Creations on their way at the same time; they leave connections free for renewals. */
const maxCreationsInFlight = 16;

async function createLease(member: Member, stream: LeasedStream, missing: NewLease): Promise<void> {
  const { tools, sources } = member;
  const source = sources.get(stream.stream);
  const lease = source === undefined ? missing : { ...missing, source };
  const written = await sendOnce(tools, 'create', lease.key, () => tools.store.create(lease, member.halt.signal));
  if (written.outcome === 'stale') return;
  // Somebody else may have been faster, of a fleet that reads another stream.
  const refusal = foreignTable([written.lease], member.options.streams, sources);
  if (refusal !== undefined) throw refusal;
  tools.onEvent({ kind: 'lease-created', key: lease.key, position: lease.position });
}

async function createLeases(member: Member, stream: LeasedStream, missing: readonly NewLease[]): Promise<void> {
  const queue = [...missing];
  const work = async (): Promise<void> => {
    for (let lease = queue.shift(); lease !== undefined && !member.quiet.signal.aborted; lease = queue.shift()) await createLease(member, stream, lease);
  };
  await Promise.all(Array.from({ length: Math.min(maxCreationsInFlight, missing.length) }, work));
}

/** One sync. Every member does it; the condition of a creation lets one win. Throws what `listShards` throws. */
async function syncOnce(member: Member, stream: LeasedStream): Promise<void> {
  const listing = await stream.listShards(member.quiet.signal);
  const table = await reachTable(member, (signal) => member.tools.store.list({ consistent: true }, signal));
  if (table === undefined) return;
  member.parents.set(stream.stream, new Map(listing.map((shard) => [shard.shardId, shard.parents])));
  const missing = missingLeases({ ...stream, listing, rows: rowsOf(stream, table.leases) });
  if (member.state === 'restrained') return;
  await createLeases(member, stream, missing);
  if (missing.length > 0) nudge(member);
}

/** Until a stop is asked for. */
export async function syncUntilQuiet(member: Member, stream: LeasedStream): Promise<void> {
  const { timers, random } = member.tools.machine;
  const { signal } = member.quiet;
  while (!signal.aborted) {
    try {
      await syncOnce(member, stream);
      await timers.sleep(member.options.shardSyncIntervalMs * (1 - intervalJitter * random.number()), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!isRetryable(error)) throw error;
      await timers.sleep(retryAfterMs, signal).catch(() => undefined);
    }
  }
}
