// Laws of the suite: every order of a short history ends in its fold. Exhaustive, so the histories are short; each order of
// each history is a key of its own, and all keys take a step together.

import { prepareGroup } from '../keys.ts';
import type { TargetTable } from '../types.ts';
import { assertAccounted, assertRows } from './check.ts';
import { foldRows, type HistoryEvent, mutationOf, permutations } from './history.ts';
import type { Law, Trial } from './law.ts';
import { neverAborted } from './law.ts';
import { at } from './material.ts';
import { overShapes, shapesOf } from './shapes.ts';

/** A put, a delete, patches of `a`, `b` and both, and a truncation of the whole table. */
type Letter = 'P' | 'D' | 'a' | 'b' | 'c' | 'T';

type Moment = { readonly time: number; readonly letter: Letter };

/** All histories of three events, each newer than the one before. */
function triples(letters: readonly Letter[]): Moment[][] {
  return letters.flatMap((first) =>
    letters.flatMap((second) => letters.map((third) => [first, second, third].map((letter, time): Moment => ({ letter, time })))),
  );
}

/** A history from its letters, one time each; those joined by `=` share theirs. */
function history(text: string): Moment[] {
  return text.split(' ').flatMap((part, time) => part.split('=').map((letter) => ({ letter: letter as Letter, time })));
}

const longer = ['P a D b', 'a P b D', 'D a P b', 'P D c P', 'a D b P', 'P a P b', 'D P a D', 'P c D a', 'c P a D', 'a c D P', 'P D P D'].map(history);
const ties = ['P=D', 'a=D', 'P=a', 'P a=D', 'a P=D', 'P=a D', 'D P=c', 'P=a=D b'].map(history);
/** The truncation is the third of four everywhere: a floor concerns all keys of a table. */
const truncated = ['P P T P', 'P a T D', 'P D T P', 'a P T D', 'D P T a', 'P a T P', 'D a T P', 'a D T a', 'a a T P', 'D D T P'].map(history);
const floor = 2;

function eventOf(id: string, { letter, time }: Moment): HistoryEvent {
  if (letter === 'P') return { id, time, kind: 'put' };
  if (letter === 'D') return { id, time, kind: 'delete' };
  return { id, time, kind: 'patch', columns: letter === 'c' ? ['a', 'b'] : [letter] };
}

/** Writes the orders step by step, the truncation at its place, and the first step again at the end. */
async function writeOrders(trial: Trial, table: TargetTable, orders: readonly (readonly Moment[])[]): Promise<void> {
  const tables = [await trial.sinks[0].table(table, neverAborted), await trial.sinks[1].table(table, neverAborted)] as const;
  const steps = Math.max(...orders.map((order) => order.length));
  for (const step of [...Array(steps).keys(), 0]) {
    const moments = orders.map((order, index) => ({ moment: order[step], id: nameOf(order, index) }));
    const writer = tables[step % 2 === 0 ? 0 : 1];
    if (moments.some(({ moment }) => moment?.letter === 'T')) {
      await writer.truncate(at(floor), neverAborted);
      continue;
    }
    const group = prepareGroup(moments.flatMap(({ moment, id }) => (moment === undefined ? [] : mutationOf(eventOf(id, moment)))));
    assertAccounted(await writer.write(group, neverAborted), group);
  }
  const events = orders.flatMap((order, index) => order.filter(({ letter }) => letter !== 'T').map((moment) => eventOf(nameOf(order, index), moment)));
  const ended = orders.some((order) => order.some(({ letter }) => letter === 'T'));
  await assertRows(trial, table, foldRows(events, { deletes: table.deletes, ...(ended ? { floor } : {}) }), 'all orders');
}

/** The order in the key, so that a failure tells which it was. */
function nameOf(order: readonly Moment[], index: number): string {
  return `${index} ${order.map(({ letter, time }) => `${letter}${time}`).join(' ')}`;
}

const everyOrder = overShapes(
  'every order of a history ends in its fold: puts, deletes, patches, ties',
  shapesOf(['hard', 'soft'], true),
  async (trial, named) => {
    const orders = [...triples(['P', 'a', 'D']), ...longer, ...ties].flatMap(permutations);
    await writeOrders(trial, named('orders'), orders);
  },
);

const everyTruncation = overShapes('every order of a history with a truncation ends in its fold', shapesOf(['hard', 'soft'], true), async (trial, named) => {
  const orders = truncated.flatMap(permutations);
  for (const place of [0, 1, 2, 3]) {
    await writeOrders(
      trial,
      named(`truncated_${place}`),
      orders.filter((order) => order[place]?.letter === 'T'),
    );
  }
});

/** Without room for patches a table is written by a shorter way: the orders of puts and deletes hold there too. */
const everyPlainOrder = overShapes(
  'every order of puts and deletes ends in its fold, in tables without patches',
  shapesOf(['hard', 'soft'], false),
  async (trial, named) => {
    const orders = [...triples(['P', 'D']), history('P D P D'), history('D P D P'), history('P=D'), history('P P=D')].flatMap(permutations);
    await writeOrders(trial, named('orders'), orders);
  },
);

export const orderLaws: readonly Law[] = [everyPlainOrder, everyOrder, everyTruncation];
