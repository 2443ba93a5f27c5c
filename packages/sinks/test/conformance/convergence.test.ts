// A law over arbitrary histories: any order, any repetition, any groups, two writers at once; the table is the fold.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prepareGroup } from '../../src/index.ts';
import { fold, groupsOf, type HistoryEvent, mutationOf, target } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { postgresForFile, sinksOn } from '../support/postgres.ts';

const newUrl = postgresForFile();

const history = fc
  .array(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), kind: fc.constantFrom('put' as const, 'delete' as const) }), { minLength: 1, maxLength: 30 })
  .map((events) => events.map((event, time): HistoryEvent => ({ ...event, time })));

/** What each of two writers gets: every event at least once between them. */
const deliveries = history.chain((events) =>
  fc.record({
    events: fc.constant(events),
    both: fc.tuple(fc.shuffledSubarray(events), fc.shuffledSubarray(events)),
    rest: fc.shuffledSubarray(events, { minLength: events.length }),
    maxGroup: fc.integer({ min: 1, max: 5 }),
  }),
);

test('two writers end in the fold of what they wrote', async () => {
  const subject = await sinksOn(await newUrl());
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(deliveries, async ({ events, both, rest, maxGroup }) => {
        run += 1;
        const name = `orders_${run}`;
        const tables = await Promise.all(subject.sinks.map((sink) => sink.table(target(name), never)));
        const middle = rest.length >> 1;
        const parts = [
          [...both[0], ...rest.slice(0, middle)],
          [...rest.slice(middle), ...both[1]],
        ];
        let accounted = 0;
        await Promise.all(
          tables.map(async (table, index) => {
            for (const group of groupsOf(parts[index] ?? [], maxGroup)) {
              const { applied, superseded, rejected } = await table.write(prepareGroup(group.map(mutationOf)), never);
              accounted += applied + superseded + rejected.length;
            }
          }),
        );
        expect(accounted).toBe(parts.flat().length);
        const stored = new Map((await subject.rows(target(name))).map(({ key, version }) => [key[0], version.time]));
        expect(stored).toEqual(fold(events));
      }),
      { numRuns: 60, seed: 20_261_121 },
    );
  } finally {
    await subject.close();
  }
});
