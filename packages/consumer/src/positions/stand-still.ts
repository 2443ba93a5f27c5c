// Makes sure that leases are nobody's before they are moved: those of a worker that lives are refused, those of one that is gone are given
// free. It moves no position.
import { type Identity, type Lease, LeaseError, type LeaseStore, type Machine } from '@shardfold/lease';

export interface StillParts {
  readonly store: LeaseStore;
  readonly machine: Pick<Machine, 'clock' | 'timers'>;
  /** Of the fleet: a lease that stands still for so long is nobody's. */
  readonly durationMs: number;
  /** Some have owners; whether those live shows within so long. */
  onWait(owners: readonly string[], forMs: number): void;
}

/** A worker that lives renews its leases several times within the lease duration. */
const looksPerDuration = 8;

function held({ key, owner }: Lease): LeaseError {
  return new LeaseError(
    'HELD_BY_OTHERS',
    `The lease '${key}' is held by the worker '${owner}', which is at work. Nothing was changed. Stop that worker, or every worker of the fleet, wait until it is gone, and try again.`,
  );
}

function changed(key: string): LeaseError {
  return new LeaseError(
    'HELD_BY_OTHERS',
    `The lease '${key}' was changed by somebody else meanwhile. Nothing was changed by this command. Make sure that no worker of the fleet runs, and try again.`,
  );
}

/** Throws HELD_BY_OTHERS when the row is not as it was seen. */
function assertSame(seen: Lease, row: Lease | undefined): void {
  if (row === undefined) throw changed(seen.key);
  if (row.counter === seen.counter && row.owner === seen.owner && row.holder === seen.holder) return;
  throw row.owner === undefined ? changed(seen.key) : held(row);
}

/** What was planned holds for the table as it is now. Throws HELD_BY_OTHERS else. */
export function assertUnchanged(seen: readonly Lease[], rows: readonly Lease[]): void {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  for (const lease of seen) assertSame(lease, byKey.get(lease.key));
}

async function look({ store }: StillParts, seen: Lease, signal: AbortSignal): Promise<void> {
  assertSame(seen, await store.read(seen.key, signal));
}

async function eachOf(rows: readonly Lease[], look: (row: Lease) => Promise<void>): Promise<void> {
  for (const row of rows) await look(row);
}

/**
 * Resolves when every owner of these rows has been silent for the lease duration, or none has one. `rows`: as a consistent read showed them
 * just now. Throws HELD_BY_OTHERS as soon as one moves.
 */
export async function standStill(parts: StillParts, rows: readonly Lease[], signal: AbortSignal): Promise<void> {
  const { machine, durationMs, onWait } = parts;
  const owned = rows.filter((row) => row.owner !== undefined);
  if (owned.length === 0) return;
  const oneOfEach = [...new Map(owned.map((row) => [`${row.owner} ${row.holder}`, row])).values()];
  const seenMs = machine.clock.monotonicMs();
  onWait([...new Set(owned.flatMap((row) => row.owner ?? []))], durationMs);
  for (let at = 1; at < looksPerDuration; at += 1) {
    await sleepUntil(parts, seenMs + (durationMs * at) / looksPerDuration, signal);
    await eachOf(oneOfEach, (row) => look(parts, row, signal));
  }
  await sleepUntil(parts, seenMs + durationMs, signal);
  await eachOf(owned, (row) => look(parts, row, signal));
}

async function sleepUntil({ machine: { clock, timers } }: StillParts, monotonicMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = monotonicMs - clock.monotonicMs();
  if (waitMs > 0) await timers.sleep(waitMs, signal);
}

/** Of a lease whose owner is gone: takes it and gives it back as it was. Undefined: somebody else was faster. */
export async function giveFree(store: LeaseStore, me: Identity, row: Lease, signal: AbortSignal): Promise<Lease | undefined> {
  if (row.owner === undefined) return row;
  if (row.position.kind === 'shard-end') {
    const disowned = await store.disown(row, signal);
    return disowned.outcome === 'applied' ? disowned.lease : undefined;
  }
  const taken = await store.take(row, me, {}, signal);
  if (taken.outcome !== 'applied') return undefined;
  const { prepared } = row;
  const released = await store.release(taken.lease, me, row.position, prepared === undefined ? {} : { prepared }, signal);
  return released.outcome === 'applied' ? released.lease : undefined;
}
