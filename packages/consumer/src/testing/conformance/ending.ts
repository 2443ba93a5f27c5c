// Laws of how reading ends: with the shard, whose children follow, and with the signal. They know no source.
import assert from 'node:assert/strict';
import type { RecordBatch } from '../../types.ts';
import { after, horizon, type Law, nextAnswer, numbered, open, plenty, readFrom, take, texts, toTheEnd } from './harness.ts';
import { hoard, hoardBytes, thousandBytesEach } from './hoard.ts';

const ends: Law = {
  name: 'a closed shard ends after its last record, for whoever reads it from wherever',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(numbered(5));
    const early = open(subject, horizon);
    const first = await take(early, 1);
    await subject.closeShard();
    const rest = await take(early, toTheEnd);
    assert.deepEqual(texts([...first, ...rest]), numbered(5));
    const records = await readFrom(subject, horizon, toTheEnd);
    assert.deepEqual(texts(records), numbered(5));
    for (const [index, record] of records.entries()) {
      assert.deepEqual(texts(await readFrom(subject, after(record), toTheEnd)), numbered(5).slice(index + 1));
    }
  },
};

const goesOnInChildren: Law = {
  name: 'what is put after a reshard is in the shards that follow, and not in the one that ended',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(['before']);
    const children = await subject.closeShard();
    assert.ok(children.length > 0, 'shards follow');
    await subject.put(['after', 'later']);
    assert.deepEqual(texts(await readFrom(subject, horizon, toTheEnd)), ['before']);
    // One of them gets both; the others are read in vain, until they are stopped.
    const stop = new AbortController();
    const ofChildren = children.map((shard) => readFrom({ ...subject, shard }, horizon, 2, stop.signal));
    const found = await Promise.race(ofChildren);
    stop.abort(new Error('found'));
    await Promise.allSettled(ofChildren);
    assert.deepEqual(texts(found), ['after', 'later']);
  },
};

const namesChildren: Law = {
  name: 'the last batch names the shards that follow, and no batch before it',
  needs: 'children',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(numbered(3));
    const followers = await subject.closeShard();
    const named: RecordBatch['children'][] = [];
    for await (const batch of { [Symbol.asyncIterator]: () => open(subject, horizon) }) {
      named.push(batch.children);
      batch.release();
    }
    const last = named.pop() ?? [];
    assert.deepEqual(last.map(({ shardId }) => shardId).sort(), followers.map(({ shardId }) => shardId).sort());
    for (const { parents } of last) assert.deepEqual(parents, [subject.shard.shardId]);
    assert.deepEqual(
      named.filter((children) => children !== undefined),
      [],
    );
  },
};

/** Batches that may still come after an abort. */
const lateBatchesMax = 3;

export async function assertAborts(batches: AsyncIterator<RecordBatch>, pending: Promise<IteratorResult<RecordBatch>>, reason: Error): Promise<void> {
  let next = pending;
  for (let late = 0; late <= lateBatchesMax; late += 1) {
    const outcome = await next.catch((error: unknown) => ({ error }));
    if ('error' in outcome) return assert.equal(outcome.error, reason);
    assert.ok(outcome.done !== true, 'an abort is no end of the shard');
    outcome.value.release();
    next = batches.next();
  }
  assert.fail('the source goes on after the abort');
}

const aborts: Law = {
  name: 'an abort ends the reading with the reason: before it starts, at the tip, waiting for bytes',
  totalBytes: hoardBytes,
  async holds(subject) {
    const reason = new Error('stop it');
    const early = open(subject, horizon, AbortSignal.abort(reason));
    await assertAborts(early, early.next(), reason);

    const atTip = new AbortController();
    const quiet = open(subject, horizon, atTip.signal);
    await nextAnswer(quiet);
    const waiting = quiet.next();
    atTip.abort(reason);
    await assertAborts(quiet, waiting, reason);
    assert.equal(subject.budget.used(), 0);

    await subject.put(thousandBytesEach);
    const full = new AbortController();
    const batches = open(subject, horizon, full.signal);
    const { held, pending } = await hoard(subject, batches);
    full.abort(reason);
    await assertAborts(batches, pending, reason);
    for (const batch of held) batch.release();
    assert.equal(subject.budget.used(), 0);
  },
};

export const endingLaws: readonly Law[] = [ends, goesOnInChildren, namesChildren, aborts];
