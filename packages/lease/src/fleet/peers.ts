// Judges, from what a KCL 3.x fleet left beside the leases, whether that fleet lives (lease-protocol part 8): movement decides,
// and how long nothing moved on this process's own monotonic clock. Pure; it reads no table and compares no time of day.
import { peersText } from '../rows/peers.ts';
import type { PeerState } from '../types.ts';

/** Times of the watch, in milliseconds. */
export interface PeersTimes {
  /** How long a fleet's marks must stand still: two periods in which Java workers publish their load. */
  readonly watchMs: number;
  /** The most that a leader's lock is waited for, whatever duration it names. */
  readonly leaderMs: number;
  /** Between looks while this worker runs. */
  readonly recheckMs: number;
}

export const defaultPeersTimes: PeersTimes = { watchMs: 65_000, leaderMs: 600_000, recheckMs: 60_000 };

/** For a lock that names no duration that could be one: Java's own default. */
const usualLeaderMs = 120_000;

/** One look, on the monotonic clock: when it was asked for, and when the answer came. */
export interface PeersSight {
  readonly peers: PeerState;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** These marks were first seen at `sinceMs` and must stand still for `forMs`. */
export interface PeersWatch {
  readonly peers: PeerState;
  readonly sinceMs: number;
  readonly forMs: number;
}

/** What moved, and so was written by somebody who lives. */
export type SignOfLife =
  | { readonly kind: 'leader'; readonly worker: string }
  | { readonly kind: 'worker'; readonly worker: string }
  | { readonly kind: 'mode'; readonly mode: string };

export type PeersVerdict =
  /** Nobody is there who would hand out the leases: take part. */
  | { readonly kind: 'none' }
  /** Not known yet: take nothing, look again. */
  | { readonly kind: 'watch'; readonly watch: PeersWatch }
  /** A 3.x leader is at work, or comes. */
  | { readonly kind: 'alive'; readonly sign: SignOfLife };

/** In these modes workers of 3.x take and steal by counters as those of 2.x do, and publish their load nevertheless. */
const modesOf2x: ReadonlySet<string> = new Set(['CLIENT_VERSION_INIT', 'CLIENT_VERSION_UPGRADE_FROM_2X', 'CLIENT_VERSION_2X']);

/** A mode that nobody knows yet is taken for one of 3.x. */
function isModeOf3x(mode: string | undefined): mode is string {
  return mode !== undefined && !modesOf2x.has(mode);
}

/** What counts: in a mode of 2.x the leader's lock alone. */
function heeded(peers: PeerState): PeerState {
  return peers.mode !== undefined && modesOf2x.has(peers.mode) ? { ...peers, metrics: [] } : peers;
}

/** A leader may be behind these marks. Load without a mode or a lock is what a fleet leaves whose side table was deleted. */
function isSuspicious(peers: PeerState): boolean {
  return peers.leader !== undefined || isModeOf3x(peers.mode) || heeded(peers).metrics.length > 0;
}

function leaderMs({ leader }: PeerState, times: PeersTimes): number {
  if (leader === undefined) return 0;
  const { leaseDurationMs } = leader;
  return Math.min(times.leaderMs, Number.isFinite(leaseDurationMs) && leaseDurationMs > 0 ? leaseDurationMs : usualLeaderMs);
}

/** Begins to watch what was just seen. */
export function watchOf({ peers, answeredMs }: PeersSight, times: PeersTimes): PeersWatch {
  return { peers, sinceMs: answeredMs, forMs: Math.max(times.watchMs, leaderMs(peers, times)) };
}

/** What was written between two looks; what is gone was not. */
function signOfLife(before: PeerState, after: PeerState): SignOfLife | undefined {
  if (after.leader !== undefined && after.leader.beat !== before.leader?.beat) return { kind: 'leader', worker: after.leader.owner };
  if (isModeOf3x(after.mode) && after.mode !== before.mode) return { kind: 'mode', mode: after.mode };
  const known = new Map(before.metrics.map(({ worker, beat }) => [worker, beat]));
  const moved = heeded(after).metrics.find(({ worker, beat }) => known.get(worker) !== beat);
  return moved === undefined ? undefined : { kind: 'worker', worker: moved.worker };
}

/** `vouched`: these very marks were found to stand still before. */
export function firstLook(sight: PeersSight, vouched: boolean, times: PeersTimes): PeersVerdict {
  return vouched || !isSuspicious(sight.peers) ? { kind: 'none' } : { kind: 'watch', watch: watchOf(sight, times) };
}

export function nextLook(watch: PeersWatch, sight: PeersSight, times: PeersTimes): PeersVerdict {
  const sign = signOfLife(watch.peers, sight.peers);
  if (sign !== undefined) return { kind: 'alive', sign };
  if (!isSuspicious(sight.peers)) return { kind: 'none' };
  // Something is gone, such as the lock of a leader that stopped: another worker may take its place.
  if (peersText(heeded(sight.peers)) !== peersText(heeded(watch.peers))) return { kind: 'watch', watch: watchOf(sight, times) };
  return sight.askedMs >= watch.sinceMs + watch.forMs ? { kind: 'none' } : { kind: 'watch', watch };
}
