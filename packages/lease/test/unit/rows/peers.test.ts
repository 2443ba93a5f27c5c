// What real KCL 3.x fleets left beside their leases, read from both layouts, and which states count as equal.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../src/rows/decode.ts';
import { decodePeers, peersText } from '../../../src/rows/peers.ts';
import type { PeerState } from '../../../src/types.ts';
import { itemsOf, leftBeside } from '../../support/fixtures.ts';

const moments = ['01-unassigned', '02-one-worker', '03-one-worker-checkpointed', '05-two-workers', '07-split-children-running', '08-pending-checkpoint'];
const threeTables = (moment: string): readonly Item[] =>
  ['', '-CoordinatorState', '-WorkerMetricStats'].flatMap((suffix) => itemsOf(`kcl-3.4.2/${moment}${suffix}.json`));

const within: readonly Item[] = [
  { leaseKey: { S: 'Leader' }, ownerName: { S: 'new' }, recordVersionNumber: { S: 'n' }, leaseDuration: { S: '60000' } },
  { leaseKey: { S: 'Migration3.0' }, cv: { S: 'CLIENT_VERSION_3X' } },
  { leaseKey: { S: 'w1' }, entityType: { S: 'WORKER_METRIC_STATS' }, lut: { N: '7' } },
];
const beside: readonly Item[] = [
  { key: { S: 'Leader' }, ownerName: { S: 'old' }, recordVersionNumber: { S: 'o' }, leaseDuration: { S: '120000' } },
  { key: { S: 'Migration3.0' }, cv: { S: 'CLIENT_VERSION_2X' } },
  { wid: { S: 'w1' }, lut: { N: '5' } },
];

describe('what a KCL 3.x fleet left', () => {
  it('is read from the one table of 3.5', () => {
    expect(decodePeers(itemsOf('kcl-3.5.1/08-pending-checkpoint.json'))).toEqual({
      leader: { owner: 'worker-c', beat: '2a3e77e0-62ac-4c92-a47d-92f90a5ba502', leaseDurationMs: 120_000 },
      mode: 'CLIENT_VERSION_3X',
      metrics: [
        { worker: 'worker-a', beat: '1795238016' },
        { worker: 'worker-b', beat: '1795238016' },
        { worker: 'worker-c', beat: '1795238228' },
      ],
    });
  });

  it('is read from the three tables of 3.4', () => {
    expect(decodePeers(threeTables('08-pending-checkpoint'))).toEqual(leftBeside);
  });

  it.each(['kcl-1.x/08-pending-checkpoint.json', 'kcl-2.x/08-pending-checkpoint.json'])('is nothing in %s', (file) => {
    expect(decodePeers(itemsOf(file))).toEqual({ metrics: [] });
  });

  it.each([
    ['3.5.1', (moment: string) => itemsOf(`kcl-3.5.1/${moment}.json`)],
    ['3.4.2', threeTables],
  ])('moves from one moment of a live fleet of %s to the next', (_version, read) => {
    const texts = moments.map((moment) => peersText(decodePeers(read(moment))));
    expect(new Set(texts).size).toBe(moments.length);
  });

  it('is told apart from leases and from items of other keys', () => {
    const others: readonly Item[] = [
      { leaseKey: { S: 'w9' }, leaseCounter: { N: '1' }, checkpoint: { S: 'LATEST' }, lut: { N: '9' } },
      { leaseKey: { S: '123456789012:orders:1700000000' }, entityType: { S: 'STREAM' }, streamId: { S: 'x' } },
      { key: { S: '123456789012:orders:1700000000' }, streamId: { S: 'x' } },
    ];
    expect(decodePeers(others)).toEqual({ metrics: [] });
  });

  it('while it moves to one table shows the movement of either place, and the owner of the old one', () => {
    const state = decodePeers([...within, ...beside]);
    expect(state).toMatchObject({ leader: { owner: 'old', leaseDurationMs: 120_000 }, mode: 'CLIENT_VERSION_2X', metrics: [{ worker: 'w1' }] });
    for (const [at, item] of [...within, ...beside].entries()) {
      const moved = { ...item, recordVersionNumber: { S: 'later' }, lut: { N: '99' }, cv: { S: 'CLIENT_VERSION_3X_WITH_ROLLBACK' } };
      const after = decodePeers([...within, ...beside].with(at, moved));
      // The mode alone has one place that counts.
      const unheard = item.leaseKey?.S === 'Migration3.0';
      expect(peersText(after) === peersText(state), JSON.stringify(item)).toBe(unheard);
    }
  });

  it('has no leader once the lock says that it was released, and no number where the duration is none', () => {
    const [lock = {}] = within;
    expect(decodePeers([{ ...lock, isReleased: { S: '1' } }])).toEqual({ metrics: [] });
    expect(decodePeers([{ ...lock, leaseDuration: { S: 'soon' } }]).leader?.leaseDurationMs).toBeNaN();
  });
});

describe('the text of a state', () => {
  const word = fc.string({ maxLength: 4 });
  const state: fc.Arbitrary<PeerState> = fc.record(
    {
      leader: fc.record({ owner: word, beat: word, leaseDurationMs: fc.nat(3) }),
      mode: word,
      metrics: fc.array(fc.record({ worker: word, beat: word }), { maxLength: 3 }),
    },
    { requiredKeys: ['metrics'] },
  );

  it('is equal exactly for equal states, and short', () => {
    fc.assert(
      fc.property(state, state, (a, b) => {
        expect(peersText(a)).toMatch(/^[0-9a-f]{32}$/);
        expect(peersText(a) === peersText(b)).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
        expect(peersText(structuredClone(a))).toBe(peersText(a));
      }),
    );
  });

  function sorted({ leader, mode, metrics }: PeerState): unknown {
    return [leader?.owner, leader?.beat, leader?.leaseDurationMs, leader === undefined, mode === undefined, mode, metrics.map((one) => [one.worker, one.beat])];
  }
});
