// Two writers on one key, one statement at a time, in every order or in many: whatever waits for whatever, the row ends as the
// fold of what they wrote, and the newest of them is reported as applied.
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TargetTable } from '../../src/index.ts';
import { at, put, target, textKey } from '../../src/testing/index.ts';
import { never } from '../support/machine.ts';
import { postgresForFile, query, sinkFor, storedRows } from '../support/postgres.ts';
import { connect, type SteppedSink, steppedSink } from '../support/stepped.ts';
import {
  befores,
  deleted,
  type Event,
  inOrder,
  meetsTruncation,
  type Pair,
  pairs,
  pairsWithPatches,
  patched,
  play,
  someSchedules,
  type Turns,
} from '../support/turns.ts';

const newUrl = postgresForFile();

let url: string;
let watcher: pg.Client;
let writers: readonly [SteppedSink, SteppedSink];

beforeEach(async () => {
  url = await newUrl();
  watcher = await connect(url);
  writers = [await steppedSink(url, watcher), await steppedSink(url, watcher)];
});

afterEach(async () => {
  for (const writer of writers) await writer.end();
  await watcher.end();
});

/** Every order of so many steps of one writer and so many of the other; `true` is the second writer's turn. */
function schedules(first: number, second: number): Turns[] {
  if (first === 0 && second === 0) return [[]];
  return [
    ...(first > 0 ? schedules(first - 1, second).map((rest) => [false, ...rest]) : []),
    ...(second > 0 ? schedules(first, second - 1).map((rest) => [true, ...rest]) : []),
  ];
}

/** The first so far, then a little of the second, then the rest of the first: from the second all at once to the first all at once. */
function lateSchedules(steps: number): Turns[] {
  return Array.from({ length: steps / 2 }, (_, half) => [
    ...Array.from({ length: 2 * half }, () => false),
    true,
    true,
    true,
    ...Array.from({ length: steps }, () => false),
  ]);
}

async function expectFold(orders: TargetTable, { before, first, second }: Pair, turns: readonly Turns[]): Promise<void> {
  const plain = sinkFor(url);
  try {
    const wanted = { ...orders, name: 'wanted' };
    await inOrder(await plain.table(wanted, never), 'k', [...before, first, second]);
    const table = await plain.table(orders, never);
    const tables = [await writers[0].sink.table(orders, never), await writers[1].sink.table(orders, never)] as const;
    for (const [number, schedule] of turns.entries()) {
      const id = `k${number}`;
      await inOrder(table, id, before);
      const running = [writers[0].start(() => tables[0].write([first(id)], never)), writers[1].start(() => tables[1].write([second(id)], never))] as const;
      const [, report] = await play(running, schedule);
      expect(report.applied, `the newest is applied: ${schedule}`).toBe(1);
    }
    const [fold] = await storedRows(url, wanted);
    const rows = await storedRows(url, orders);
    expect(rows.length).toBe(fold === undefined ? 0 : turns.length);
    for (const row of rows) expect({ ...row, key: [] }).toEqual({ ...fold, key: [] });
  } finally {
    await plain.close();
  }
}

describe.for(pairs)('$name, every order of their statements', (pair) => {
  test.for(befores)('over $over', ({ before }) => expectFold(target('orders'), { ...pair, before }, schedules(4, 4)));
});

describe.for(pairs)('$name, soft deletes', (pair) => {
  test.for(befores)('over $over', ({ before }) => expectFold(target('orders', { deletes: 'soft' }), { ...pair, before }, someSchedules(6, 10)));
});

describe('on a table that refuses rows which stand only for a lock', () => {
  test.for(pairs.slice(0, 3).flatMap((pair) => befores.slice(0, 3).map(({ over, before }) => ({ ...pair, name: `${pair.name}, over ${over}`, before }))))(
    '$name',
    async (pair) => {
      const columns = `(id text COLLATE "C" PRIMARY KEY, data jsonb CHECK (data ? 'written'), cdc_time bigint NOT NULL, cdc_seq numeric(65) NOT NULL)`;
      await query(url, `CREATE TABLE orders ${columns}; CREATE TABLE wanted ${columns}`);
      await expectFold(target('orders'), pair, someSchedules(5, 24));
    },
  );
});

describe.for(['hard', 'soft'] as const)('with patches, %s deletes', (deletes) => {
  test.for(pairsWithPatches)('$name', (pair) => expectFold(target('orders', { deletes, patches: true }), pair, someSchedules(9, 16)));
});

describe('columns that somebody else adds meanwhile', () => {
  const orders = target('orders', { layout: 'columns', patches: true });
  const row =
    (time: number, names: readonly string[]): Event =>
    (id) =>
      put(textKey(id), at(time), Object.fromEntries(names.map((name) => [name, time])));

  test.for<Pair>([
    { name: 'an older row with a new column', before: [row(5, ['a'])], first: row(10, ['a', 'x']), second: row(20, ['a']) },
    { name: 'both add the same', before: [], first: row(10, ['x', 'y']), second: row(20, ['x', 'z']) },
    { name: 'a patch with a new column', before: [row(5, ['a'])], first: patched(10, 'x'), second: row(20, ['a']) },
    { name: 'a delete', before: [row(5, ['a'])], first: row(10, ['x']), second: deleted(20) },
    { name: 'over a patch newer than both', before: [patched(30, 'p')], first: row(10, ['a', 'x']), second: row(20, ['a']) },
  ])('leave no old value standing: $name', async ({ before, first, second }) => {
    for (const [number, turns] of [...someSchedules(2, 40), ...lateSchedules(20)].entries()) {
      // Each run has a table of its own: a column is added once.
      const own = { ...orders, name: `orders_${number}` };
      const plain = sinkFor(url);
      try {
        const wanted = { ...orders, name: `wanted_${number}` };
        await inOrder(await plain.table(wanted, never), 'k', [...before, first, second]);
        await inOrder(await plain.table(own, never), 'k', before);
        const tables = [await writers[0].sink.table(own, never), await writers[1].sink.table(own, never)] as const;
        const running = [writers[0].start(() => tables[0].write([first('k')], never)), writers[1].start(() => tables[1].write([second('k')], never))] as const;
        await play(running, turns);
        expect(await storedRows(url, own)).toEqual(await storedRows(url, wanted));
      } finally {
        await plain.close();
      }
    }
  });
});

describe('a truncation', () => {
  const orders = target('orders', { patches: true });

  test.for(meetsTruncation)('meets $name in any order', async ({ mutation, left }) => {
    const tables = [await writers[0].sink.table(orders, never), await writers[1].sink.table(orders, never)] as const;
    for (const [number, turns] of someSchedules(8, 14).entries()) {
      const id = `k${number}`;
      await query(url, 'DELETE FROM shardfold_floors; DELETE FROM orders');
      const writing = writers[0].start(async () => void (await tables[0].write([mutation(id)], never)));
      const truncating = writers[1].start(() => tables[1].truncate(at(20), never));
      await play([writing, truncating], turns);
      expect((await storedRows(url, orders)).length, `${turns}`).toBe(left);
    }
  });
});
