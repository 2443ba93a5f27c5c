// Two writers step through each other's commands, in every order or in many; writers die between two commands. Whatever they do,
// the collection ends as the fold. The steps are those of src/mongodb/write.ts.
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/mongodb/connection.ts';
import { type CollectionShape, shapeOf } from '../../src/mongodb/shape.ts';
import { type SweepState, sweepRows, truncateRows } from '../../src/mongodb/sweep.ts';
import { writeGroup } from '../../src/mongodb/write.ts';
import { assertRows } from '../../src/testing/check.ts';
import { at, foldRows, type HistoryEvent, mutationOf, sequence, shuffled, target } from '../../src/testing/index.ts';
import type { TargetTable } from '../../src/types.ts';
import { databaseForEach, mongoTraits, storedRows } from '../support/ferretdb.ts';
import { clock, never } from '../support/machine.ts';
import { inSteps, type SteppedWriter, schedules } from '../support/mongo-steps.ts';
import { valueWriter } from '../support/value-writer.ts';

const given = databaseForEach(4);

/** What a writer does: one event of a key's history, or a truncation. */
type Deed = HistoryEvent | { readonly kind: 'truncate'; readonly time: number };

type Shape = Pick<TargetTable, 'deletes' | 'patches'>;

interface Place {
  readonly table: TargetTable;
  readonly shape: CollectionShape;
}

function placeOf(name: string, kind: Shape): Place {
  const table = target(name, kind);
  return { table, shape: shapeOf(table, 'test') };
}

/** `mostlyNew`: a put goes as an insertion first. */
async function perform(deed: Deed, { shape }: Place, way: Connection, mostlyNew = false): Promise<void> {
  const context = {
    connection: way,
    shape,
    tellsChanges: mongoTraits.reports === 'exact',
    writer: valueWriter(),
    habit: { mostlyNew },
    wallMs: clock.wallMs,
    signal: never,
  };
  if (deed.kind === 'truncate') await truncateRows(context, at(deed.time));
  else await writeGroup([mutationOf(deed)], context);
}

function writer(deed: Deed, place: Place, mostlyNew = false): SteppedWriter {
  return inSteps(given.connection, (way) => perform(deed, place, way, mostlyNew));
}

function isEvent(deed: Deed): deed is HistoryEvent {
  return deed.kind !== 'truncate';
}

async function assertFolded({ table }: Place, deeds: readonly Deed[], message: string): Promise<void> {
  const floor = Math.max(...deeds.map((deed) => (isEvent(deed) ? Number.NEGATIVE_INFINITY : deed.time)));
  const trial = { sinks: [] as never, traits: mongoTraits, groups: 0, rows: () => storedRows(given.url, table), close: async () => {} };
  await assertRows(trial, table, foldRows(deeds.filter(isEvent), { deletes: table.deletes, floor }), message);
}

const put = (time: number, id = 'a'): Deed => ({ id, time, kind: 'put' });
const remove = (time: number, id = 'a'): Deed => ({ id, time, kind: 'delete' });
const patch = (time: number, columns: readonly string[], id = 'a'): Deed => ({ id, time, kind: 'patch', columns });
const truncate = (time: number): Deed => ({ kind: 'truncate', time });

function named(deed: Deed): string {
  return `${deed.kind} ${deed.time}`;
}

function ofKey(deed: Deed, id: string): Deed {
  return isEvent(deed) ? { ...deed, id } : deed;
}

const befores: readonly (readonly Deed[])[] = [[], [put(5)], [remove(5)], [put(15)], [remove(15)]];
const pairs: readonly (readonly [Deed, Deed])[] = [
  [put(10), put(20)],
  [put(10), remove(20)],
  [put(20), remove(20)],
  [remove(10), put(20)],
  [remove(10), remove(20)],
];

const truncations: readonly (readonly [Deed, Deed])[] = [
  [put(10), truncate(20)],
  [put(20), truncate(10)],
  [remove(10), truncate(20)],
  [remove(20), truncate(10)],
];

/** Enough for a put (write, look, bury) and a delete (two questions, raise, bury); who has more goes on at the end. */
const everyTurn = schedules(3, 4);
/** And for a put that is guessed new (insert, write, look, bury). */
const everyTurnOfInsertions = schedules(4, 4);

/** Every order of turns of two writers, each with a key of its own for every schedule. */
async function takeTurns(
  place: Place,
  [first, second]: readonly [Deed, Deed],
  from: readonly (readonly Deed[])[],
  turns: readonly boolean[][],
  mostlyNew: boolean,
): Promise<void> {
  const all: Deed[] = [];
  for (const [number, before] of from.entries()) {
    for (const [turn, schedule] of turns.entries()) {
      const own = [...before, first, second].map((deed) => ofKey(deed, `k${number}-${turn}`));
      for (const deed of own.slice(0, before.length)) await perform(deed, place, given.connection);
      const writers = own.slice(before.length).map((deed) => writer(deed, place, mostlyNew));
      for (const second of schedule) await writers[second ? 1 : 0]?.step();
      for (const each of writers) await each.finish();
      all.push(...own);
    }
  }
  await assertFolded(place, all, `${named(first)}, ${named(second)}`);
}

const newState = (): SweepState => ({ since: undefined, from: undefined, floor: undefined });

test.for(pairs.slice(0, 4).map((pair) => [pair.map(named).join(', '), pair] as const))('every order of turns, guessed new: %s', async ([, pair]) => {
  await takeTurns(placeOf('orders', { deletes: 'hard', patches: false }), pair, befores.slice(0, 3), everyTurnOfInsertions, true);
});

describe.for(['hard', 'soft'] as const)('%s deletes', (deletes) => {
  test.for(pairs.map((pair) => [pair.map(named).join(', '), pair] as const))('every order of turns: %s', async ([, pair]) => {
    await takeTurns(placeOf('orders', { deletes, patches: false }), pair, befores, everyTurn, false);
  });

  test.for(truncations.map((pair) => [pair.map(named).join(', '), ...pair] as const))('every order of turns: %s', async ([, deed, truncation]) => {
    for (const [number, before] of befores.slice(0, 3).entries()) {
      for (const [turn, schedule] of everyTurn.entries()) {
        const place = placeOf(`orders_${number}_${turn}`, { deletes, patches: false });
        for (const each of before) await perform(each, place, given.connection);
        const writers = [writer(deed, place), writer(truncation, place)];
        for (const second of schedule) await writers[second ? 1 : 0]?.step();
        for (const each of writers) await each.finish();
        await assertFolded(
          place,
          [...before, deed, truncation],
          `${named(deed)}, ${named(truncation)}, before ${before.map(named)}, turns ${schedule.map(Number)}`,
        );
      }
    }
  });

  test('three writers take turns by chance, with patches and truncations', async () => {
    const next = sequence(deletes === 'hard' ? 1 : 2);
    for (let round = 0; round < 80; round += 1) {
      const place = placeOf(`patched_${round}`, { deletes, patches: true });
      const times = shuffled([1, 2, 3, 4, 5], next);
      const deeds = times.map((time): Deed => {
        const choice = next(9);
        if (choice === 0) return truncate(time);
        if (choice <= 2) return remove(time);
        return choice <= 5 ? put(time) : patch(time, choice === 6 ? ['a', 'b'] : [choice === 7 ? 'a' : 'b']);
      });
      for (const deed of deeds.slice(0, 2)) await perform(deed, place, given.connection);
      const writers = deeds.slice(2).map((deed) => writer(deed, place, next(2) === 0));
      for (let turn = 0; turn < 24; turn += 1) await writers[next(writers.length)]?.step();
      for (const each of writers) await each.finish();
      await assertFolded(place, deeds, `round ${round}: ${deeds.map(named)}`);
    }
  });
});

test('a put that was passed over for patches is not lost when another put takes them away before it looks', async () => {
  const place = placeOf('orders', { deletes: 'hard', patches: true });
  const deeds = [patch(5, ['a']), put(30), put(20)] as const;
  await perform(deeds[0], place, given.connection);
  const passedOver = writer(deeds[1], place);
  await passedOver.step();
  await perform(deeds[2], place, given.connection);
  await passedOver.finish();
  await assertFolded(place, deeds, 'the newest put stands');
});

describe.for(['hard', 'soft'] as const)('%s deletes, a writer that dies', (deletes) => {
  const deeds: readonly Deed[] = [put(10), remove(10), put(20), remove(20), patch(10, ['a']), patch(20, ['a', 'b'])];

  test.for([false, true])('between two commands is made good by the replay of its group; puts guessed new: %s', async (mostlyNew) => {
    const place = placeOf('orders', { deletes, patches: true });
    const all: Deed[] = [];
    for (const [number, dying] of deeds.entries()) {
      for (const [other, living] of deeds.filter(({ time }) => time !== dying.time).entries()) {
        for (let steps = 0; steps <= 6; steps += 1) {
          const [before, killed, meanwhile] = [put(5), dying, living].map((deed) => ofKey(deed, `k${number}-${other}-${steps}`)) as [Deed, Deed, Deed];
          await perform(before, place, given.connection);
          const victim = writer(killed, place, mostlyNew);
          for (let step = 0; step < steps; step += 1) await victim.step();
          await perform(meanwhile, place, given.connection);
          await perform(killed, place, given.connection);
          all.push(before, killed, meanwhile);
        }
      }
    }
    await assertFolded(place, all, 'after the replays');
  });

  test('is made good by a newer put as well, which comes in place of its own', async () => {
    const place = placeOf('orders', { deletes, patches: false });
    const own = [remove(30), put(10), put(20)] as const;
    await perform(own[0], place, given.connection);
    await writer(own[1], place, true).step();
    await perform(own[2], place, given.connection);
    await assertFolded(place, own, 'the delete stands');
  });

  test('in a truncation has forgotten no delete', async () => {
    const all: Deed[] = [remove(15), put(10)];
    for (let steps = 0; steps <= 3; steps += 1) {
      const place = placeOf(`orders_${steps}`, { deletes, patches: false });
      await perform(remove(15), place, given.connection);
      const victim = writer(truncate(20), place);
      for (let step = 0; step < steps; step += 1) await victim.step();
      await perform(put(10), place, given.connection);
      await assertFolded(place, all, `${steps} steps`);
    }
  });

  test('after it was replaced, with nobody to replay it, is made good by a sweep', async () => {
    const place = placeOf('orders', { deletes, patches: true });
    const late = [put(10), patch(10, ['a'])];
    const all: Deed[] = [];
    for (const [number, deed] of late.entries()) {
      for (let steps = 0; steps <= 6; steps += 1) {
        const own = [deed, remove(20)].map((each) => ofKey(each, `k${number}-${steps}`)) as [Deed, Deed];
        for (const each of own) await perform(each, place, given.connection);
        const frozen = writer(own[0], place);
        for (let step = 0; step < steps; step += 1) await frozen.step();
        all.push(...own);
      }
    }
    await sweepRows({ connection: given.connection, shape: place.shape, wallMs: clock.wallMs, signal: never }, newState());
    await assertFolded(place, all, 'after the sweep');
  });
});

test('a sweep takes what a writer left below the floor, once for each floor', async () => {
  const place = placeOf('orders', { deletes: 'hard', patches: false });
  const context = { connection: given.connection, shape: place.shape, wallMs: clock.wallMs, signal: never };
  await perform(truncate(20), place, given.connection);
  // Its process dies before it looks at the floor.
  await writer(put(10), place).step();
  expect((await storedRows(given.url, place.table)).length).toBe(1);
  const state = newState();
  expect(await sweepRows(context, state)).toEqual({ healed: 1, forgotten: 0 });
  expect(await sweepRows(context, state)).toEqual({ healed: 0, forgotten: 0 });
  expect(await storedRows(given.url, place.table)).toEqual([]);
});

test('a sweep comes to a fresh delete at once, and to the older ones bit by bit', async () => {
  const place = placeOf('orders', { deletes: 'hard', patches: false });
  const minuteMs = 60_000;
  let nowMs = 1_000_000 * minuteMs;
  const context = { connection: given.connection, shape: place.shape, writer: valueWriter(), habit: { mostlyNew: false }, wallMs: () => nowMs, signal: never };
  const limits = { fresh: 3, older: 4 };
  const ids = Array.from({ length: 20 }, (_, index) => `k${String(index).padStart(2, '0')}`);
  const bury = async (id: string): Promise<void> => {
    nowMs += minuteMs;
    await writeGroup([mutationOf({ id, time: 20, kind: 'delete' })], { ...context, tellsChanges: false });
  };
  for (const id of ids) await bury(id);
  // Their processes die before they look at the tombstones.
  const left = async (id: string): Promise<void> => writer(put(10, id), place).step();
  for (const id of ids) await left(id);
  const rowsLeft = async (): Promise<readonly string[]> => (await storedRows(given.url, place.table)).flatMap(({ key }) => key).sort();
  const state = newState();
  expect(await sweepRows(context, state, limits)).toEqual({ healed: 7, forgotten: 0, more: true });
  expect(await rowsLeft()).toEqual(ids.slice(4, 17));
  // A fresh delete, though thirteen older ones wait: the very next sweep has it, and goes on with the others.
  nowMs += 10 * minuteMs;
  await bury('fresh');
  await left('fresh');
  expect((await sweepRows(context, state, limits)).healed).toBeGreaterThanOrEqual(4);
  expect(await rowsLeft()).not.toContain('fresh');
  // After a restart too.
  await bury('fresher');
  await left('fresher');
  const restarted = newState();
  await sweepRows(context, restarted, limits);
  expect(await rowsLeft()).not.toContain('fresher');
  for (let sweep = 0; sweep < 6; sweep += 1) await sweepRows(context, restarted, limits);
  expect(await rowsLeft()).toEqual([]);
  // What is left over by one round is said to be, also where nothing was found; the rounds come to the end.
  const reports = [];
  for (let sweep = 0; sweep < 12; sweep += 1) reports.push(await sweepRows(context, restarted, limits));
  expect(reports).toContainEqual({ healed: 0, forgotten: 0, more: true });
  expect(reports).toContainEqual({ healed: 0, forgotten: 0 });
});
