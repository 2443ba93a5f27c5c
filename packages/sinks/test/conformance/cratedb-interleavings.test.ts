// Steps of two writers in the orders that timing alone would seldom give: one writer is held in the middle of a write while the
// other does all of its own. Each order is one that a guard stands against.
import type { Version } from '@shardfold/changes';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Mutation, TargetTable } from '../../src/index.ts';
import { at, patch, put, remove, target, textKey } from '../../src/testing/material.ts';
import { crateForFile, sinkFor, storedRows } from '../support/cratedb.ts';
import { heldServer } from '../support/held-server.ts';
import { never } from '../support/machine.ts';

const server = crateForFile();
const key = textKey('k');
const upsert = /INSERT INTO [^ ]*__rows/;
const exchange = /UPDATE [^ ]*__rows/;
const removal = /DELETE FROM [^ ]*__rows/;
const floorRead = /FROM [^ ]*shardfold_floors/;
const stateRead = /SELECT (?:(?!information_schema).)*_seq_no/;

/** Two writers of one table, of which the first can be held. */
async function writers(context: { skip(reason: string): never }, table: TargetTable) {
  const url = server.schema(context);
  const held = await heldServer(url);
  const [first, second] = [sinkFor(held.url), sinkFor(url)];
  onTestFinished(async () => {
    await Promise.all([first.close(), second.close()]);
    await held.stop();
  });
  for (const sink of [first, second]) await sink.open(never);
  const [slow, quick] = [await first.table(table, never), await second.table(table, never)];
  return {
    quick,
    slow,
    rows: async () => (await storedRows(url, table)).map(({ data, deleted }) => ({ data: JSON.parse(data), deleted })),
    /** The first writer writes, or truncates to a version; in the middle of it `meanwhile` happens. */
    async during(what: Mutation | Version, statement: RegExp, where: 'before' | 'after', meanwhile: () => Promise<unknown>) {
      const hold = held.hold(statement, where);
      const acting: Promise<unknown> = 'kind' in what ? slow.write([what], never) : slow.truncate(what, never);
      await hold.reached;
      await meanwhile();
      hold.release();
      await acting;
    },
  };
}

describe('a put and a truncation', { timeout: 120_000 }, () => {
  for (const deletes of ['hard', 'soft'] as const) {
    const wanted = deletes === 'hard' ? [] : [{ data: { v: 1 }, deleted: true }];
    for (const patches of [false, true]) {
      const table = target('orders', { deletes, patches });
      test(`that is done before the put is: ${deletes}, ${patches ? 'patches' : 'plain'}`, async (context) => {
        const { during, quick, rows } = await writers(context, table);
        await during(put(key, at(10), { v: 1 }), upsert, 'before', () => quick.truncate(at(20), never));
        expect(await rows()).toEqual(wanted);
      });

      test(`that begins after the put has read the floor: ${deletes}, ${patches ? 'patches' : 'plain'}`, async (context) => {
        const { during, quick, rows } = await writers(context, table);
        await during(put(key, at(10), { v: 1 }), floorRead, 'after', () => quick.truncate(at(20), never));
        expect(await rows()).toEqual(wanted);
      });
    }

    test(`that is done while a patch is on its way: ${deletes}`, async (context) => {
      const { during, quick, rows } = await writers(context, target('orders', { deletes, patches: true }));
      await quick.write([put(key, at(5), { v: 0 })], never);
      await during(patch(key, at(10), { v: 1 }), exchange, 'before', () => quick.truncate(at(20), never));
      expect(await rows()).toEqual(wanted);
    });
  }

  test('that takes a tombstone which a late put would have met', async (context) => {
    const { during, quick, rows } = await writers(context, target('orders'));
    await quick.write([remove(key, at(15))], never);
    await during(put(key, at(10), { v: 1 }), upsert, 'before', () => quick.truncate(at(20), never));
    expect(await rows()).toEqual([]);
  });

  for (const deletes of ['hard', 'soft'] as const) {
    test(`that has found a row which becomes a newer one: ${deletes}`, async (context) => {
      const { during, quick, rows } = await writers(context, target('orders', { deletes }));
      await quick.write([put(key, at(10), { v: 1 })], never);
      await during(at(20), deletes === 'hard' ? removal : exchange, 'before', () => quick.write([put(key, at(30), { v: 3 })], never));
      expect(await rows()).toEqual([{ data: { v: 3 }, deleted: false }]);
    });
  }

  test('that meets a newer row under way', async (context) => {
    const { during, quick, rows } = await writers(context, target('orders'));
    await during(put(key, at(10), { v: 1 }), floorRead, 'after', async () => {
      await quick.truncate(at(20), never);
      await quick.write([put(key, at(30), { v: 3 })], never);
    });
    expect(await rows()).toEqual([{ data: { v: 3 }, deleted: false }]);
  });
});

describe('a patch and what comes between its reading and its writing', { timeout: 120_000 }, () => {
  const table = target('orders', { patches: true });

  test.for<[string, Mutation, object[]]>([
    ['a newer row', put(key, at(30), { v: 3 }), [{ v: 3 }]],
    ['an older row', put(key, at(15), { v: 2, w: 2 }), [{ v: 1, w: 2 }]],
    ['another patch', patch(key, at(30), { w: 3 }), [{ v: 1, w: 3 }]],
    ['a newer delete', remove(key, at(30)), []],
  ])('%s', async ([, between, wanted], context) => {
    const { during, quick, rows } = await writers(context, table);
    await quick.write([put(key, at(10), { v: 0 })], never);
    await during(patch(key, at(20), { v: 1 }), exchange, 'before', () => quick.write([between], never));
    expect((await rows()).map(({ data }) => data)).toEqual(wanted);
  });

  test('a row where there was none', async (context) => {
    const { during, quick, rows } = await writers(context, table);
    await during(patch(key, at(20), { v: 1 }), upsert, 'before', () => quick.write([put(key, at(10), { v: 0, w: 0 })], never));
    expect((await rows()).map(({ data }) => data)).toEqual([{ v: 1, w: 0 }]);
  });
});

describe('columns that come while a row is on its way', { timeout: 120_000 }, () => {
  const table = target('orders', { layout: 'columns', patches: true });

  test('do not keep the value of an older row', async (context) => {
    const { during, quick, rows } = await writers(context, target('orders', { layout: 'columns' }));
    await quick.write([put(textKey('other'), at(1), { a: 1 })], never);
    await during(put(key, at(20), { a: 1 }), upsert, 'before', () => quick.write([put(key, at(10), { a: 0, x: 'old' })], never));
    expect((await rows()).map(({ data }) => data)).toEqual([{ a: 1 }, { a: 1 }]);
  });

  test('are seen by a row that is folded slowly', async (context) => {
    const { during, slow, quick, rows } = await writers(context, table);
    await slow.write([put(key, at(1), { a: 1 })], never);
    await slow.write([patch(key, at(5), { a: 2 })], never);
    // The row has a patch, so the put is folded; the column comes before what is stored is read.
    await during(put(key, at(20), { a: 3 }), stateRead, 'before', () => quick.write([patch(key, at(10), { x: 'old' })], never));
    expect((await rows()).map(({ data }) => data)).toEqual([{ a: 3 }]);
  });
});
