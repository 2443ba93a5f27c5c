// Laws of the suite: whatever arrives in whatever order, however often and through whom, a table ends as the fold of it.
import assert from 'node:assert/strict';
import { prepareGroup } from '../keys.ts';
import type { Table, WriteReport } from '../types.ts';
import { type Law, neverAborted, type SinkUnderTest } from './law.ts';
import { at, fold, groupsOf, type HistoryEvent, mutationOf, permutations, put, remove, target, textKey } from './material.ts';

const rounds = 12;
const eventsPerRound = 60;
const keysPerRound = 8;
const maxGroup = 6;

/** Fails unless the table holds exactly the fold of the events. */
export async function assertFolded(subject: SinkUnderTest, table: string, events: readonly HistoryEvent[]): Promise<void> {
  const found = (await subject.rows(table)).map(({ key: [id = ''], data, version }) => ({ id, time: version.time, written: JSON.parse(data).written }));
  const wanted = [...fold(events)].map(([id, time]) => ({ id, time, written: time }));
  const byId = (left: { id: string }, right: { id: string }): number => (left.id < right.id ? -1 : 1);
  assert.deepEqual(found.sort(byId), wanted.sort(byId));
}

/** Writes events in their order, in groups; answers the sums. */
export async function writeAll(table: Table, events: readonly HistoryEvent[], groupLimit: number): Promise<Pick<WriteReport, 'applied' | 'superseded'>> {
  const sums = { applied: 0, superseded: 0 };
  for (const group of groupsOf(events, groupLimit)) {
    const report = await table.write(prepareGroup(group.map(mutationOf)), neverAborted);
    assert.equal(report.applied + report.superseded + report.unresolved, group.length);
    sums.applied += report.applied;
    sums.superseded += report.superseded;
  }
  return sums;
}

/** Numbers that are the same in every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function shuffledHistory(next: (below: number) => number): HistoryEvent[] {
  const events = Array.from(
    { length: eventsPerRound },
    (_, time): HistoryEvent => ({ id: `k${next(keysPerRound)}`, kind: next(3) === 0 ? 'delete' : 'put', time }),
  );
  const repeated = [...events, ...events.filter(() => next(3) === 0)];
  for (let last = repeated.length - 1; last > 0; last -= 1) {
    const other = next(last + 1);
    const [left, right] = [repeated[last], repeated[other]];
    if (left === undefined || right === undefined) continue;
    repeated[last] = right;
    repeated[other] = left;
  }
  return repeated;
}

const everyOrder: Law = {
  name: 'every order of a history ends in its fold',
  async holds(subject) {
    const table = await subject.sinks[0].table(target('orders'), neverAborted);
    const histories: HistoryEvent['kind'][][] = [
      ['put', 'put', 'delete'],
      ['put', 'delete', 'put'],
      ['delete', 'put', 'delete'],
      ['put', 'delete', 'put', 'delete'],
    ];
    const orders = histories.flatMap((kinds, history) =>
      permutations(kinds.map((kind, time) => ({ kind, time }))).map((events, order) =>
        events.map((event): HistoryEvent => ({ ...event, id: `${history}-${order}` })),
      ),
    );
    const steps = Math.max(...orders.map((events) => events.length));
    for (let step = 0; step < steps; step += 1) {
      const group = orders.flatMap((events) => events[step] ?? []);
      await writeAll(table, group, group.length);
    }
    await assertFolded(subject, 'orders', orders.flat());
  },
};

const twoWriters: Law = {
  name: 'shuffled and repeated histories through two writers at once end in their fold',
  async holds(subject) {
    for (let round = 0; round < rounds; round += 1) {
      const name = `orders_${round}`;
      const [first, second] = await Promise.all(subject.sinks.map((sink) => sink.table(target(name), neverAborted)));
      assert.ok(first !== undefined && second !== undefined);
      const events = shuffledHistory(sequence(round));
      const middle = events.length >> 1;
      await Promise.all([writeAll(first, events.slice(0, middle), maxGroup), writeAll(second, events.slice(middle), maxGroup)]);
      await assertFolded(subject, name, events);
    }
  },
};

const lateEvents: Law = {
  name: 'a deleted row stays deleted, and late events count as superseded',
  async holds(subject) {
    const table = await subject.sinks[0].table(target('orders'), neverAborted);
    const steps = [
      [remove(textKey('a'), at(20)), { applied: 1, superseded: 0 }],
      [put(textKey('a'), at(10), { id: 'a' }), { applied: 0, superseded: 1 }],
      [remove(textKey('a'), at(15)), { applied: 0, superseded: 1 }],
      [remove(textKey('a'), at(20)), { applied: 0, superseded: 1 }],
      [put(textKey('a'), at(20), { id: 'a' }), { applied: 0, superseded: 1 }],
      [put(textKey('a'), at(30), { id: 'a', name: 'back' }), { applied: 1, superseded: 0 }],
      [put(textKey('a'), at(30), { id: 'a', name: 'replayed' }), { applied: 0, superseded: 1 }],
      [remove(textKey('a'), at(25)), { applied: 0, superseded: 1 }],
    ] as const;
    for (const [mutation, wanted] of steps) assert.deepEqual(await table.write([mutation], neverAborted), { ...wanted, unresolved: 0, rejected: [] });
    const [row] = await subject.rows('orders');
    assert.deepEqual(JSON.parse(row?.data ?? ''), { id: 'a', name: 'back' });
    assert.deepEqual(row?.version, at(30));
  },
};

const versionOrder: Law = {
  name: 'versions compare as time, then digits by value; snapshots rank below changes',
  async holds(subject) {
    const table = await subject.sinks[0].table(target('orders'), neverAborted);
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
    for (const version of rising) assert.equal((await table.write([put(textKey('a'), version, {})], neverAborted)).applied, 1, JSON.stringify(version));
    for (const version of rising) assert.equal((await table.write([put(textKey('a'), version, {})], neverAborted)).superseded, 1, JSON.stringify(version));
  },
};

const truncation: Law = {
  name: 'a truncation takes what is at or below it, for good',
  async holds(subject) {
    const [table, other] = await Promise.all(subject.sinks.map((sink) => sink.table(target('orders'), neverAborted)));
    assert.ok(table !== undefined && other !== undefined);
    await table.write([put(textKey('a'), at(10), {}), put(textKey('b'), at(30), {})], neverAborted);
    await table.truncate(at(20), neverAborted);
    await table.truncate(at(15), neverAborted);
    const late = [put(textKey('a'), at(10), {}), put(textKey('c'), at(20), {}), remove(textKey('d'), at(12)), put(textKey('e'), at(21), {})];
    const { applied, superseded } = await other.write(late, neverAborted);
    assert.deepEqual({ applied, superseded }, { applied: 1, superseded: 3 });
    assert.deepEqual((await subject.rows('orders')).map(({ key }) => key[0]).sort(), ['b', 'e']);
  },
};

export const convergenceLaws: readonly Law[] = [everyOrder, twoWriters, lateEvents, versionOrder, truncation];
