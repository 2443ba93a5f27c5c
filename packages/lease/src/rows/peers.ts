// Reads what a KCL 3.x fleet leaves beside the leases: its leader's lock, its mode, its workers' load. Whether that fleet lives is
// decided elsewhere. Pure.
import { createHash } from 'node:crypto';
import type { PeerState } from '../types.ts';
import { leaseKeyName } from './attributes.ts';
import type { Item } from './decode.ts';

/** Keys of the two items, in the lease table and in the side table. */
export const lockKey = 'Leader';
export const modeKey = 'Migration3.0';

/** The side tables of KCL 3.0 to 3.4: what follows the application's name, and their only key. */
export const coordinatorTable = { suffix: '-CoordinatorState', keyName: 'key' } as const;
export const metricsTable = { suffix: '-WorkerMetricStats', keyName: 'wid' } as const;

/** Value of `entityType` in a lease table's item about a worker's load. */
export const metricsEntity = 'WORKER_METRIC_STATS';

type Lock = NonNullable<PeerState['leader']>;

/** A lock that says it was released is nobody's. The duration is text, in milliseconds; NaN when it is no number. */
function lockIn(item: Item | undefined): Lock | undefined {
  if (item === undefined || item.isReleased !== undefined) return undefined;
  return { owner: item.ownerName?.S ?? '', beat: item.recordVersionNumber?.S ?? '', leaseDurationMs: Number(item.leaseDuration?.S ?? Number.NaN) };
}

/**
 * While a fleet moves its items into the lease table either place may be the living one and the other a leftover; a beat of both
 * shows every movement.
 */
function bothBeats(first: string, second: string): string {
  return `${first} ${second}`;
}

/** `beside` names the owner: during the move the lock stays in the old place. */
function lock(beside: Lock | undefined, within: Lock | undefined): Lock | undefined {
  if (beside === undefined || within === undefined) return beside ?? within;
  return { owner: beside.owner, beat: bothBeats(beside.beat, within.beat), leaseDurationMs: Math.max(beside.leaseDurationMs, within.leaseDurationMs) };
}

function loads(items: readonly Item[]): PeerState['metrics'] {
  const beats = new Map<string, string>();
  const note = (worker: string, item: Item): void => {
    const beat = item.lut?.N ?? '';
    const known = beats.get(worker);
    beats.set(worker, known === undefined ? beat : bothBeats(known, beat));
  };
  for (const item of items) {
    const worker = item[metricsTable.keyName]?.S;
    if (worker !== undefined) note(worker, item);
  }
  for (const item of items) {
    const worker = item[leaseKeyName]?.S;
    if (worker !== undefined && item.entityType?.S === metricsEntity) note(worker, item);
  }
  return [...beats].map(([worker, beat]) => ({ worker, beat })).sort((a, b) => (a.worker < b.worker ? -1 : 1));
}

/** `items`: of the lease table and of the side tables in any order; their key says where they come from. The rest is ignored. */
export function decodePeers(items: readonly Item[]): PeerState {
  const itemAt = (keyName: string, key: string): Item | undefined => items.find((item) => item[keyName]?.S === key);
  const leader = lock(lockIn(itemAt(coordinatorTable.keyName, lockKey)), lockIn(itemAt(leaseKeyName, lockKey)));
  const mode = (itemAt(coordinatorTable.keyName, modeKey) ?? itemAt(leaseKeyName, modeKey))?.cv?.S;
  return { ...(leader === undefined ? {} : { leader }), ...(mode === undefined ? {} : { mode }), metrics: loads(items) };
}

/** 32 hex digits, the same exactly for equal states: short enough to lie in a lease row that is written all day. */
export function peersText({ leader, mode, metrics }: PeerState): string {
  const canonical = [
    leader === undefined ? null : [leader.owner, leader.beat, leader.leaseDurationMs],
    mode ?? null,
    metrics.map(({ worker, beat }) => [worker, beat]),
  ];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex').slice(0, 32);
}
