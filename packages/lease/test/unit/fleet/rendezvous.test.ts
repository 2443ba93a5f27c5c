import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { workerId } from '../../../src/fleet/ownership.ts';
import { byPreference, comesFirst, hashOf, rendezvousScore } from '../../../src/fleet/rendezvous.ts';
import { firstAmong, keys } from './planned-fleet.ts';

const ids = (count: number) => Array.from({ length: count }, (_, at) => workerId({ worker: `worker-${at}`, incarnation: at.toString(16).padStart(32, '0') }));
const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 });

describe('ranks', () => {
  it.each([
    ['', 2872998923],
    ['shardId-000000000000', 3878741113],
    ['worker/0123456789abcdef', 3232673954],
    ['wörker', 151280790],
  ])('of %j are the same on every machine and in every release', (name, hash) => {
    expect(hashOf(name)).toBe(hash);
  });

  it('are 32 bits that spread, also for pairs', () => {
    expect(rendezvousScore(0x01ea50ae, 0x12345678)).toBe(3927487320);
    const scores = ids(40).flatMap((id) => keys(250).map((key) => rendezvousScore(hashOf(id), hashOf(key))));
    expect(scores.every((score) => Number.isInteger(score) && score >= 0 && score < 2 ** 32)).toBe(true);
    const upper = scores.filter((score) => score >= 2 ** 31).length;
    expect(upper / scores.length).toBeGreaterThan(0.48);
    expect(upper / scores.length).toBeLessThan(0.52);
  });
});

describe('who comes first', () => {
  it('is one, the same in any order', () => {
    fc.assert(
      fc.property(names, fc.string(), (workers, key) => {
        const contenders = workers.map((id) => ({ id, hash: hashOf(id) }));
        const first = contenders.filter((one) => comesFirst(one, contenders, hashOf(key)));
        expect(first).toHaveLength(1);
        expect(contenders.toReversed().filter((one) => comesFirst(one, contenders.toReversed(), hashOf(key)))).toEqual(first);
      }),
    );
  });

  it('stays so when another leaves, and is the next when it is absent itself', () => {
    fc.assert(
      fc.property(names, fc.string(), (workers, key) => {
        const first = firstAmong(workers, key);
        const [gone, ...others] = [...workers.filter((worker) => worker !== first)];
        expect(
          firstAmong(
            workers.filter((worker) => worker !== gone),
            key,
          ),
        ).toBe(first);
        const rest = [gone, ...others].flatMap((id) => (id === undefined ? [] : [{ id, hash: hashOf(id) }]));
        const all = workers.map((id) => ({ id, hash: hashOf(id) }));
        const next = rest.find((one) => comesFirst(one, all, hashOf(key), first));
        expect(next?.id).toBe(
          firstAmong(
            rest.map((one) => one.id),
            key,
          ),
        );
      }),
    );
  });

  it('is the smaller id of two with the same hash', () => {
    const twins = [
      { id: 'b', hash: 7 },
      { id: 'a', hash: 7 },
    ];
    expect(twins.filter((one) => comesFirst(one, twins, hashOf('key')))).toEqual([{ id: 'a', hash: 7 }]);
  });

  it.each([4, 50])('spreads leases over %i workers', (workers) => {
    const counts = new Map<string | undefined, number>();
    for (const key of keys(200 * workers)) {
      const first = firstAmong(ids(workers), key);
      counts.set(first, (counts.get(first) ?? 0) + 1);
    }
    expect(counts.size).toBe(workers);
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(65);
  });
});

describe('the order in which a worker wants leases', () => {
  it('is that of the scores, each lease once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.string(), (leases, worker) => {
        const order = byPreference(hashOf(worker), leases);
        expect(order.toSorted((left, right) => left - right)).toEqual(leases.map((_, at) => at));
        const scores = order.map((at) => rendezvousScore(hashOf(worker), hashOf(leases[at] ?? '')));
        expect(scores).toEqual(scores.toSorted((left, right) => right - left));
      }),
    );
  });

  it('differs from worker to worker', () => {
    const [one, two] = ids(2).map((id) => byPreference(hashOf(id), keys(1000)).slice(0, 100));
    const both = one?.filter((at) => two?.includes(at)) ?? [];
    expect(both.length).toBeLessThan(30);
  });

  it('leaves ties in the order given', () => {
    expect(byPreference(hashOf('worker'), ['same', 'same', 'same'])).toEqual([0, 1, 2]);
  });
});
