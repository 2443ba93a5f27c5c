// Writes a plan into the lease table, one conditional write after the other. What is to be moved was decided before; a row that changed since
// ends it.
import { type Identity, type Lease, LeaseError, type LeaseStore, type Machine } from '@shardfold/lease';
import { retryDelayMs } from '../retry.ts';
import type { Move, MovePlan } from './plan.ts';
import { giveFree } from './stand-still.ts';
import { standsAt, type Target } from './target.ts';

export interface WriteParts {
  readonly store: LeaseStore;
  readonly machine: Machine;
  readonly me: Identity;
}

/** What the environment broke is tried so often. */
const triesMax = 4;

/** Every write of the lease table may be repeated: its condition tells whether it has landed. */
export async function insist<T>({ timers, random }: Pick<Machine, 'timers' | 'random'>, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || !(error instanceof LeaseError) || !error.retryable || attempt >= triesMax) throw error;
      await timers.sleep(retryDelayMs(attempt, random.number()), signal);
    }
  }
}

/** Undefined: the row is not as it was supposed to be. */
async function moveLease({ store, machine, me }: WriteParts, row: Lease, to: Target, signal: AbortSignal): Promise<Lease | undefined> {
  if (to.kind !== 'latest' || to.sinceMs === undefined) {
    const moved = await insist(machine, signal, () => store.rewind(row, to.kind === 'latest' ? { kind: 'latest' } : to, signal));
    return moved.outcome === 'applied' ? moved.lease : undefined;
  }
  // Only a holder may say until when a shard was read.
  const { sinceMs } = to;
  const taken = await insist(machine, signal, () => store.take(row, me, {}, signal));
  if (taken.outcome !== 'applied') return undefined;
  const given = await insist(machine, signal, () => store.release(taken.lease, me, { kind: 'latest' }, { readMs: sinceMs }, signal));
  return given.outcome === 'applied' ? given.lease : undefined;
}

async function make(parts: WriteParts, { made, to }: Move, signal: AbortSignal): Promise<Lease | undefined> {
  if (made === undefined) return undefined;
  // Until it is moved to its moment, the latest would be another.
  const position =
    to.kind === 'latest' && to.sinceMs !== undefined ? ({ kind: 'trim-horizon' } as const) : to.kind === 'latest' ? ({ kind: 'latest' } as const) : to;
  const { outcome, ...created } = await insist(parts.machine, signal, () => parts.store.create({ ...made, position }, signal));
  const lease = 'lease' in created ? created.lease : undefined;
  // Somebody else's row that was there first is no success.
  if (outcome !== 'applied' || lease === undefined || lease.counter !== 0n || lease.owner !== undefined || !standsAt(lease, position)) return undefined;
  return standsAt(lease, to) ? lease : moveLease(parts, lease, to, signal);
}

async function moveOne(parts: WriteParts, move: Move, signal: AbortSignal): Promise<Lease | undefined> {
  const { lease, to } = move;
  if (lease === undefined) return make(parts, move, signal);
  const free = await insist(parts.machine, signal, () => giveFree(parts.store, parts.me, lease, signal));
  return free === undefined ? undefined : moveLease(parts, free, to, signal);
}

function overtaken(key: string, moved: number, all: number): LeaseError {
  const done = moved === 0 ? 'Nothing was moved' : `${moved} of ${all} leases were moved, this one and those after it were not`;
  return new LeaseError(
    'HELD_BY_OTHERS',
    `The lease '${key}' was changed by somebody else meanwhile. ${done}. Stop every worker of the fleet, and run the same command again: it goes on from there.`,
  );
}

/** Throws HELD_BY_OTHERS when a row is not as the plan found it, and what the store throws; what was moved by then stays so. */
export async function carryOut(parts: WriteParts, { moves }: Pick<MovePlan, 'moves'>, onMoved: (done: number) => void, signal: AbortSignal): Promise<void> {
  let done = 0;
  for (const move of moves) {
    if ((await moveOne(parts, move, signal)) === undefined) throw overtaken(move.key, done, moves.length);
    done += 1;
    onMoved(done);
  }
}
