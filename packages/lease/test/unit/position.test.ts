// Positions as text and their order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePositions, parsePosition, positionText, samePosition } from '../../src/position.ts';
import type { Position } from '../../src/types.ts';

const ascending: readonly Position[] = [
  { kind: 'at-timestamp' },
  { kind: 'trim-horizon' },
  { kind: 'latest' },
  { kind: 'sequence', sequence: '0', subSequence: 0 },
  { kind: 'sequence', sequence: '9', subSequence: 0 },
  { kind: 'sequence', sequence: '9', subSequence: 1 },
  { kind: 'sequence', sequence: '10', subSequence: 0 },
  { kind: 'sequence', sequence: '49590338271490256608559692538361571095921575989136588897', subSequence: 0 },
  { kind: 'sequence', sequence: '49590338271490256608559692538361571095921575989136588898', subSequence: 0 },
  { kind: 'shard-end' },
];
const any = fc.oneof(
  fc.constantFrom(...ascending),
  fc.record({ kind: fc.constant('sequence' as const), sequence: fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String), subSequence: fc.nat(5) }),
);

describe('positions', () => {
  it('have the order of the Java KCL', () => {
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) expect(Math.sign(comparePositions(a, b)), `${positionText(a)} and ${positionText(b)}`).toBe(Math.sign(i - j));
    }
  });

  it('are totally ordered', () => {
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(Math.sign(comparePositions(a, b)) + Math.sign(comparePositions(b, a))).toBe(0);
        if (comparePositions(a, b) <= 0 && comparePositions(b, c) <= 0) expect(comparePositions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('are read as they were spelt', () => {
    fc.assert(
      fc.property(any, (at) => {
        expect(parsePosition(positionText(at), at.kind === 'sequence' ? at.subSequence : 0)).toEqual(at);
      }),
    );
  });

  it.each(['', 'latest', '-1', '1.0', ' 1', '0x1', 'toString', '١'])('%j is no position', (text) => {
    expect(parsePosition(text, 0)).toBeUndefined();
  });

  it('that differ only inside an aggregate differ', () => {
    expect(samePosition({ kind: 'sequence', sequence: '9', subSequence: 0 }, { kind: 'sequence', sequence: '9', subSequence: 1 })).toBe(false);
    expect(samePosition({ kind: 'sequence', sequence: '09', subSequence: 0 }, { kind: 'sequence', sequence: '9', subSequence: 0 })).toBe(true);
  });
});
