// Laws of the suite about changes that bring single columns: they meet whole rows, deletes and each other in any order.

import { noVersion } from '../partial/fold.ts';
import { assertReport, assertRows, type WantedRow } from './check.ts';
import { type Law, neverAborted } from './law.ts';
import { at, patch, put, remove, target, textKey } from './material.ts';
import { overShapes, shapesOf } from './shapes.ts';
import { walk } from './steps.ts';

const key = textKey('k');
/** The oldest of all that come. */
const snapshot = at(-9e15, '0');

function row(data: WantedRow['data'], time: number | undefined, partial: Readonly<Record<string, number>> = {}): WantedRow {
  const versions = Object.fromEntries(Object.entries(partial).map(([name, at_]) => [name, at(at_)]));
  return { key: ['k'], data, version: time === undefined ? noVersion : at(time), partial: versions };
}

const shapes = shapesOf(['hard'], true);

const patchesAndRows = overShapes('patches before, between and after whole rows', shapes, async (trial, named) => {
  const table = named('orders');
  await walk(trial, table, [
    { says: 'a patch before its row', write: patch(key, at(20), { a: 'p20' }), rows: [row({ a: 'p20' }, undefined, { a: 20 })] },
    {
      says: 'a snapshot fills the other columns',
      write: put(key, snapshot, { id: 'k', a: 's', b: 's' }),
      rows: [{ ...row({ id: 'k', a: 'p20', b: 's' }, undefined, { a: 20 }), version: snapshot }],
    },
    { says: 'a replayed patch', write: patch(key, at(20), { a: 'p20 again' }), outcome: 'superseded' },
    {
      says: 'an older put fills the other columns',
      write: put(key, at(10), { id: 'k', a: 'w10', b: 'w10' }),
      rows: [row({ id: 'k', a: 'p20', b: 'w10' }, 10, { a: 20 })],
    },
    { says: 'a patch older than the row', write: patch(key, at(9), { b: 'p9', c: 'p9' }), outcome: 'superseded' },
    { says: 'a patch of the same version as the row', write: patch(key, at(10), { b: 'p10' }), outcome: 'superseded' },
    {
      says: 'a patch that is newer in one column only',
      write: patch(key, at(15), { a: 'p15', b: 'p15' }),
      rows: [row({ id: 'k', a: 'p20', b: 'p15' }, 10, { a: 20, b: 15 })],
    },
    {
      says: 'a put between the patches',
      write: put(key, at(17), { id: 'k', a: 'w17', b: 'w17', c: 'w17' }),
      rows: [row({ id: 'k', a: 'p20', b: 'w17', c: 'w17' }, 17, { a: 20 })],
    },
    { says: 'a put of the same version as the patch', write: put(key, at(20), { id: 'k', b: 'w20' }), rows: [row({ id: 'k', b: 'w20' }, 20)] },
    { says: 'the patch again', write: patch(key, at(20), { a: 'p20' }), outcome: 'superseded', rows: [row({ id: 'k', b: 'w20' }, 20)] },
    {
      says: 'a patch over the row',
      write: patch(key, at(30), { b: 'p30', n: { deep: [1, 'x'] } }),
      rows: [row({ id: 'k', b: 'p30', n: { deep: [1, 'x'] } }, 20, { b: 30, n: 30 })],
    },
    { says: 'a newer put clears the patches', write: put(key, at(40), { id: 'k', c: 'w40' }), rows: [row({ id: 'k', c: 'w40' }, 40)] },
    { says: 'a patch to null', write: patch(key, at(50), { c: null }), rows: [row({ id: 'k', c: null }, 40, { c: 50 })] },
    { says: 'a patch of nothing', write: patch(key, at(60), {}), outcome: 'superseded', rows: [row({ id: 'k', c: null }, 40, { c: 50 })] },
  ]);
});

const patchesAndDeletes = overShapes('a delete takes the patches that it outranks, and no others', shapes, async (trial, named) => {
  const table = named('orders');
  await walk(trial, table, [
    { says: 'a row', write: put(key, at(10), { id: 'k', a: 'w10', b: 'w10' }) },
    { says: 'a patch', write: patch(key, at(15), { b: 'p15' }) },
    { says: 'a newer patch', write: patch(key, at(30), { a: 'p30' }), rows: [row({ id: 'k', a: 'p30', b: 'p15' }, 10, { a: 30, b: 15 })] },
    { says: 'a delete between them', write: remove(key, at(20)), rows: [row({ a: 'p30' }, undefined, { a: 30 })] },
    { says: 'the row again', write: put(key, at(10), { id: 'k', a: 'w10' }), outcome: 'superseded' },
    { says: 'a put as old as the delete', write: put(key, at(20), { id: 'k', a: 'w20' }), outcome: 'superseded' },
    { says: 'a patch older than the delete', write: patch(key, at(18), { b: 'p18' }), outcome: 'superseded' },
    { says: 'a patch as old as the delete', write: patch(key, at(20), { b: 'p20' }), outcome: 'superseded', rows: [row({ a: 'p30' }, undefined, { a: 30 })] },
    {
      says: 'a put between the delete and the patch',
      write: put(key, at(25), { id: 'k', a: 'w25', b: 'w25' }),
      rows: [row({ id: 'k', a: 'p30', b: 'w25' }, 25, { a: 30 })],
    },
    { says: 'a delete as old as the patch', write: remove(key, at(30)), rows: [] },
    { says: 'the patch again', write: patch(key, at(30), { a: 'p30' }), outcome: 'superseded', rows: [] },
    { says: 'a patch after the delete', write: patch(key, at(31), { a: 'p31' }), rows: [row({ a: 'p31' }, undefined, { a: 31 })] },
    { says: 'a delete that raises the tombstone under the patch', write: remove(key, at(30, '2')), rows: [row({ a: 'p31' }, undefined, { a: 31 })] },
    { says: 'a truncation between', truncate: at(30, '3'), rows: [row({ a: 'p31' }, undefined, { a: 31 })] },
    { says: 'a patch at the floor', write: patch(key, at(30, '3'), { b: 'p30' }), outcome: 'superseded' },
    { says: 'a truncation above the patch', truncate: at(31), rows: [] },
  ]);
});

const patchGroups = overShapes('patches, puts and deletes of one group land together, counted one by one', shapes, async (trial, named) => {
  const table = named('orders');
  const orders = await trial.sinks[0].table(table, neverAborted);
  const keys = ['a', 'b', 'c', 'd'].map(textKey);
  const [a = key, b = key, c = key, d = key] = keys;
  const wanted = (id: string, data: WantedRow['data'], version: number, partial: number): WantedRow => ({
    key: [id],
    data,
    version: at(version),
    partial: partial === 0 ? {} : { x: at(partial) },
  });
  const first = keys.map((each) => put(each, at(10), { x: 1, y: 1 }));
  assertReport(trial, await orders.write(first, neverAborted), { applied: 4 });
  const mixed = [patch(a, at(20), { x: 2 }), patch(b, at(5), { x: 2 }), put(c, at(20), { x: 2 }), remove(d, at(20))];
  assertReport(trial, await orders.write(mixed, neverAborted), { applied: 3, superseded: 1 });
  await assertRows(trial, table, [wanted('a', { x: 2, y: 1 }, 10, 20), wanted('b', { x: 1, y: 1 }, 10, 0), wanted('c', { x: 2 }, 20, 0)]);
  const again = await trial.sinks[1].table(table, neverAborted);
  assertReport(trial, await again.write(mixed, neverAborted), { superseded: 4 });
  // A row that has patches and one that has none, both put anew by one group.
  assertReport(trial, await again.write([put(a, at(15), { y: 3 }), put(b, at(30), { y: 3 })], neverAborted), { applied: 2 });
  await assertRows(trial, table, [wanted('a', { x: 2, y: 3 }, 15, 20), wanted('b', { y: 3 }, 30, 0), wanted('c', { x: 2 }, 20, 0)]);
});

const anyPatches = overShapes('patches that cannot be stored are rejected by index, the rest lands', shapes, async (trial, named) => {
  const table = named('orders');
  const orders = await trial.sinks[0].table(table, neverAborted);
  const keys = ['a', 'b', 'c', 'd'].map(textKey);
  await orders.write(
    keys.map((each) => put(each, at(1), { id: 'x', n: 1 })),
    neverAborted,
  );
  const group = keys.map((each, index) => patch(each, at(2), index === 1 ? (trial.traits.refused ?? {}) : { n: 2 }));
  assertReport(trial, await orders.write(group, neverAborted), { applied: 3, rejected: [1] });
  await assertRows(
    trial,
    table,
    ['a', 'b', 'c', 'd'].map((id, index) => ({
      key: [id],
      data: { id: 'x', n: index === 1 ? 1 : 2 },
      version: at(1),
      partial: index === 1 ? {} : { n: at(2) },
    })),
  );
});

const refusedPatches: Law = { ...anyPatches, concerns: ({ refused }) => refused !== undefined };

const manyPatches = overShapes('a truncation reaches every patched row of a large table, and what it leaves of each is right', shapes, async (trial, named) => {
  const table = named('orders');
  const orders = await trial.sinks[0].table(table, neverAborted);
  const ids = Array.from({ length: 1_200 }, (_, index) => `k${String(index).padStart(4, '0')}`);
  const times = ids.map((_, index) => (index % 3 === 0 ? 10 : 20));
  const patches = ids.map((id, index) => patch(textKey(id), at(times[index] ?? 0), { a: index }));
  assertReport(trial, await orders.write(patches, neverAborted), { applied: ids.length });
  await orders.truncate(at(10), neverAborted);
  const left = ids.flatMap((id, index): WantedRow[] =>
    times[index] === 20 ? [{ key: [id], data: { a: index }, version: noVersion, partial: { a: at(20) } }] : [],
  );
  await assertRows(trial, table, left);
});

const exactPatches: Law = {
  name: 'patched rows keep the digits, the names and the texts of what they were merged from',
  concerns: ({ layouts }) => layouts.includes('document'),
  async holds(trial) {
    const digits = trial.traits.numbers === 'exact' ? 12345678901234567890123456789012345678n : 9007199254740993n;
    const table = target('orders', { patches: true, columns: { drop: ['ssn'], rename: { ts: 'created_at' } } });
    const image = { id: 'k', big: digits, 'a.b': 1, $x: '$y', 'quote"': '\\', '': 'empty', nested: { big: digits, null: null }, ssn: 'x', ts: 1, a: 1 };
    const { ssn: _ssn, ts: _ts, ...kept } = image;
    await walk(trial, table, [
      { says: 'a row', write: put(key, at(10), image) },
      {
        says: 'a patch of a renamed, a dropped and a plain column',
        write: patch(key, at(20), { ts: 2, ssn: 'y', a: digits, $1: '$$ROOT' }),
        rows: [row({ ...kept, created_at: 2, a: digits, $1: '$$ROOT' }, 10, { created_at: 20, a: 20, $1: 20 })],
      },
      { says: 'a patch of a dropped column alone', write: patch(key, at(30), { ssn: 'z' }), outcome: 'superseded' },
    ]);
  },
};

const withoutRoom: Law = {
  name: 'a patch to a table without room for its versions is the fault of the row, and says which column is missing',
  async holds(trial) {
    const orders = target('orders');
    const table = await trial.sinks[0].table(orders, neverAborted);
    const report = await table.write([put(textKey('a'), at(1), { x: 1 }), patch(textKey('b'), at(1), { x: 1 })], neverAborted);
    assertReport(trial, report, { applied: 1, rejected: [1] });
    const [rejection] = report.rejected;
    if (rejection?.error.code !== 'PATCH_UNSUPPORTED') throw new Error(`The code is ${rejection?.error.code}, not PATCH_UNSUPPORTED.`);
    await assertRows(trial, orders, [{ key: ['a'], data: { x: 1 }, version: at(1) }]);
  },
};

export const patchLaws: readonly Law[] = [patchesAndRows, patchesAndDeletes, patchGroups, refusedPatches, manyPatches, exactPatches, withoutRoom];
