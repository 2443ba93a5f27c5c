// Folding is a law, so it is tested as one: whatever comes, in whatever order.
import { compareVersions } from '@shardfold/changes';
import type { Mutation } from '@shardfold/sinks';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../../src/flow/change.ts';
import { coalesce } from '../../../src/flow/coalesce.ts';
import { change, patchOf, removal } from './support.ts';

const entries = fc
  .array(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      time: fc.integer({ min: 1, max: 5 }),
      kind: fc.constantFrom('put' as const, 'delete' as const, 'patch' as const),
      columns: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { minLength: 1 }),
    }),
    { maxLength: 30 },
  )
  .map((all) =>
    all.map(({ id, time, kind, columns }) => ({
      identity: id,
      change:
        kind === 'delete' ? removal(id, time) : kind === 'put' ? change(id, time) : patchOf(id, time, Object.fromEntries(columns.map((name) => [name, time]))),
    })),
  );

type Entry = { readonly identity: string; readonly change: Change };

/** What the row is after these, by the fold of the design: columns with the time that each was written at. */
function fold(all: readonly Entry[]): unknown {
  const of = (kind: string) => all.map((entry) => entry.change.mutation).filter((mutation) => mutation.kind === kind);
  const times = (mutations: readonly Mutation[]) => mutations.map(({ version }) => version.time);
  const gone = Math.max(0, ...times(of('delete')));
  const whole = Math.max(0, ...times(of('put')));
  const row: Record<string, number> = whole > gone ? { whole } : {};
  for (const mutation of of('patch')) {
    const { time } = mutation.version;
    if (mutation.kind !== 'patch' || time <= Math.max(gone, whole)) continue;
    for (const name of Object.keys(mutation.columns.values())) row[name] = Math.max(row[name] ?? 0, time);
  }
  return row;
}

test('one winner a row; nothing is lost and nothing invented; what goes out, now and later, says all that there was', () => {
  fc.assert(
    fc.property(entries, (all) => {
      const folded = coalesce(all);
      const out = folded.flatMap(({ winner, superseded, later }) => [winner, ...superseded, ...later]);
      expect(new Set(out)).toEqual(new Set(all));
      expect(out).toHaveLength(all.length);
      expect(folded.map(({ winner }) => winner.identity)).toEqual([...new Set(all.map(({ identity }) => identity))]);
      for (const { winner, superseded, later } of folded) {
        const { identity } = winner;
        for (const other of [...superseded, ...later]) expect(other.identity).toBe(identity);
        for (const older of superseded) expect(compareVersions(older.change.mutation.version, winner.change.mutation.version)).toBeLessThanOrEqual(0);
        expect(later.filter(({ change: { mutation } }) => mutation.kind !== 'patch')).toEqual([]);
        expect(fold([winner, ...later])).toEqual(fold(all.filter((entry) => entry.identity === identity)));
      }
    }),
  );
});

test('of equal versions the first stays: the other is a replay', () => {
  const first = { identity: 'a', change: change('a', 1) };
  const replay = { identity: 'a', change: change('a', 1) };
  expect(coalesce([first, replay])).toEqual([{ winner: first, superseded: [replay], later: [] }]);
  expect(coalesce([first, replay])[0]?.winner).toBe(first);
});

test('of equal versions the delete wins, whichever came first, as in a database', () => {
  const row = { identity: 'a', change: change('a', 1) };
  const gone = { identity: 'a', change: removal('a', 1) };
  expect(coalesce([row, gone])[0]?.winner).toBe(gone);
  expect(coalesce([gone, row])[0]?.winner).toBe(gone);
});
