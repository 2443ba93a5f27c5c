// Which shards the page's table shows, and in which order.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evenShards, shardView } from '../../../../../../test/support/browser-fleet.ts';
import { filters, rowsPerPage, severity, shownRows, sortKeys, stateWords, type Wish } from '../../../../src/http/page/browser/rows.ts';
import type { ShardView } from '../../../../src/http/page/browser/wire.ts';

const plain: Wish = { sort: 'state', descending: false, filter: 'all', text: '', page: 0 };
const unowned = shardView(7, 9, { owner: null, held: false, state: 'unowned', unownedMs: 61_000 });
const failing = shardView(1, 9, { trouble: { attempts: 3, error: 'no', sinceMs: 12_000 }, state: 'retrying' });
const late = shardView(8, 9, { isLate: true, lagMs: 600_000 });
const done = shardView(0, 9, { state: 'done', owner: null, held: false, lagMs: null });
const well = shardView(2, 9);
const some = [done, failing, well, unowned, late];

const names = (wish: Partial<Wish>) => shownRows(some, { ...plain, ...wish }).rows.map(({ shard }) => Number(shard.slice(-2)));

test('what wants an eye comes first', () => {
  expect(names({})).toEqual([7, 1, 8, 2]);
  expect([unowned, failing, late, well, done].map(severity)).toEqual([0, 1, 2, 3, 4]);
  expect(severity({ ...well, lastError: 'refused' })).toBe(1);
});

test.each<readonly [filter: Wish['filter'], shown: readonly number[]]>([
  ['look', [7, 1, 8]],
  ['late', [8]],
  ['unowned', [7]],
  ['here', [1, 2]],
  ['done', [0]],
])('the filter "%s"', (filter, shown) => {
  expect(names({ filter })).toEqual(shown);
});

test('a part of a name finds shards by their own, their worker and their stream', () => {
  expect(names({ text: ' 00007' })).toEqual([7]);
  expect(names({ text: '7F9C-1' })).toEqual([1, 2]);
  expect(names({ text: 'orders-cdc' })).toHaveLength(4);
  expect(names({ text: 'nothing' })).toEqual([]);
});

test('sorts by what is asked for, what is not known as the least', () => {
  const unknown = shardView(3, 9, { lagMs: null });
  const rows = shownRows([unknown, ...some], { ...plain, sort: 'lag', descending: true }).rows;
  expect(rows[0]).toBe(late);
  expect(rows.at(-1)).toBe(unknown);
});

describe('pages', () => {
  test('a page has fifty rows; one that is not there any more is the last', () => {
    const shards = evenShards(120);
    expect(shownRows(shards, { ...plain, page: 1 })).toMatchObject({ first: 50, matching: 120, page: 1, pages: 3 });
    expect(shownRows(shards, { ...plain, page: 9 })).toMatchObject({ first: 100, page: 2 });
    expect(shownRows([], { ...plain, page: 9 })).toEqual({ rows: [], first: 0, matching: 0, page: 0, pages: 1 });
  });

  test('together show each open shard once, whatever it is sorted by', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 180 }),
        fc.constantFrom(...sortKeys),
        fc.boolean(),
        fc.constantFrom(...filters),
        (count, sort, descending, filter) => {
          const shards = evenShards(count);
          const wish: Wish = { ...plain, sort, descending, filter };
          const { pages } = shownRows(shards, wish);
          const seen: ShardView[] = [];
          for (let page = 0; page < pages; page += 1) {
            const shown = shownRows(shards, { ...wish, page });
            expect(shown.rows.length).toBeLessThanOrEqual(rowsPerPage);
            seen.push(...shown.rows);
          }
          expect(new Set(seen).size).toBe(seen.length);
          if (filter === 'all') expect(seen).toHaveLength(count);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test.each<readonly [shard: ShardView, words: string]>([
  [well, 'reading'],
  [unowned, 'nobody for 61 s'],
  [failing, 'retrying, 3 × in 12 s'],
  [done, 'done'],
  [shardView(1, 9, { state: 'after-parents' }), 'after its parents'],
])('the state in words', (shard, words) => {
  expect(stateWords(shard)).toBe(words);
});
