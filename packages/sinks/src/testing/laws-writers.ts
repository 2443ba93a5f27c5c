// Laws of the suite: several writers at once, with the same keys, whose events come shuffled and repeated, end in the fold.
import assert from 'node:assert/strict';
import { prepareGroup } from '../keys.ts';
import type { Table, TargetTable } from '../types.ts';
import { assertAccounted, assertRows } from './check.ts';
import { foldRows, groupsOf, type HistoryEvent, mutationOf, sequence, shuffled } from './history.ts';
import { type Law, neverAborted, type SinkUnderTest, type Trial } from './law.ts';
import { at } from './material.ts';
import { overShapes, shapesOf } from './shapes.ts';

const maxGroup = 6;
const rounds = 3;
const eventsPerRound = 60;
const keysPerRound = 8;
const contendedKeys = 12;

function historyOf(length: number, keys: number, patches: boolean, next: (below: number) => number): HistoryEvent[] {
  return Array.from({ length }, (_, time): HistoryEvent => {
    const id = `k${next(keys)}`;
    const choice = next(patches ? 6 : 3);
    if (choice >= 3) return { id, time, kind: 'patch', columns: choice === 3 ? ['a', 'b'] : choice === 4 ? ['a'] : ['b'] };
    return { id, time, kind: choice === 0 ? 'delete' : 'put' };
  });
}

/** Every event at least once, some of them again, in no order. */
function deliveries(events: readonly HistoryEvent[], next: (below: number) => number): HistoryEvent[] {
  return shuffled([...events, ...events.filter(() => next(3) === 0)], next);
}

/** Writes events in their order, in groups. */
async function writeAll(table: Table, events: readonly HistoryEvent[]): Promise<void> {
  for (const run of groupsOf(events, maxGroup)) {
    const group = prepareGroup(run.map(mutationOf));
    assertAccounted(await table.write(group, neverAborted), group);
  }
}

async function tablesOf(subject: SinkUnderTest, table: TargetTable, count: number): Promise<Table[]> {
  const tables: Table[] = [];
  for (let index = 0; index < count; index += 1) tables.push(await subject.sinks[index % 2 === 0 ? 0 : 1].table(table, neverAborted));
  return tables;
}

function inParts<T>(items: readonly T[], count: number): T[][] {
  const size = Math.ceil(items.length / count);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** The second writer truncates in the middle of its share, to a time late in the history. */
async function twoAtOnce(trial: Trial, table: TargetTable, seed: number): Promise<void> {
  const next = sequence(seed);
  const events = historyOf(eventsPerRound, keysPerRound, table.patches, next);
  const [first, second] = await tablesOf(trial, table, 2);
  assert.ok(first !== undefined && second !== undefined);
  const [mine = [], theirs = []] = inParts(deliveries(events, next), 2);
  const [early = [], late = []] = inParts(theirs, 2);
  const floor = (eventsPerRound * 3) >> 2;
  const truncating = async (): Promise<void> => {
    await writeAll(second, early);
    await second.truncate(at(floor), neverAborted);
    await writeAll(second, late);
  };
  await Promise.all([writeAll(first, mine), truncating()]);
  await assertRows(trial, table, foldRows(events, { deletes: table.deletes, floor }), `seed ${seed}`);
}

/** Shuffles runs of the list, not the whole: the newest event must not settle everything at the start. */
function shuffledNearby<T>(items: readonly T[], next: (below: number) => number): T[] {
  return inParts(items, Math.max(1, items.length >> 4)).flatMap((run) => shuffled(run, next));
}

const shapes = [...shapesOf(['hard', 'soft'], false), ...shapesOf(['hard', 'soft'], true)];

const twoWriters = overShapes('two writers at once, shuffled and repeated, with a truncation, end in the fold', shapes, async (trial, named) => {
  for (let round = 0; round < rounds; round += 1) await twoAtOnce(trial, named(`orders_${round}`), round);
});

const fourWriters = overShapes('four writers at once on few keys end in the fold after one sweep, and none hears an error', shapes, async (trial, named) => {
  const next = sequence(trial.groups);
  const table = named('contended');
  const events = historyOf((trial.groups * 5) >> 1, contendedKeys, table.patches, next);
  const tables = await tablesOf(trial, table, 4);
  // Neighbours in time go to different writers: each key is fought for all the way.
  const shares = tables.map((_, writer) =>
    shuffledNearby(
      events.filter((_event, index) => index % 4 === writer || next(4) === 0),
      next,
    ),
  );
  await Promise.all(tables.map((each, writer) => writeAll(each, shares[writer] ?? [])));
  await tables[0]?.sweep(neverAborted);
  await assertRows(trial, table, foldRows(events, table), 'after the sweep');
});

export const writerLaws: readonly Law[] = [twoWriters, fourWriters];
