// Laws of the suite about versions: what is newer, what a delete and a truncation outrank, and what is counted of each.
import type { Key } from '@shardfold/changes';
import { prepareGroup } from '../keys.ts';
import { assertReport, assertRows } from './check.ts';
import { type Law, neverAborted } from './law.ts';
import { append, at, put, remove, target, textKey } from './material.ts';
import { overShapes, shapesOf } from './shapes.ts';
import { walk } from './steps.ts';

const lateEvents: Law = {
  name: 'a deleted row stays deleted, and late events count as superseded',
  async holds(trial) {
    const key = textKey('a');
    const back = { key: ['a'], data: { id: 'a', name: 'back' }, version: at(30) };
    await walk(trial, target('orders'), [
      { says: 'a delete of what was never seen', write: remove(key, at(20)), rows: [] },
      { says: 'a late put', write: put(key, at(10), { id: 'a' }), outcome: 'superseded' },
      { says: 'a late delete', write: remove(key, at(15)), outcome: 'superseded' },
      { says: 'a replayed delete', write: remove(key, at(20)), outcome: 'superseded' },
      { says: 'a put of the same version', write: put(key, at(20), { id: 'a' }), outcome: 'superseded', rows: [] },
      { says: 'a newer put', write: put(key, at(30), { id: 'a', name: 'back' }), rows: [back] },
      { says: 'a replayed put', write: put(key, at(30), { id: 'a', name: 'replayed' }), outcome: 'superseded' },
      { says: 'a delete older than the row', write: remove(key, at(25)), outcome: 'superseded', rows: [back] },
      { says: 'a delete of the same version', write: remove(key, at(30)), rows: [] },
      { says: 'the put again', write: put(key, at(30), { id: 'a' }), outcome: 'superseded', rows: [] },
    ]);
  },
};

const rising = [
  at(-9e15, '99'),
  at(-8e15, '1'),
  at(0, '9'),
  at(0, '10'),
  at(5, '9'.repeat(64)),
  at(5, '9'.repeat(65)),
  at(6, '0'),
  at(1_800_000_000_000_000, '1'),
];

const versionOrder: Law = {
  name: 'versions compare as time, then digits by value; snapshots rank below changes',
  async holds(trial) {
    const orders = target('orders');
    const table = await trial.sinks[0].table(orders, neverAborted);
    const pairs = rising.slice(1).map((newer, index) => ({ index, newer, older: rising[index] ?? newer }));
    const key = (name: string, index: number): Key => textKey(`${name} ${index}`);
    const first = pairs.flatMap(({ index, older, newer }) => [
      put(key('rises', index), older, { at: 'older' }),
      put(key('stays', index), newer, { at: 'newer' }),
      remove(key('stays away', index), newer),
      remove(key('comes back', index), older),
    ]);
    const second = pairs.flatMap(({ index, older, newer }) => [
      put(key('rises', index), newer, { at: 'newer' }),
      put(key('stays', index), older, { at: 'older' }),
      put(key('stays away', index), older, { at: 'older' }),
      put(key('comes back', index), newer, { at: 'newer' }),
    ]);
    assertReport(trial, await table.write(prepareGroup(first), neverAborted), { applied: first.length });
    assertReport(trial, await table.write(prepareGroup(second), neverAborted), { applied: second.length / 2, superseded: second.length / 2 });
    const wanted = pairs.flatMap(({ index, newer }) =>
      ['rises', 'stays', 'comes back'].map((name) => ({ key: [`${name} ${index}`], data: { at: 'newer' }, version: newer })),
    );
    await assertRows(trial, orders, wanted);
  },
};

const graveCount = 300;

const manyTombstones = overShapes(
  'among many tombstones a late put finds its own, and a newer one passes it',
  shapesOf(['hard'], false),
  async (trial, named) => {
    const orders = named('orders');
    const table = await trial.sinks[0].table(orders, neverAborted);
    const key = (index: number): Key => textKey(`k${String(index).padStart(3, '0')}`);
    const graves = Array.from({ length: graveCount }, (_, index) => remove(key(index), at(20)));
    assertReport(trial, await table.write(prepareGroup(graves), neverAborted), { applied: graveCount });
    const places = [0, 2, graveCount / 2, graveCount - 1];
    // Each alone: a group with several says that it has one as soon as one is found.
    for (const index of places) assertReport(trial, await table.write([put(key(index), at(10), { n: 1 })], neverAborted), { superseded: 1 });
    const newer = [2, graveCount - 2].map((index) => put(key(index), at(30), { n: 2 }));
    const group = prepareGroup([put(key(graveCount - 1), at(10), { n: 1 }), ...newer, put(textKey('new'), at(1), { n: 3 })]);
    assertReport(trial, await table.write(group, neverAborted), { applied: newer.length + 1, superseded: 1 });
    const standing = [2, graveCount - 2].map((index) => ({ key: [`k${String(index).padStart(3, '0')}`], data: { n: 2 }, version: at(30) }));
    await assertRows(trial, orders, [...standing, { key: ['new'], data: { n: 3 }, version: at(1) }]);
  },
);

const truncation: Law = {
  name: 'a truncation takes what is at or below it, for good',
  async holds(trial) {
    const orders = target('orders');
    const [table, other] = [await trial.sinks[0].table(orders, neverAborted), await trial.sinks[1].table(orders, neverAborted)];
    await table.write([put(textKey('a'), at(10), {}), put(textKey('b'), at(30), {})], neverAborted);
    await table.truncate(at(20), neverAborted);
    await other.truncate(at(15), neverAborted);
    const late = [put(textKey('a'), at(10), {}), put(textKey('c'), at(20), {}), remove(textKey('d'), at(12)), put(textKey('e'), at(21), {})];
    assertReport(trial, await other.write(late, neverAborted), { applied: 1, superseded: 3 });
    const [b, e] = [
      { key: ['b'], data: {}, version: at(30) },
      { key: ['e'], data: {}, version: at(21) },
    ];
    await assertRows(trial, orders, [b, e]);
    await table.sweep(neverAborted);
    assertReport(trial, await table.write(late.slice(0, 3), neverAborted), { superseded: 3 });
    await other.truncate(at(21), neverAborted);
    await assertRows(trial, orders, [b]);
    const elsewhere = await trial.sinks[0].table(target('elsewhere'), neverAborted);
    assertReport(trial, await elsewhere.write([put(textKey('a'), at(1), {})], neverAborted), { applied: 1 }, 'A floor concerns one table.');
  },
};

const keylessTruncation: Law = {
  name: 'a truncation of a table without a key takes the rows at or below it, and they stay away when replayed',
  async holds(trial) {
    const events = target('events', { key: [] });
    const table = await trial.sinks[0].table(events, neverAborted);
    const group = prepareGroup([append('s:1:0', at(1), { n: 1 }), append('s:2:0', at(2), { n: 2 }), append('s:3:0', at(3), { n: 3 })]);
    assertReport(trial, await table.write(group, neverAborted), { applied: 3 });
    await table.truncate(at(2), neverAborted);
    const left = { key: ['s:3:0'], data: { n: 3 }, version: at(3) };
    await assertRows(trial, events, [left]);
    const again = await trial.sinks[1].table(events, neverAborted);
    assertReport(trial, await again.write(group, neverAborted), { superseded: 3 });
    await assertRows(trial, events, [left]);
  },
};

export const versionLaws: readonly Law[] = [lateEvents, versionOrder, manyTombstones, truncation, keylessTruncation];
