// Laws of the suite about soft deletes: the content stays, the mark says whether its source's row is gone.
import assert from 'node:assert/strict';
import { assertReport, assertRows, type WantedRow } from './check.ts';
import { type Law, neverAborted } from './law.ts';
import { at, patch, put, remove, target, textKey } from './material.ts';
import { overShapes, shapesOf } from './shapes.ts';
import { walk } from './steps.ts';

const key = textKey('k');

function row(data: WantedRow['data'], time: number, deleted: boolean, partial: WantedRow['partial'] = {}): WantedRow {
  return { key: ['k'], data, version: at(time), deleted, partial };
}

const softDeletes = overShapes('a soft delete marks the row, keeps its content, and yields to a newer row', shapesOf(['soft'], false), async (trial, named) => {
  await walk(trial, named('orders'), [
    { says: 'a delete of what was never seen', write: remove(key, at(20)), rows: [] },
    { says: 'a put older than the delete lands marked', write: put(key, at(10), { v: 10 }), rows: [row({ v: 10 }, 10, true)] },
    { says: 'an older put', write: put(key, at(5), { v: 5 }), outcome: 'superseded' },
    { says: 'the put again', write: put(key, at(10), { v: 0 }), outcome: 'superseded' },
    { says: 'a newer put, still older than the delete', write: put(key, at(15), { v: 15, w: 1 }), rows: [row({ v: 15, w: 1 }, 15, true)] },
    { says: 'a put as old as the delete lands marked', write: put(key, at(20), { v: 20 }), rows: [row({ v: 20 }, 20, true)] },
    { says: 'a put newer than the delete', write: put(key, at(30), { v: 30 }), rows: [row({ v: 30 }, 30, false)] },
    { says: 'a delete older than the row', write: remove(key, at(25)), outcome: 'superseded', rows: [row({ v: 30 }, 30, false)] },
    { says: 'a delete as old as the row', write: remove(key, at(30)), rows: [row({ v: 30 }, 30, true)] },
    { says: 'the delete again', write: remove(key, at(30)), outcome: 'superseded' },
    { says: 'a newer delete', write: remove(key, at(40)), rows: [row({ v: 30 }, 30, true)] },
    { says: 'a put between the two deletes', write: put(key, at(35), { v: 35 }), rows: [row({ v: 35 }, 35, true)] },
    { says: 'a truncation marks', truncate: at(50), rows: [row({ v: 35 }, 35, true)] },
    { says: 'a put below the floor lands marked', write: put(key, at(45), { v: 45 }), rows: [row({ v: 45 }, 45, true)] },
    { says: 'a delete below the floor', write: remove(key, at(47)), outcome: 'superseded' },
    { says: 'a put above the floor', write: put(key, at(51), { v: 51 }), rows: [row({ v: 51 }, 51, false)] },
    { says: 'a truncation below the row', truncate: at(50, '2'), rows: [row({ v: 51 }, 51, false)] },
    { says: 'a truncation at the row', truncate: at(51), rows: [row({ v: 51 }, 51, true)] },
  ]);
});

const softPatches = overShapes(
  'patches of softly deleted rows keep the content whole, and only a newer one takes the mark away',
  shapesOf(['soft'], true),
  async (trial, named) => {
    await walk(trial, named('orders'), [
      { says: 'a row', write: put(key, at(10), { v: 10, w: 10 }) },
      { says: 'a delete', write: remove(key, at(20)), rows: [row({ v: 10, w: 10 }, 10, true)] },
      { says: 'a patch older than the delete', write: patch(key, at(15), { v: 15 }), rows: [row({ v: 15, w: 10 }, 10, true, { v: at(15) })] },
      { says: 'a patch as old as the delete', write: patch(key, at(20), { v: 20 }), rows: [row({ v: 20, w: 10 }, 10, true, { v: at(20) })] },
      { says: 'a put between', write: put(key, at(12), { v: 12, w: 12 }), rows: [row({ v: 20, w: 12 }, 12, true, { v: at(20) })] },
      { says: 'a patch newer than the delete', write: patch(key, at(30), { w: 30 }), rows: [row({ v: 20, w: 30 }, 12, false, { v: at(20), w: at(30) })] },
      {
        says: 'a delete below that patch',
        write: remove(key, at(25)),
        outcome: 'either',
        rows: [row({ v: 20, w: 30 }, 12, false, { v: at(20), w: at(30) })],
      },
      { says: 'a delete at that patch', write: remove(key, at(30)), rows: [row({ v: 20, w: 30 }, 12, true, { v: at(20), w: at(30) })] },
      { says: 'a put that clears the patches, below the delete', write: put(key, at(30), { v: 1 }), rows: [row({ v: 1 }, 30, true)] },
      { says: 'a put above the delete', write: put(key, at(31), { v: 2 }), rows: [row({ v: 2 }, 31, false)] },
    ]);
  },
);

const softForgetting: Law = {
  name: 'a sweep does not forget the delete of a soft row that is still there',
  async holds(trial) {
    const orders = target('orders', { deletes: 'soft', tombstoneRetentionMs: 0 });
    const table = await trial.sinks[0].table(orders, neverAborted);
    await table.write([put(textKey('a'), at(10), { v: 10 })], neverAborted);
    await table.write([remove(textKey('a'), at(20)), remove(textKey('b'), at(20))], neverAborted);
    assert.equal((await table.sweep(neverAborted)).forgotten, 1);
    const report = await table.write([put(textKey('a'), at(15), { v: 15 }), put(textKey('b'), at(15), { v: 15 })], neverAborted);
    assertReport(trial, report, { applied: 2 });
    await assertRows(trial, orders, [
      { key: ['a'], data: { v: 15 }, version: at(15), deleted: true },
      { key: ['b'], data: { v: 15 }, version: at(15), deleted: false },
    ]);
  },
};

export const softLaws: readonly Law[] = [softDeletes, softPatches, softForgetting];
