// What is said of rows after a bulk: never more than the server said.
import { describe, expect, test } from 'vitest';
import { changesOf, stands } from '../../../src/mongodb/counts.ts';

const set = (...indexes: number[]): ReadonlySet<number> => new Set(indexes);

test('a server that counts changes tells applied rows, another leaves them open', () => {
  expect(changesOf(5, 10, true)).toEqual({ applied: 5, unresolved: 0 });
  expect(changesOf(5, 4, true)).toEqual({ applied: 4, unresolved: 0 });
  expect(changesOf(5, 10, false)).toEqual({ applied: 0, unresolved: 10 });
});

describe('an exchange or insertion stands', () => {
  const exchange = {};
  const insertion = { upsert: true };
  test.for<[string, object[], Partial<Parameters<typeof stands>[0]>, boolean, (boolean | undefined)[]]>([
    ['alone and found', [exchange], { matched: 1 }, false, [true]],
    ['alone and not found', [exchange], { matched: 0 }, false, [false]],
    ['all found', [exchange, exchange], { matched: 2 }, false, [true, true]],
    ['one of two found', [exchange, exchange], { matched: 1 }, true, [undefined, undefined]],
    ['made, by a server that tells', [insertion], { upserted: set(0) }, true, [true]],
    ['made, by a server that says so twice', [insertion], { upserted: set(0) }, false, [undefined]],
    ['was there already', [insertion, exchange], { duplicates: set(0), matched: 1 }, true, [false, true]],
    ['found a foreign document', [insertion, exchange], { matched: 1 }, true, [undefined, undefined]],
  ])('%s', ([, updates, answer, tells, wanted]) => {
    const whole = { upserted: set(), duplicates: set(), matched: 0, ...answer };
    expect(updates.map((_, index) => stands(whole, updates, index, tells))).toEqual(wanted);
  });
});
