// The size of an item, by hand.
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../src/rows/decode.ts';
import { encodeLease, leaseTag } from '../../../src/rows/encode.ts';
import { itemBytes } from '../../../src/rows/size.ts';
import type { Lease } from '../../../src/types.ts';

describe('the size of an item', () => {
  it.each<[string, Item, number]>([
    ['nothing', {}, 0],
    ['a text', { ab: { S: 'xyz' } }, 5],
    ['a text beyond ASCII', { ab: { S: 'Zürich' } }, 9],
    ['a number', { n: { N: '123' } }, 4],
    ['a truth and a null', { t: { BOOL: true }, u: { NULL: true } }, 4],
    ['bytes', { b: { B: new Uint8Array(7) } }, 8],
    ['sets', { s: { SS: ['a', 'bc'] }, n: { NS: ['1', '22'] }, b: { BS: [new Uint8Array(2)] } }, 4 + 5 + 3],
    ['a list', { l: { L: [{ S: 'a' }, { N: '1' }] } }, 1 + 3 + 2 + 3],
    ['a map', { m: { M: { ab: { S: 'c' } } } }, 1 + 3 + 3],
  ])('%s', (_name, item, bytes) => {
    expect(itemBytes(item)).toBe(bytes);
  });

  it('of a lease that is asked for is below one write unit, and 14 bytes of it say how far it was read', () => {
    const [stream, shardId, incarnation] = [`123456789012:${'orders'.padEnd(40, '-')}:1700000000`, 'shardId-000000000123', 'f'.repeat(32)];
    const lease: Lease = {
      ...{ key: `${stream}:${shardId}`, shardId, stream, owner: 'worker'.padEnd(36, '-'), holder: incarnation },
      ...{ counter: 12_345_678n, holderCounter: 12_345_678n, ownerSwitches: 0n, bell: 0n, throughputKBps: 1234.567891 },
      position: { kind: 'sequence', sequence: '49590338271490256608559692538361571095921575989136588898', subSequence: 0 },
      parents: ['shardId-000000000007', 'shardId-000000000008'],
      children: [],
      hashRange: { start: '170141183460469231731687303715884105728', end: '340282366920938463463374607431768211455' },
      request: { next: 'worker'.padEnd(36, '+'), nextHolder: incarnation, asked: incarnation },
    };
    const bare = itemBytes({ ...encodeLease(lease), ...leaseTag });
    const read = itemBytes({ ...encodeLease({ ...lease, readMs: 1_700_000_000_123 }), ...leaseTag });
    expect(read - bare).toBe(14);
    expect(read).toBeLessThan(1024);
  });
});
