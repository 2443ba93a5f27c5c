// The table "a failed condition" of the lease protocol, row by row, and laws that no row may break.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Identity, Lease, Position } from '../../src/types.ts';
import { judge, type Meant, type Verdict } from '../../src/verdict.ts';

const me: Identity = { worker: 'a', incarnation: 'i1' };
const next: Identity = { worker: 'b', incarnation: 'i2' };
const p1: Position = { kind: 'sequence', sequence: '1', subSequence: 0 };
const p2: Position = { kind: 'sequence', sequence: '2', subSequence: 0 };

/** The row as the writer supposed it: ours, counter 7. */
const over: Lease = {
  key: 'k',
  shardId: 'k',
  owner: 'a',
  holder: 'i1',
  counter: 7n,
  holderCounter: 7n,
  position: p1,
  ownerSwitches: 0n,
  parents: [],
  children: [],
  bell: 0n,
};
const { owner: _owner, holder: _holder, holderCounter: _mark, ...free } = over;
const at8 = { counter: 8n, holderCounter: 8n };
const pair = { owner: 'w4', checkpointOwner: 'a' };

const renewed: Meant = { kind: 'held', counter: 8n, owner: 'a', holder: 'i1' };
const saved: Meant = { ...renewed, position: p2 };
const given: Meant = { kind: 'held', counter: 8n, owner: 'b', holder: 'i2', position: p2 };
const released: Meant = { kind: 'given-up', counter: 8n, position: p2 };
const yielded: Meant = { ...released, owner: 'w4' };

type Expected = Verdict['kind'];
const holderTable: readonly (readonly [string, Meant, Lease | undefined, Expected])[] = [
  ['a renewal that landed', renewed, { ...over, ...at8 }, 'applied'],
  ['a checkpoint that landed', saved, { ...over, ...at8, position: p2 }, 'applied'],
  ['a renewal landed where a checkpoint was meant', saved, { ...over, ...at8 }, 'refused'],
  ['a transfer that landed', given, { ...over, ...at8, owner: 'b', holder: 'i2', position: p2 }, 'applied'],
  ['a transfer that landed, and the next has accepted', given, { ...over, counter: 9n, holderCounter: 9n, owner: 'b', holder: 'i2', position: p2 }, 'lost'],
  ['a transfer over a renewal that landed', given, { ...over, ...at8 }, 'refused'],
  ['a transfer whose request is gone', given, over, 'refused'],
  ['a release that landed', released, { ...free, counter: 8n, position: p2 }, 'applied'],
  ['a release at another place', released, { ...free, counter: 8n }, 'lost'],
  ['a release, but Java evicted us', released, { ...free, counter: 8n, position: p2, holder: 'i1', holderCounter: 7n }, 'lost'],
  ['a release over a renewal that landed', released, { ...over, ...at8 }, 'refused'],
  ['a release that landed, and somebody took it', released, { ...over, counter: 9n, holderCounter: 9n, owner: 'b', holder: 'i2' }, 'lost'],
  ['a pair appeared', renewed, { ...over, ...pair }, 'refused'],
  ['a pair appeared on a renewal that landed', renewed, { ...over, ...at8, ...pair }, 'refused'],
  ['a pair on a row that Java has moved', renewed, { ...over, ...pair, counter: 8n }, 'lost'],
  ['a pair of another worker', renewed, { ...over, owner: 'w4', checkpointOwner: 'w3' }, 'lost'],
  ['somebody’s hand-over to our name, at the counter meant', renewed, { ...over, ...at8, checkpointOwner: 'w3' }, 'lost'],
  ['a yield that landed', yielded, { ...free, counter: 8n, owner: 'w4', position: p2 }, 'applied'],
  ['taken by another', renewed, { ...over, ...at8, owner: 'b', holder: 'i2' }, 'lost'],
  ['taken by our own name after a restart', renewed, { ...over, ...at8, holder: 'i3' }, 'lost'],
  ['a Java worker of our name renewed it', renewed, { ...over, counter: 8n }, 'lost'],
  ['our mark, two counters on: attempts that nobody heard of', renewed, { ...over, counter: 9n, holderCounter: 9n }, 'refused'],
  ['our mark, as it stood: another clause failed', { kind: 'begun' }, over, 'lost'],
  ['a holding that began unheard is begun anew', { kind: 'begun' }, { ...over, ...at8 }, 'again'],
  ['gone', renewed, undefined, 'lost'],
];

const anybodyTable: readonly (readonly [string, Meant, Lease | undefined, Expected])[] = [
  ['a take that landed', { ...given, owner: 'a', holder: 'i1', position: p1 }, { ...over, ...at8 }, 'applied'],
  ['a take that another won', renewed, { ...over, ...at8, owner: 'b', holder: 'i2' }, 'lost'],
  ['a request that landed', { kind: 'requested', next, asked: 'i1' }, { ...over, request: { next: 'b', nextHolder: 'i2', asked: 'i1' } }, 'applied'],
  [
    'a request that is debris',
    { kind: 'requested', next, asked: 'i1' },
    { ...over, holder: 'i9', request: { next: 'b', nextHolder: 'i2', asked: 'i1' } },
    'lost',
  ],
  ['a request that another made first', { kind: 'requested', next, asked: 'i1' }, { ...over, request: { next: 'c', nextHolder: 'i3', asked: 'i1' } }, 'lost'],
  ['a cancel that landed', { kind: 'not-requested', next, asked: 'i1' }, over, 'applied'],
  ['a cancel, and another asks', { kind: 'not-requested', next, asked: 'i1' }, { ...over, request: { next: 'c', nextHolder: 'i3', asked: 'i1' } }, 'applied'],
  ['a cancel, row gone', { kind: 'not-requested', next, asked: 'i1' }, undefined, 'lost'],
  ['a create, row there', { kind: 'present' }, over, 'applied'],
  ['a create, no lease in the row', { kind: 'present' }, undefined, 'lost'],
  ['a remove, row gone', { kind: 'absent' }, undefined, 'applied'],
  ['a remove, row there', { kind: 'absent' }, free, 'lost'],
  ['a rewind that landed', { kind: 'moved', counter: 8n, position: p2 }, { ...free, counter: 8n, position: p2 }, 'applied'],
  ['a rewind that somebody took first', { kind: 'moved', counter: 8n, position: p2 }, { ...over, ...at8, position: p2 }, 'lost'],
];

describe('a failed condition', () => {
  it.each(holderTable)('the holder’s: %s', (_name, meant, row, expected) => {
    const verdict = judge({ meant, over, me, row });
    expect(verdict).toEqual({ kind: expected, lease: row });
  });

  it.each(anybodyTable)('anybody’s: %s', (_name, meant, row, expected) => {
    expect(judge({ meant, over, me: undefined, row })).toEqual({ kind: expected, lease: row });
  });

  it('under a pair that was known, refuses instead of writing again for ever', () => {
    expect(judge({ meant: renewed, over: { ...over, ...pair }, me, row: { ...over, ...pair } }).kind).toBe('refused');
  });

  const counter = fc.constantFrom(6n, 7n, 8n, 9n);
  const row = fc.record(
    {
      owner: fc.constantFrom('a', 'b', 'w4'),
      holder: fc.constantFrom('i1', 'i2'),
      checkpointOwner: fc.constantFrom('a', 'b'),
      counter,
      holderCounter: counter,
      position: fc.constantFrom(p1, p2),
    },
    { requiredKeys: ['counter', 'position'] },
  );
  const meant = fc.constantFrom<Meant>({ kind: 'begun' }, renewed, saved, given, released, yielded);

  it('is never taken for ours without our incarnation and its counter, nor written over from before', () => {
    fc.assert(
      fc.property(row, meant, (changed, wanted) => {
        const seen: Lease = { ...free, ...changed };
        const verdict = judge({ meant: wanted, over, me, row: seen });
        if (verdict.kind === 'again' || verdict.kind === 'refused') {
          expect(seen).toMatchObject({ holder: 'i1', holderCounter: seen.counter });
          expect(seen.counter).toBeGreaterThanOrEqual(over.counter);
        }
        if (verdict.kind === 'applied') expect(seen.counter).toBe(8n);
      }),
    );
  });
});
