// Keeps this member out of the way of a live KCL 3.x leader: watches before the first take, and looks again from time to time
// while it runs. What the marks mean is `peers.ts`.
import { LeaseError } from '../errors.ts';
import { peersText } from '../rows/peers.ts';
import type { PeerState } from '../types.ts';
import { type Member, moveTo, reachTable, tableKeys } from './member.ts';
import { isRetryable } from './operations.ts';
import { defaultPeersTimes, firstLook, nextLook, type PeersSight, type PeersTimes, type PeersWatch, type SignOfLife, watchOf } from './peers.ts';

/** Between looks before the first take; a leader's heart beats every 30 s. */
const watchPollMs = 3000;

function timesOf(member: Member): PeersTimes {
  return member.options.peers ?? defaultPeersTimes;
}

/** Everything that the fleet left. Undefined: a stop came first. */
async function look(member: Member): Promise<PeersSight | undefined> {
  const { store, machine } = member.tools;
  return reachTable(member, async (signal) => {
    const askedMs = machine.clock.monotonicMs();
    const peers = await store.peers(signal);
    return { peers, askedMs, answeredMs: machine.clock.monotonicMs() };
  });
}

function moved(sign: SignOfLife): string {
  switch (sign.kind) {
    case 'leader':
      return `its leader '${sign.worker}' has just renewed its lock`;
    case 'worker':
      return `its worker '${sign.worker}' has just published its load`;
    case 'mode':
      return `its mode has just become ${sign.mode}`;
  }
}

function refusal(sign: SignOfLife, { forMs }: PeersWatch): LeaseError {
  return new LeaseError(
    'HELD_BY_OTHERS',
    `A fleet of the Java KCL 3.x is at work on this lease table: ${moved(sign)}. Its leader would give our leases to its own workers, so this worker takes nothing and ends. To hand over, stop every Java worker, wait until they are gone, and start again: it then makes sure for at most ${Math.ceil(forMs / 1000)} s that nothing moves; \`shardfold leases adopt\` spares that wait.`,
  );
}

/** So that later starts need not watch these marks again; a start whose note was lost watches once more. */
async function vouch(member: Member, peers: PeerState): Promise<void> {
  const { store, onEvent } = member.tools;
  const keys = tableKeys(member);
  const [key] = keys.toSorted();
  if (key === undefined) return;
  try {
    await store.vouch(keys, peersText(peers), member.halt.signal);
    onEvent({ kind: 'lease-operation', operation: 'vouch', outcome: 'applied', key });
  } catch (error) {
    onEvent({ kind: 'lease-operation', operation: 'vouch', outcome: 'failed', key });
    if (!isRetryable(error)) throw error;
  }
}

async function sleep(member: Member, forMs: number): Promise<void> {
  await member.tools.machine.timers.sleep(forMs, member.quiet.signal).catch(() => undefined);
}

function beginWatch(member: Member, watch: PeersWatch): void {
  moveTo(member, 'watching');
  member.tools.onEvent({ kind: 'peers-watched', peers: watch.peers, forMs: watch.forMs });
}

/**
 * Resolves with what a KCL 3.x fleet left once it may be taken for dead; undefined: a stop came first. The table must have
 * been read. Throws LeaseError HELD_BY_OTHERS when a live leader shows itself.
 */
export async function watchPeers(member: Member): Promise<PeersSight | undefined> {
  const times = timesOf(member);
  const first = await look(member);
  if (first === undefined) return undefined;
  const text = peersText(first.peers);
  let verdict = firstLook(
    first,
    member.table.leases.some((row) => row.peersSeen === text),
    times,
  );
  if (verdict.kind !== 'watch') return first;
  let { watch } = verdict;
  beginWatch(member, watch);
  for (;;) {
    await sleep(member, watchPollMs);
    const sight = await look(member);
    if (sight === undefined) return undefined;
    verdict = nextLook(watch, sight, times);
    if (verdict.kind === 'alive') throw refusal(verdict.sign, watch);
    if (verdict.kind === 'none') {
      await vouch(member, sight.peers);
      return sight;
    }
    if (verdict.watch !== watch) beginWatch(member, verdict.watch);
    watch = verdict.watch;
  }
}

/** The lock and the mode, which a live leader moves: what the workers publish would cost a scan. */
async function glance(member: Member): Promise<PeersSight | undefined> {
  const { store, machine } = member.tools;
  const askedMs = machine.clock.monotonicMs();
  try {
    const peers = await store.peers(member.quiet.signal, { metrics: false });
    return { peers, askedMs, answeredMs: machine.clock.monotonicMs() };
  } catch (error) {
    // The ticks say that the table does not answer.
    if (isRetryable(error)) return undefined;
    throw error;
  }
}

/** Until a stop is asked for: restrains the member while a 3.x leader is at work, from what was `seen` at the start on. */
export async function keepWatchingPeers(member: Member, seen: PeersSight): Promise<void> {
  const times = timesOf(member);
  const { onEvent } = member.tools;
  let watch = watchOf(seen, times);
  while (!member.quiet.signal.aborted) {
    await sleep(member, times.recheckMs);
    const sight = await glance(member);
    if (sight === undefined) continue;
    const verdict = nextLook(watch, sight, times);
    watch = verdict.kind === 'watch' ? verdict.watch : watchOf(sight, times);
    if (verdict.kind === 'alive' && member.state === 'working') {
      moveTo(member, 'restrained');
      onEvent({ kind: 'peers-appeared', peers: sight.peers });
    }
    if (verdict.kind === 'none' && member.state === 'restrained') {
      moveTo(member, 'working');
      onEvent({ kind: 'peers-gone' });
    }
  }
}
