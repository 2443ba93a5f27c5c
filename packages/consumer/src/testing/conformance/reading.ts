// Laws of reading: everything, once, in order, from wherever one begins. They know no source.
import assert from 'node:assert/strict';
import { systemMachine } from '@shardfold/lease';
import { aggregate } from '../aggregate.ts';
import { after, horizon, type Law, nextAnswer, numbered, open, plenty, readFrom, type Seen, take, texts } from './harness.ts';

const readsAll: Law = {
  name: 'from the trim horizon everything comes, once, in order, as it was put',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(numbered(25));
    const batches = open(subject, horizon);
    const records: Seen[] = await take(batches, 25);
    await batches.return?.();
    assert.deepEqual(texts(records), numbered(25));
    for (const [index, record] of records.entries()) {
      assert.deepEqual(record.shard, subject.shard);
      assert.match(record.sequence, /^[0-9]+$/);
      const before = records[index - 1];
      if (before !== undefined) assert.ok(BigInt(before.sequence) < BigInt(record.sequence), 'sequence numbers grow');
    }
  },
};

/** A service that answers within it is asked for its latest; after a slower one, what arrived in the last seconds may come as well. */
const soonMs = 500;

const latest: Law = {
  name: 'from the latest only what is put after the first answer comes, if that comes soon',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(['old']);
    const { monotonicMs } = systemMachine.clock;
    const openedMs = monotonicMs();
    const batches = open(subject, { kind: 'latest' });
    const seen = [...texts(await nextAnswer(batches))];
    const isSoon = monotonicMs() - openedMs < soonMs;
    await subject.put(['new', 'newer']);
    while (seen.at(-1) !== 'newer') seen.push(...texts(await take(batches, 1)));
    await batches.return?.();
    assert.deepEqual(isSoon || seen[0] !== 'old' ? seen : seen.slice(1), ['new', 'newer']);
  },
};

const differentTimes = 3;

const timestamp: Law = {
  name: 'from a time on what arrived then or later comes: at a record, between two, before the first',
  needs: 'exact-times',
  totalBytes: plenty,
  async holds(subject) {
    let records: Seen[] = [];
    for (let count = 1; new Set(records.map((record) => record.arrivalMs)).size < differentTimes; count += 1) {
      await subject.put([`record ${count}`]);
      records = await readFrom(subject, horizon, count);
    }
    const times = [...new Set(records.map((record) => record.arrivalMs))];
    for (const atMs of times.flatMap((time) => [time - 1, time])) {
      const wanted = records.filter((record) => record.arrivalMs >= atMs);
      assert.deepEqual(texts(await readFrom(subject, { kind: 'timestamp', atMs }, wanted.length)), texts(wanted));
    }
  },
};

const continues: Law = {
  name: 'after a record exactly the next one comes, wherever one stops',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(numbered(6));
    const records = await readFrom(subject, horizon, 6);
    await subject.put(['last']);
    for (const [index, record] of records.entries()) {
      const rest = await readFrom(subject, after(record), 6 - index);
      assert.deepEqual(texts(rest), [...numbered(6), 'last'].slice(index + 1));
    }
  },
};

const recordBytesMax = 1024 * 1024;
/** Emulators count the key against the megabyte. */
const keyBytes = 64;
const letters = 'ab';

const large: Law = {
  name: 'records of 1 MiB come whole, among small and empty ones',
  totalBytes: plenty,
  async holds(subject) {
    const payloads = [...letters].map((letter) => letter.repeat(recordBytesMax - keyBytes));
    for (const payload of payloads) await subject.put(['small', payload, '']);
    const records = await readFrom(subject, horizon, payloads.length * 3);
    const wanted = payloads.flatMap((payload) => ['small', payload, '']);
    assert.deepEqual(
      records.map(({ text }) => text.length),
      wanted.map((text) => text.length),
    );
    assert.ok(
      records.every(({ text }, index) => text === wanted[index]),
      'every byte is as it was put',
    );
  },
};

const arbitraryBytes: Law = {
  name: 'payloads are bytes, whatever they spell',
  totalBytes: plenty,
  async holds(subject) {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await subject.put([all, all.toReversed(), 'zwölf 東京 🔑']);
    const batches = open(subject, horizon);
    const read: Uint8Array[] = [];
    while (read.length < 3) {
      const next = await batches.next();
      assert.ok(next.done !== true);
      read.push(...next.value.records.map((record) => Uint8Array.from(record.bytes())));
      next.value.release();
    }
    await batches.return?.();
    assert.deepEqual(read, [all, all.toReversed(), new TextEncoder().encode('zwölf 東京 🔑')]);
  },
};

const longestKey = 256;

const partitionKeys: Law = {
  name: 'partition keys come as they were put, in any script',
  needs: 'partition-keys',
  totalBytes: plenty,
  async holds(subject) {
    const keys = ['ключ', '東京-🔑', 'o’hara "x" \\ \n\u0001', 'é', 'é', 'k'.repeat(longestKey), '0'];
    for (const key of keys) await subject.put(['payload'], key);
    const records = await readFrom(subject, horizon, keys.length);
    assert.deepEqual(
      records.map((record) => record.partitionKey),
      keys,
    );
  },
};

const aggregates: Law = {
  name: 'an aggregate comes as its records, and after each of them exactly the next one',
  needs: 'aggregates',
  totalBytes: plenty,
  async holds(subject) {
    const data = (text: string) => new TextEncoder().encode(text);
    const carried = ['first', 'second', 'third'].map((text) => ({ partitionKey: `key of ${text}`, data: data(text) }));
    await subject.put(['before', aggregate(carried), 'behind']);
    const wanted = ['before', 'first', 'second', 'third', 'behind'];
    const records = await readFrom(subject, horizon, wanted.length);
    assert.deepEqual(texts(records), wanted);
    assert.deepEqual(
      records.map((record) => record.subSequence),
      [0, 0, 1, 2, 0],
    );
    for (const [index, record] of records.slice(0, -1).entries()) {
      const rest = wanted.slice(index + 1);
      assert.deepEqual(texts(await readFrom(subject, after(record), rest.length)), rest);
    }
  },
};

export const readingLaws: readonly Law[] = [readsAll, latest, timestamp, continues, large, arbitraryBytes, partitionKeys, aggregates];
