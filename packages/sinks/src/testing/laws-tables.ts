// Laws of the suite about what stands beside the rows: tombstones that are forgotten, dead letters, what a sink says of itself.
import assert from 'node:assert/strict';
import type { DeadLetter } from '../types.ts';
import { type Law, neverAborted } from './law.ts';
import { at, put, remove, target, textKey } from './material.ts';

const forgetting: Law = {
  name: 'sweeping forgets tombstones past their retention, and no others',
  async holds(subject) {
    const kept = await subject.sinks[0].table(target('kept'), neverAborted);
    const brief = await subject.sinks[0].table(target('brief', { tombstoneRetentionMs: 0 }), neverAborted);
    for (const table of [kept, brief]) await table.write([remove(textKey('a'), at(20)), remove(textKey('b'), at(20))], neverAborted);
    assert.deepEqual(await kept.sweep(neverAborted), { healed: 0, forgotten: 0 });
    assert.deepEqual(await brief.sweep(neverAborted), { healed: 0, forgotten: 2 });
    assert.equal((await kept.write([put(textKey('a'), at(10), {})], neverAborted)).superseded, 1);
    assert.equal((await brief.write([put(textKey('a'), at(10), {})], neverAborted)).applied, 1);
  },
};

const letter: DeadLetter = {
  id: 'orders/shardId-000000000000/1/0/0',
  failedAtMs: 1_800_000_000_123,
  application: 'orders-to-somewhere',
  worker: 'worker-1',
  stream: 'orders',
  shard: 'shardId-000000000000',
  sequence: '1',
  subSequence: 0,
  arrivalMs: 1_800_000_000_000,
  stage: 'write',
  sink: 'main',
  target: 'public.orders',
  key: '{"id":"a\\u0000"}',
  errorCode: '22P05',
  errorMessage: 'NUL \u0000 and a lone \ud800 surrogate',
  attempts: 1,
  raw: Uint8Array.from({ length: 256 }, (_, byte) => byte),
  event: '{"kind":"insert","text":"\\u0000"}',
};

const deadLetters: Law = {
  name: 'a dead letter is kept once, whatever it holds',
  async holds(subject) {
    const store = subject.sinks[0].deadLetters();
    assert.equal(await store.count(neverAborted), 0);
    await store.put([], neverAborted);
    await store.put(
      [letter, { ...letter, id: 'another', sink: undefined, target: undefined, key: undefined, event: undefined, raw: new Uint8Array(0) }],
      neverAborted,
    );
    await subject.sinks[1].deadLetters().put([{ ...letter, attempts: 2 }], neverAborted);
    assert.equal(await store.count(neverAborted), 2);
  },
};

const reopening: Law = {
  name: 'a table opened twice, or by two at once, is one table',
  async holds(subject) {
    const tables = await Promise.all([...subject.sinks, ...subject.sinks].map((sink) => sink.table(target('orders'), neverAborted)));
    const reports = await Promise.all(tables.map((table) => table.write([put(textKey('a'), at(1), {})], neverAborted)));
    assert.equal(
      reports.reduce((sum, { applied }) => sum + applied, 0),
      1,
    );
    const status = await subject.sinks[0].describe(neverAborted);
    assert.equal(status.kind, subject.sinks[0].kind);
    assert.ok(status.server.length > 0);
    assert.deepEqual(status.tables, ['orders']);
  },
};

export const tableLaws: readonly Law[] = [forgetting, deadLetters, reopening];
