// The watch of lease-protocol part 8 as tables: what is seen, look by look, and what it comes to.
import { readFileSync } from 'node:fs';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPeersTimes, firstLook, nextLook, type PeersVerdict, type PeersWatch } from '../../../src/fleet/peers.ts';
import type { PeerState } from '../../../src/types.ts';

const times = defaultPeersTimes;
const javaLeaderMs = 120_000;
const none: PeerState = { metrics: [] };
const leader = (beat: string, over: Partial<NonNullable<PeerState['leader']>> = {}): PeerState => ({
  leader: { owner: 'a', beat, leaseDurationMs: javaLeaderMs, ...over },
  metrics: [],
});
const mode = (name: string, more: PeerState = none): PeerState => ({ ...more, mode: `CLIENT_VERSION_${name}` });
const loads = (...beats: readonly string[]): PeerState => ({ metrics: beats.map((beat, at) => ({ worker: `w${at}`, beat })) });
const both = (one: PeerState, other: PeerState): PeerState => ({ ...one, ...other, metrics: [...one.metrics, ...other.metrics] });

/** What the fleet had left at each time; each look is answered at once. */
type Looks = readonly (readonly [atMs: number, peers: PeerState])[];

const seen = (...looks: Looks): Looks => looks;

function verdictsOf([first, ...later]: Looks, vouched = false): readonly PeersVerdict[] {
  if (first === undefined) return [];
  const sight = ([atMs, peers]: readonly [number, PeerState]) => ({ peers, askedMs: atMs, answeredMs: atMs });
  const verdicts = [firstLook(sight(first), vouched, times)];
  for (const each of later) {
    const last = verdicts.at(-1);
    if (last?.kind !== 'watch') break;
    verdicts.push(nextLook(last.watch, sight(each), times));
  }
  return verdicts;
}

const kindsOf = (looks: Looks, vouched = false) => verdictsOf(looks, vouched).map(({ kind }) => kind);

/** How long the first look asks to be watched; 0: not at all. */
function watchedMs(peers: PeerState): number {
  const [verdict] = verdictsOf([[0, peers]]);
  return verdict?.kind === 'watch' ? verdict.watch.forMs : 0;
}

describe('at the first look', () => {
  it.each<readonly [string, PeerState, number]>([
    ['nothing', none, 0],
    ['3X alone, as a clean stop leaves it', mode('3X'), 65_000],
    ['3X_WITH_ROLLBACK', mode('3X_WITH_ROLLBACK'), 65_000],
    ['a mode that nobody knows yet', mode('4X'), 65_000],
    ['3X and loads', mode('3X', loads('1')), 65_000],
    ['a lock', leader('x'), javaLeaderMs],
    ['3X and a lock', mode('3X', leader('x')), javaLeaderMs],
    ['a lock of a short duration', leader('x', { leaseDurationMs: 20_000 }), 65_000],
    ['a lock of an absurd duration', leader('x', { leaseDurationMs: 1e15 }), times.leaderMs],
    ['a lock of no duration', leader('x', { leaseDurationMs: Number.NaN }), javaLeaderMs],
    ['a lock of a negative duration', leader('x', { leaseDurationMs: -1 }), javaLeaderMs],
    ['loads alone', loads('1'), 65_000],
    ['INIT', mode('INIT'), 0],
    ['UPGRADE_FROM_2X', mode('UPGRADE_FROM_2X'), 0],
    ['2X', mode('2X'), 0],
    ['UPGRADE_FROM_2X with loads', mode('UPGRADE_FROM_2X', loads('1', '2')), 0],
    ['2X with a lock', mode('2X', leader('x')), javaLeaderMs],
  ])('%s', (_what, peers, forMs) => {
    expect(watchedMs(peers)).toBe(forMs);
    expect(kindsOf([[0, peers]], true)).toEqual(['none']);
  });
});

describe('while it is watched', () => {
  const dead = mode('3X', both(leader('x'), loads('1', '2')));
  it.each<readonly [string, Looks, readonly PeersVerdict['kind'][]]>([
    [
      'nothing moves for the duration of the lock',
      seen([0, dead], [65_000, dead], [javaLeaderMs - 1, dead], [javaLeaderMs, dead]),
      ['watch', 'watch', 'watch', 'none'],
    ],
    [
      'nothing moves for two periods where there is no lock',
      seen([0, mode('3X', loads('1'))], [64_999, mode('3X', loads('1'))], [65_000, mode('3X', loads('1'))]),
      ['watch', 'watch', 'none'],
    ],
    ['the lock moves', seen([0, leader('x')], [3000, leader('x')], [30_000, leader('y')]), ['watch', 'watch', 'alive']],
    ['the lock changes hands', seen([0, leader('x')], [3000, leader('y', { owner: 'b' })]), ['watch', 'alive']],
    ['a lock appears', seen([0, mode('3X')], [3000, mode('3X', leader('x'))]), ['watch', 'alive']],
    ['a load moves', seen([0, dead], [3000, mode('3X', both(leader('x'), loads('1', '3')))]), ['watch', 'alive']],
    ['a load appears', seen([0, mode('3X')], [3000, mode('3X', loads('1'))]), ['watch', 'alive']],
    ['a beat goes back, as it does when a clock does', seen([0, loads('9')], [3000, loads('8')]), ['watch', 'alive']],
    ['the mode becomes 3X', seen([0, mode('2X', leader('x'))], [3000, mode('3X', leader('x'))]), ['watch', 'alive']],
    [
      'the loads of a fleet in a mode of 2.x move beside a dead lock',
      seen(
        [0, mode('2X', both(leader('x'), loads('1')))],
        [30_000, mode('2X', both(leader('x'), loads('2')))],
        [javaLeaderMs, mode('2X', both(leader('x'), loads('2', '1')))],
      ),
      ['watch', 'watch', 'none'],
    ],
    ['the lock moves in a mode of 2.x', seen([0, mode('UPGRADE_FROM_2X', leader('x'))], [30_000, mode('UPGRADE_FROM_2X', leader('y'))]), ['watch', 'alive']],
    [
      'the lock is deleted, and stays so',
      seen([0, dead], [60_000, mode('3X', loads('1', '2'))], [javaLeaderMs, mode('3X', loads('1', '2'))], [60_000 + 65_000, mode('3X', loads('1', '2'))]),
      ['watch', 'watch', 'watch', 'none'],
    ],
    [
      'the lock is deleted, and another worker comes',
      seen([0, mode('3X', leader('x'))], [60_000, mode('3X')], [90_000, mode('3X', leader('y', { owner: 'b' }))]),
      ['watch', 'watch', 'alive'],
    ],
    [
      'a load is cleared away',
      seen([0, mode('3X', loads('1', '2'))], [60_000, mode('3X', loads('1'))], [65_000, mode('3X', loads('1'))], [125_000, mode('3X', loads('1'))]),
      ['watch', 'watch', 'watch', 'none'],
    ],
    ['everything is deleted by hand', seen([0, dead], [3000, none]), ['watch', 'none']],
    ['the fleet is set back to 2.x', seen([0, mode('3X', loads('1'))], [3000, mode('2X', loads('1'))]), ['watch', 'none']],
  ])('%s', (_what, looks, kinds) => {
    expect(kindsOf(looks)).toEqual(kinds);
  });

  it('says what moved', () => {
    const signs = (looks: Looks) => verdictsOf(looks).at(-1);
    expect(signs(seen([0, leader('x')], [1, leader('y', { owner: 'b' })]))).toEqual({ kind: 'alive', sign: { kind: 'leader', worker: 'b' } });
    expect(signs(seen([0, loads('1', '1')], [1, loads('1', '2')]))).toEqual({ kind: 'alive', sign: { kind: 'worker', worker: 'w1' } });
    expect(signs(seen([0, loads('1')], [1, mode('3X', loads('1'))]))).toEqual({ kind: 'alive', sign: { kind: 'mode', mode: 'CLIENT_VERSION_3X' } });
  });

  it('counts from an answer to a request: a slow one proves nothing about the time before it arrived', () => {
    const watch: PeersWatch = { peers: dead, sinceMs: 1000, forMs: javaLeaderMs };
    const at = (askedMs: number) => nextLook(watch, { peers: dead, askedMs, answeredMs: askedMs + 5000 }, times).kind;
    expect([at(javaLeaderMs + 999), at(javaLeaderMs + 1000)]).toEqual(['watch', 'none']);
  });

  it('never starts before it was still for the whole time, and never refuses where nothing was written', () => {
    const beat = fc.constantFrom('1', '2');
    const state = fc.record<PeerState>(
      {
        leader: fc.record({ owner: fc.constant('a'), beat, leaseDurationMs: fc.constantFrom(20_000, javaLeaderMs) }),
        mode: fc.constantFrom('CLIENT_VERSION_2X', 'CLIENT_VERSION_3X'),
        metrics: fc.uniqueArray(fc.record({ worker: fc.constantFrom('w0', 'w1'), beat }), { selector: ({ worker }) => worker }),
      },
      { requiredKeys: ['metrics'] },
    );
    const visits = fc.array(fc.tuple(fc.integer({ min: 1, max: 90_000 }), state), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(visits, fc.boolean(), (steps, frozen) => {
        const [, first = none] = steps[0] ?? [];
        let atMs = 0;
        const looks: Looks = steps.map(([stepMs, peers]) => {
          atMs += stepMs;
          return [atMs, frozen ? first : peers] as const;
        });
        const verdicts = verdictsOf(looks);
        const ended = verdicts.at(-1)?.kind;
        if (frozen) expect(ended).not.toBe('alive');
        if (ended !== 'none' || watchedMs(first) === 0) return;
        const [endMs, last] = looks[verdicts.length - 1] ?? [0, none];
        if (watchedMs(last) === 0) return;
        const same = looks.slice(0, verdicts.length).findLastIndex(([, peers]) => peers.leader?.beat !== last.leader?.beat || peers.mode !== last.mode);
        expect(endMs - (looks[same + 1]?.[0] ?? 0)).toBeGreaterThanOrEqual(watchedMs(last));
      }),
    );
  });
});

/** What the files of one moment hold, read without our own decoder. */
function peersIn(...files: readonly string[]): PeerState {
  const folder = new URL('../../fixtures/', import.meta.url);
  const items = files.flatMap(
    (file) => (JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8')) as { items: Record<string, AttributeValue>[] }).items,
  );
  const named = (key: string) => items.find((item) => (item.leaseKey ?? item.key)?.S === key);
  const [lock, version] = [named('Leader'), named('Migration3.0')];
  return {
    ...(lock === undefined
      ? {}
      : { leader: { owner: lock.ownerName?.S ?? '', beat: lock.recordVersionNumber?.S ?? '', leaseDurationMs: Number(lock.leaseDuration?.S) } }),
    ...(version?.cv?.S === undefined ? {} : { mode: version.cv.S }),
    metrics: items.flatMap((item) => (item.lut === undefined ? [] : [{ worker: (item.leaseKey ?? item.wid)?.S ?? '', beat: item.lut.N ?? '' }])),
  };
}

describe('what real fleets left', () => {
  const of35 = (moment: string) => peersIn(`kcl-3.5.1/${moment}`);
  const of34 = (moment: string) => peersIn(`kcl-3.4.2/${moment}`, `kcl-3.4.2/${moment}-CoordinatorState`, `kcl-3.4.2/${moment}-WorkerMetricStats`);
  it.each<readonly [string, PeerState, number]>([
    ['1.x', peersIn('kcl-1.x/05-two-workers'), 0],
    ['2.x', peersIn('kcl-2.x/05-two-workers'), 0],
    ['3.4.2 before its first leader', of34('01-unassigned'), 0],
    ['3.4.2', of34('05-two-workers'), javaLeaderMs],
    ['3.5.1', of35('05-two-workers'), javaLeaderMs],
    ['3.5.1, killed', of35('08-pending-checkpoint'), javaLeaderMs],
  ])('%s is watched for as long', (_what, peers, forMs) => {
    expect(watchedMs(peers)).toBe(forMs);
  });

  it.each<readonly [string, PeerState, PeerState, PeersVerdict]>([
    ['3.4.2, its leader alone', of34('02-one-worker'), of34('03-one-worker-checkpointed'), { kind: 'alive', sign: { kind: 'leader', worker: 'worker-a' } }],
    ['3.5.1, between two heartbeats', of35('05-two-workers'), of35('06-split-parent-ended'), { kind: 'alive', sign: { kind: 'worker', worker: 'worker-a' } }],
    ['3.5.1, a new leader', of35('07-split-children-running'), of35('08-pending-checkpoint'), { kind: 'alive', sign: { kind: 'leader', worker: 'worker-c' } }],
  ])('%s is seen to live', (_what, before, after, verdict) => {
    expect(verdictsOf(seen([0, before], [30_000, after])).at(-1)).toEqual(verdict);
  });

  it('3.4.2 once stood still for a moment, which was too short to tell', () => {
    expect(kindsOf(seen([0, of34('05-two-workers')], [3000, of34('06-split-parent-ended')]))).toEqual(['watch', 'watch']);
  });
});
