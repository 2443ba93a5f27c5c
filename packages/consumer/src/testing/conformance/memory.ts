// Laws of memory: what is charged is what is held, and what is released is let go. They know no source.
import assert from 'node:assert/strict';
import { ConsumerError } from '../../errors.ts';
import type { StreamRecord } from '../../types.ts';
import { horizon, type Law, open, plenty, seenIn, take, texts } from './harness.ts';
import { hoard, hoardBytes, thousandBytesEach } from './hoard.ts';

const budgeted: Law = {
  name: 'no more is read than the byte budget holds and one answer; what is given back is read on with',
  totalBytes: hoardBytes,
  async holds(subject) {
    await subject.put(thousandBytesEach);
    const batches = open(subject, horizon);
    const { held, pending } = await hoard(subject, batches);
    const bytes = held.map((batch) => batch.retainedBytes);
    const sum = bytes.reduce((total, each) => total + each, 0);
    assert.equal(subject.budget.used(), sum, 'what is charged is what is held');
    assert.ok(sum <= hoardBytes + Math.max(...bytes), `${sum} bytes are held of ${hoardBytes}`);
    const before = held.flatMap(seenIn);
    assert.ok(before.length > 0 && before.length < thousandBytesEach.length);
    const next = await pending;
    assert.ok(next.done !== true);
    const read = [...before, ...seenIn(next.value)];
    next.value.release();
    const rest = await take(batches, thousandBytesEach.length - read.length);
    assert.deepEqual(texts([...read, ...rest]), thousandBytesEach);
    await batches.return?.();
    assert.equal(subject.budget.used(), 0);
  },
};

const isReleased = (error: unknown): boolean => error instanceof ConsumerError && error.code === 'BATCH_RELEASED' && !error.retryable;

const released: Law = {
  name: 'after its release a batch keeps what it says of its records; payloads that were not asked for are gone',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(['asked for', 'not asked for']);
    const batches = open(subject, horizon);
    const records: StreamRecord[] = [];
    const releases: (() => void)[] = [];
    while (records.length < 2) {
      const next = await batches.next();
      assert.ok(next.done !== true);
      records.push(...next.value.records);
      releases.push(() => next.value.release());
    }
    await batches.return?.();
    const said = records.map(({ sequence, subSequence, partitionKey, arrivalMs, shard }) => ({ sequence, subSequence, partitionKey, arrivalMs, shard }));
    const bytes = records[0]?.bytes() ?? new Uint8Array();
    for (const release of [...releases, ...releases]) release();
    assert.equal(subject.budget.used(), 0);
    assert.equal(new TextDecoder().decode(bytes), 'asked for', 'bytes that were given out stay good');
    assert.deepEqual(
      records.map(({ sequence, subSequence, partitionKey, arrivalMs, shard }) => ({ sequence, subSequence, partitionKey, arrivalMs, shard })),
      said,
    );
    assert.throws(() => records[1]?.bytes(), isReleased);
    assert.throws(() => records[1]?.text(), isReleased);
  },
};

export const memoryLaws: readonly Law[] = [budgeted, released];
