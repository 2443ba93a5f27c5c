// Laws of the suite about layout `columns`: attributes come, go and change their type, and nothing of a row is lost or left
// standing, whoever added the columns.
import { ExactNumber, type Image, ValueSet } from '@shardfold/changes';
import type { TargetTable } from '../types.ts';
import { assertReport, assertRows, type WantedRow } from './check.ts';
import { type Law, neverAborted, type SinkTraits } from './law.ts';
import { at, imageOf, patch, put, remove, target, textKey } from './material.ts';
import { walk } from './steps.ts';

function hasColumns({ layouts }: SinkTraits): boolean {
  return layouts.includes('columns');
}

const orders = target('orders', { layout: 'columns' });
const patched: TargetTable = { ...orders, patches: true };
const key = textKey('k');
const digits = '12345678901234567890123456789012345678';

function row(data: Image, time: number, partial: WantedRow['partial'] = {}): WantedRow {
  return { key: ['k'], data, version: at(time), partial };
}

/** Each image as the whole row, one after the other. */
const images: readonly Image[] = [
  { id: 'k' },
  { id: 'k', a: 1 },
  { id: 'k', a: 2, b: 'text', c: true, d: [1, 'y', null], e: new Uint8Array([0, 255]), f: { deep: { n: new ExactNumber(digits) } }, g: 1.5 },
  { id: 'k', b: 'only' },
  { id: 'k', a: 'text now', b: 5, c: 'yes', d: 'no list', e: 'no bytes', f: 7, g: false },
  { id: 'k', a: 7, b: 'text again', c: false, d: {}, e: new Uint8Array(0), f: null, g: -2 },
  { id: 'k', a: 1.25 },
  { id: 'k', a: new ExactNumber(digits), g: new ExactNumber(`0.${digits}`) },
  { id: 'k', a: 9223372036854775807n, g: 18446744073709551616n },
  { id: 'k', a: Number.NaN, g: Number.POSITIVE_INFINITY, h: Number.NaN },
  { id: 'k', h: 3, i: new ValueSet([2, 1]), j: 'x'.repeat(40_000), k: '' },
  { id: 'k', j: 'short', k: '{"a":1}', d: '{"a":1}', i: null },
  { id: 'k', cdc_time: 'mine', data: 1, _extra: { b: 'inner' }, a: 'wrong type' },
  {},
];

const changingAttributes: Law = {
  name: 'attributes appear, disappear and change their type, and the row is always the last one written',
  concerns: hasColumns,
  async holds(trial) {
    await walk(
      trial,
      orders,
      images.map((image, time) => ({ says: `image ${time}`, write: put(key, at(time), image), rows: [row(image, time)] })),
    );
    const back = await trial.sinks[0].table({ ...orders, name: 'backwards' }, neverAborted);
    const falling = images.map((image, time) => put(textKey(String(time)), at(1), image)).reverse();
    assertReport(trial, await back.write(falling, neverAborted), { applied: images.length }, 'all types of all attributes in one group');
    await assertRows(
      trial,
      { ...orders, name: 'backwards' },
      images.map((data, time) => ({ key: [String(time)], data, version: at(1) })),
      'one group',
    );
  },
};

const unknownColumns: Law = {
  name: 'a whole row written by a sink that does not know all columns leaves no old value standing',
  concerns: hasColumns,
  async holds(trial) {
    const [first, second] = [await trial.sinks[0].table(orders, neverAborted), await trial.sinks[1].table(orders, neverAborted)];
    await second.write([put(key, at(1), { a: 1 })], neverAborted);
    await first.write([put(key, at(2), { a: 2, x: 'mine', n: 1 })], neverAborted);
    assertReport(trial, await second.write([put(key, at(3), { a: 3, y: 'mine' })], neverAborted), { applied: 1 });
    await assertRows(trial, orders, [row({ a: 3, y: 'mine' }, 3)], 'the second does not know x');
    assertReport(trial, await first.write([put(key, at(4), { x: 'again' })], neverAborted), { applied: 1 });
    await assertRows(trial, orders, [row({ x: 'again' }, 4)], 'the first does not know y');
    // Both have a column for it, of another type in each one's memory: the first integer is widened behind the second's back.
    await first.write([put(key, at(5), { n: 1.5 })], neverAborted);
    await second.write([put(key, at(6), { n: new ExactNumber(`${digits}.5`), x: 1 })], neverAborted);
    await assertRows(trial, orders, [row({ n: new ExactNumber(`${digits}.5`), x: 1 }, 6)], 'n was widened');
    await second.write([put(textKey('l'), at(1), { x: 'l' })], neverAborted);
    await first.write([remove(key, at(7))], neverAborted);
    await assertRows(trial, orders, [{ key: ['l'], data: { x: 'l' }, version: at(1) }]);
  },
};

const unknownPatches: Law = {
  name: 'patches and whole rows by sinks that do not know all columns leave standing what is newer, and nothing else',
  concerns: hasColumns,
  async holds(trial) {
    // Both are opened before there is any column: `walk` lets them take turns.
    await walk(trial, patched, [
      { says: 'a row', write: put(key, at(1), { a: 1 }) },
      { says: 'a patch of a column that the first does not know', write: patch(key, at(10), { x: 'p' }), rows: [row({ a: 1, x: 'p' }, 1, { x: at(10) })] },
      { says: 'a row older than the patch', write: put(key, at(5), { a: 5 }), rows: [row({ a: 5, x: 'p' }, 5, { x: at(10) })] },
      { says: 'another patch', write: patch(key, at(11), { y: 'q' }), rows: [row({ a: 5, x: 'p', y: 'q' }, 5, { x: at(10), y: at(11) })] },
      { says: 'a row newer than both', write: put(key, at(20), { a: 20 }), rows: [row({ a: 20 }, 20)] },
      { says: 'a row with a new column', write: put(key, at(21), { a: 21, z: 1 }), rows: [row({ a: 21, z: 1 }, 21)] },
      { says: 'a patch by one who does not know it', write: patch(key, at(22), { w: 1 }), rows: [row({ a: 21, z: 1, w: 1 }, 21, { w: at(22) })] },
      {
        says: 'a patch of it by one who does',
        write: patch(key, at(23), { z: 'text' }),
        rows: [row({ a: 21, z: 'text', w: 1 }, 21, { w: at(22), z: at(23) })],
      },
      { says: 'an empty row', write: put(key, at(30), {}), rows: [row({}, 30)] },
      { says: 'a row with another new column', write: put(key, at(40), { v: 1 }), rows: [row({ v: 1 }, 40)] },
      { says: 'a patch to null by one who does not know it', write: patch(key, at(41), { v: null }), rows: [row({}, 40, { v: at(41) })] },
    ]);
  },
};

const addedAtOnce: Law = {
  name: 'two sinks that add columns at once, the same and others, end with every row whole',
  concerns: hasColumns,
  async holds(trial) {
    const tables = [await trial.sinks[0].table(orders, neverAborted), await trial.sinks[1].table(orders, neverAborted)] as const;
    const rounds = 6;
    const imageAt = (round: number, writer: number): Image => ({
      [`c${round}`]: round,
      [`own${writer}_${round}`]: 'own',
      shared: round % 2 === 0 ? round : `r${round}`,
    });
    const wanted = new Map<string, WantedRow>();
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(
        tables.map(async (table, writer) => {
          const mine = textKey(`k${writer}_${round}`);
          const group = [put(mine, at(1), imageAt(round, writer)), put(textKey('shared'), at(round, String(writer)), imageAt(round, writer))];
          const report = await table.write(group, neverAborted);
          wanted.set(`k${writer}_${round}`, { key: [`k${writer}_${round}`], data: imageAt(round, writer), version: at(1) });
          if (report.rejected.length > 0) throw new Error(`round ${round}: ${report.rejected[0]?.error.message}`);
        }),
      );
      const shared: WantedRow = { key: ['shared'], data: imageAt(round, 1), version: at(round, '1') };
      await assertRows(trial, orders, [...wanted.values(), shared], `round ${round}`);
    }
  },
};

const patchedColumns: Law = {
  name: 'patches add columns, change types, and meet what does not fit, without losing the rest of the row',
  concerns: hasColumns,
  async holds(trial) {
    const [v, n] = [(time: number) => ({ v: at(time) }), (time: number) => ({ n: at(time) })];
    await walk(trial, patched, [
      { says: 'a row', write: put(key, at(10), { id: 'k', v: 1, w: 'w', odd: { x: 1 } }), rows: [row({ v: 1, w: 'w', odd: { x: 1 } }, 10)] },
      { says: 'a column nobody knew', write: patch(key, at(20), { n: 'new' }), rows: [row({ v: 1, w: 'w', odd: { x: 1 }, n: 'new' }, 10, n(20))] },
      {
        says: 'a value of another type',
        write: patch(key, at(30), { v: 'text' }),
        rows: [row({ v: 'text', w: 'w', odd: { x: 1 }, n: 'new' }, 10, { ...n(20), ...v(30) })],
      },
      { says: 'back to its type', write: patch(key, at(40), { v: 5 }), rows: [row({ v: 5, w: 'w', odd: { x: 1 }, n: 'new' }, 10, { ...n(20), ...v(40) })] },
      {
        says: 'another type again, with a fraction',
        write: patch(key, at(50), { v: 'text', n: 1.5 }),
        rows: [row({ v: 'text', w: 'w', odd: { x: 1 }, n: 1.5 }, 10, { ...n(50), ...v(50) })],
      },
      {
        says: 'an older row',
        write: put(key, at(15), { id: 'k', v: 2, w: 7, cdc_seq: 'mine' }),
        rows: [row({ v: 'text', w: 7, n: 1.5, cdc_seq: 'mine' }, 15, { ...n(50), ...v(50) })],
      },
      { says: 'null', write: patch(key, at(60), { v: null }), rows: [row({ w: 7, n: 1.5, cdc_seq: 'mine' }, 15, { ...n(50), ...v(60) })] },
      { says: 'a newer row', write: put(key, at(70), { id: 'k', w: 'w' }), rows: [row({ w: 'w' }, 70)] },
      {
        says: 'one that fits nowhere',
        write: patch(key, at(80), { cdc_seq: 'mine', w: 1 }),
        rows: [row({ w: 1, cdc_seq: 'mine' }, 70, { w: at(80), cdc_seq: at(80) })],
      },
      { says: 'a delete', write: remove(key, at(80)), rows: [] },
    ]);
  },
};

const manyColumns: Law = {
  name: 'a row of more attributes than a table has columns loses none',
  concerns: hasColumns,
  async holds(trial) {
    const image = imageOf(Array.from({ length: 1_700 }, (_, index) => [`attribute_${index}`, index % 3 === 0] as const));
    const small: Image = { attribute_0: false, attribute_1699: true, late: 1 };
    const table = await trial.sinks[0].table(orders, neverAborted);
    assertReport(trial, await table.write([put(key, at(1), image)], neverAborted), { applied: 1 });
    await assertRows(trial, orders, [row(image, 1)]);
    const other = await trial.sinks[1].table(orders, neverAborted);
    assertReport(trial, await other.write([put(key, at(2), small)], neverAborted), { applied: 1 });
    await assertRows(trial, orders, [row(small, 2)]);
  },
};

const refusedColumns: Law = {
  name: 'rows that cannot be stored as columns are rejected by index, the rest lands',
  concerns: (traits) => hasColumns(traits) && traits.refused !== undefined,
  async holds(trial) {
    const table = await trial.sinks[0].table(orders, neverAborted);
    const group = ['a', 'b', 'c', 'd'].map((id) => put(textKey(id), at(1), id === 'c' ? { ...trial.traits.refused, n: 1 } : { text: id, n: 1 }));
    assertReport(trial, await table.write(group, neverAborted), { applied: 3, rejected: [2] });
    await assertRows(
      trial,
      orders,
      ['a', 'b', 'd'].map((id) => ({ key: [id], data: { text: id, n: 1 }, version: at(1) })),
    );
  },
};

export const columnLaws: readonly Law[] = [changingAttributes, unknownColumns, unknownPatches, addedAtOnce, patchedColumns, manyColumns, refusedColumns];
