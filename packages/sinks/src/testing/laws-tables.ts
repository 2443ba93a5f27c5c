// Laws of the suite about what stands around the rows: tombstones and their end, tables that are opened, made and described,
// writes that are broken off.
import assert from 'node:assert/strict';
import { prepareGroup } from '../keys.ts';
import { SinkError, type TargetTable } from '../types.ts';
import { assertReport, assertRows } from './check.ts';
import { type Law, neverAborted } from './law.ts';
import { append, at, put, remove, target, textKey } from './material.ts';
import { overShapes, shapesOf } from './shapes.ts';

const forgetting: Law = {
  name: 'sweeping forgets tombstones past their retention, and no others',
  async holds(trial) {
    const kept = await trial.sinks[0].table(target('kept'), neverAborted);
    const brief = await trial.sinks[0].table(target('brief', { tombstoneRetentionMs: 0 }), neverAborted);
    for (const table of [kept, brief]) await table.write([remove(textKey('a'), at(20)), remove(textKey('b'), at(20))], neverAborted);
    assert.deepEqual(await kept.sweep(neverAborted), { healed: 0, forgotten: 0 });
    assert.deepEqual(await brief.sweep(neverAborted), { healed: 0, forgotten: 2 });
    assertReport(trial, await kept.write([put(textKey('a'), at(10), {})], neverAborted), { superseded: 1 });
    assertReport(trial, await brief.write([put(textKey('a'), at(10), {})], neverAborted), { applied: 1 });
    await assertRows(trial, target('kept'), []);
    await assertRows(trial, target('brief'), [{ key: ['a'], data: {}, version: at(10) }]);
  },
};

const healing: Law = {
  name: 'a sweep takes a row that a stale writer left under its tombstone, and no other',
  concerns: ({ plants, layouts }) => plants && layouts.includes('document'),
  async holds(trial) {
    assert.ok(trial.plant !== undefined, 'The traits say that rows can be planted; `plant` is missing.');
    const orders = target('orders');
    const table = await trial.sinks[0].table(orders, neverAborted);
    await table.write([remove(textKey('a'), at(20)), remove(textKey('b'), at(20)), put(textKey('c'), at(20), {})], neverAborted);
    await trial.plant(orders, 'a', at(10));
    await trial.plant(orders, 'b', at(30));
    assert.deepEqual(await table.sweep(neverAborted), { healed: 1, forgotten: 0 });
    assert.deepEqual(await table.sweep(neverAborted), { healed: 0, forgotten: 0 });
    await assertRows(
      trial,
      orders,
      [at(30), at(20)].map((version, index) => ({ key: [index === 0 ? 'b' : 'c'], data: {}, version })),
    );
  },
};

const reopening: Law = {
  name: 'a table opened twice, or by two at once, is one table, and the sink tells of it',
  async holds(trial) {
    const tables = await Promise.all([...trial.sinks, ...trial.sinks].map((sink) => sink.table(target('orders'), neverAborted)));
    const reports = await Promise.all(tables.map((table) => table.write([put(textKey('a'), at(1), {})], neverAborted)));
    const applied = reports.reduce((sum, report) => sum + report.applied, 0);
    if (trial.traits.reports === 'exact') assert.equal(applied, 1);
    assert.ok(applied <= 1);
    assert.ok(trial.sinks[0].statementsPerTable >= 1);
    await trial.sinks[0].table(target('others', { deletes: 'soft', patches: true }), neverAborted);
    const status = await trial.sinks[0].describe(neverAborted);
    assert.equal(status.kind, trial.sinks[0].kind);
    assert.ok(status.server.length > 0);
    assert.ok(status.latencyMs >= 0);
    assert.deepEqual(status.tables.map(({ name }) => name).sort(), ['orders', 'others']);
    for (const { rows = 0, bytes = 0, tombstones = 0, problems } of status.tables) {
      assert.ok(rows >= 0 && bytes >= 0 && tombstones >= 0);
      assert.deepEqual(problems, []);
    }
  },
};

/** What a refusal tells a person to run: everything after the first line of its message. */
function statementsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return message.slice(message.indexOf('\n') + 1);
}

const anyMissingTables = overShapes(
  'tables that may not be created are refused with the statements that make them, which work as they are',
  shapesOf(['soft'], true),
  async (trial, named) => {
    assert.ok(trial.run !== undefined, 'The traits say that statements can be run; `run` is missing.');
    const key: TargetTable['key'] = [
      { name: 'select', type: 'text' },
      { name: 'No"', type: 'number' },
    ];
    const address = [['select', "O'Brien"] as const, ['No"', 5] as const];
    const orders = named('Orders 1', { key, createTables: false });
    const events = named('events', { key: [], createTables: false, deletes: 'hard', patches: false });
    for (const missing of [orders, events]) {
      const refusal = await trial.sinks[0].table(missing, neverAborted).then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.ok(refusal instanceof SinkError, `${missing.name} was not refused with a SinkError`);
      assert.deepEqual({ code: refusal.code, retryable: refusal.retryable }, { code: 'SINK_TABLE_MISSING', retryable: false });
      await trial.run(statementsOf(refusal));
    }
    const table = await trial.sinks[0].table(orders, neverAborted);
    const keyless = await trial.sinks[1].table(events, neverAborted);
    assertReport(trial, await table.write([put(address, at(1), {})], neverAborted), { applied: 1 });
    assertReport(trial, await table.write([remove(address, at(2))], neverAborted), { applied: 1 });
    await table.truncate(at(1), neverAborted);
    assertReport(trial, await keyless.write([append('s:1:0', at(1), {})], neverAborted), { applied: 1 });
    await assertRows(trial, orders, [{ key: ["O'Brien", '5'], data: {}, version: at(1), deleted: true }]);
  },
);

const missingTables: Law = { ...anyMissingTables, concerns: ({ ddl }) => ddl };

const abortedWrites: Law = {
  name: 'a write broken off rejects, whatever had landed, and the same group written again converges',
  async holds(trial) {
    const orders = target('orders', { patches: true });
    const table = await trial.sinks[0].table(orders, neverAborted);
    const group = prepareGroup(Array.from({ length: 300 }, (_, index) => put(textKey(`k${index}`), at(1), { index })));
    const stop = new AbortController();
    const writing = table.write(group, stop.signal);
    stop.abort();
    if (trial.traits.breaksOff) await assert.rejects(writing, (error) => error instanceof SinkError);
    else await writing.catch((error: unknown) => assert.ok(error instanceof SinkError));
    await assert.rejects(table.write([remove(textKey('late'), at(1))], stop.signal));
    await assert.rejects(table.truncate(at(5), stop.signal));
    const report = await table.write(group, neverAborted);
    assert.equal(report.applied + report.superseded + report.unresolved, group.length);
    assertReport(trial, await table.write(group, neverAborted), { superseded: group.length });
    await assertRows(
      trial,
      orders,
      Array.from({ length: 300 }, (_, index) => ({ key: [`k${index}`], data: { index }, version: at(1) })),
    );
  },
};

export const tableLaws: readonly Law[] = [forgetting, healing, reopening, missingTables, abortedWrites];
