// Folding is a law, so it is tested as one: whatever comes, in whatever order.
import { compareVersions } from '@shardfold/changes';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coalesce } from '../../../src/flow/coalesce.ts';
import { change, removal } from './support.ts';

const entries = fc
  .array(fc.record({ id: fc.constantFrom('a', 'b', 'c'), time: fc.integer({ min: 1, max: 5 }), deletes: fc.boolean() }), { maxLength: 30 })
  .map((all) => all.map(({ id, time, deletes }) => ({ identity: id, change: deletes ? removal(id, time) : change(id, time) })));

test('one winner a row, the newest; nothing is lost and nothing invented', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const folded = coalesce(all);
      const out = folded.flatMap(({ winner, superseded }) => [winner, ...superseded]);
      expect(new Set(out)).toEqual(new Set(all));
      expect(out).toHaveLength(all.length);
      expect(folded.map(({ winner }) => winner.identity)).toEqual([...new Set(all.map(({ identity }) => identity))]);
      for (const { winner, superseded } of folded)
        for (const { identity, change: older } of superseded) {
          expect(identity).toBe(winner.identity);
          expect(compareVersions(older.mutation.version, winner.change.mutation.version)).toBeLessThanOrEqual(0);
        }
    }),
  );
});

test('of equal versions the first stays: the other is a replay', () => {
  const first = { identity: 'a', change: change('a', 1) };
  const replay = { identity: 'a', change: change('a', 1) };
  expect(coalesce([first, replay])).toEqual([{ winner: first, superseded: [replay] }]);
  expect(coalesce([first, replay])[0]?.winner).toBe(first);
});

test('of equal versions the delete wins, whichever came first, as in a database', () => {
  const row = { identity: 'a', change: change('a', 1) };
  const gone = { identity: 'a', change: removal('a', 1) };
  expect(coalesce([row, gone])[0]?.winner).toBe(gone);
  expect(coalesce([gone, row])[0]?.winner).toBe(gone);
});
