// The size of an item, by hand.
import { describe, expect, it } from 'vitest';
import type { Item } from '../../../src/rows/decode.ts';
import { itemBytes } from '../../../src/rows/size.ts';

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
});
