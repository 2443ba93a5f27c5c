// Laws of what breaks on the way: nothing is lost, nothing comes twice unless the service sends it twice. They know no source.
import assert from 'node:assert/strict';
import type { Disturbance } from '../disturbed-service.ts';
import { assertAborts } from './ending.ts';
import { horizon, type Law, nextAnswer, numbered, open, plenty, readFrom, take, texts, toTheEnd } from './harness.ts';

const short = (records: number): Disturbance => ({ kind: 'short', records });
const expire: Disturbance = { kind: 'expire' };
const throttle: Disturbance = { kind: 'throttle' };
const cutBefore: Disturbance = { kind: 'cut', when: 'before' };
const cutAfter: Disturbance = { kind: 'cut', when: 'after' };
const repeat: Disturbance = { kind: 'repeat' };

/** Whatever happens to the calls, each record comes once and in order. */
function exactly(name: string, disturbances: readonly Disturbance[]): Law {
  return {
    name,
    needs: 'disturb',
    totalBytes: plenty,
    async holds(subject) {
      await subject.put(numbered(20));
      subject.disturb(disturbances);
      const batches = open(subject, horizon);
      const records = await take(batches, 20);
      await subject.put(['last']);
      assert.deepEqual(texts([...records, ...(await take(batches, 1))]), [...numbered(20), 'last']);
      await batches.return?.();
      assert.equal(subject.budget.used(), 0);
    },
  };
}

const emptyIsNoEnd: Law = {
  name: 'an empty answer that goes on is no end of a closed shard',
  needs: 'disturb',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(numbered(5));
    await subject.closeShard();
    subject.disturb([short(0), short(2), short(0), short(0), short(2), short(0)]);
    assert.deepEqual(texts(await readFrom(subject, horizon, toTheEnd)), numbered(5));
  },
};

const reshardBetween: Law = {
  name: 'a reshard between two pages, and an expired iterator after it, lose nothing of the closed shard',
  needs: 'disturb',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(numbered(10));
    subject.disturb([short(3)]);
    const batches = open(subject, horizon);
    const first = await take(batches, 1);
    await subject.closeShard();
    subject.disturb([expire, short(3), cutAfter, short(0), expire]);
    assert.deepEqual(texts([...first, ...(await take(batches, toTheEnd))]), numbered(10));
  },
};

/** In which what was put must have come. */
const answersMax = 20;

const expiredLatest: Law = {
  name: 'from the latest, an iterator that expires before the first record loses nothing',
  needs: 'disturb',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(['old']);
    const batches = open(subject, { kind: 'latest' });
    assert.deepEqual(await nextAnswer(batches), []);
    await subject.put(['new']);
    subject.disturb([expire]);
    await subject.put(['newer']);
    const seen: string[] = [];
    for (let read = 0; seen.length < 2 && read < answersMax; read += 1) {
      // What came before may come: there is no position yet, only a time.
      seen.push(...texts(await nextAnswer(batches)).filter((text) => text !== 'old'));
    }
    assert.deepEqual(seen, ['new', 'newer']);
    await batches.return?.();
  },
};

const duplicates: Law = {
  name: 'pages that the service sends twice pass through in order',
  needs: 'disturb',
  totalBytes: plenty,
  async holds(subject) {
    await subject.put(numbered(10));
    subject.disturb([short(4), repeat, short(3), repeat]);
    const all = numbered(10);
    const wanted = [...all.slice(0, 4), ...all.slice(4), ...all.slice(4, 7), ...all.slice(7), ...all.slice(7)];
    assert.deepEqual(texts(await readFrom(subject, horizon, wanted.length)), wanted);
  },
};

const abortsWhileRefused: Law = {
  name: 'an abort ends the reading with the reason while the service refuses everything',
  needs: 'disturb',
  totalBytes: plenty,
  async holds(subject) {
    const reason = new Error('stop it');
    for (const refusal of [throttle, cutBefore, expire]) {
      const stop = new AbortController();
      subject.disturb(Array.from({ length: 100 }, () => refusal));
      const batches = open(subject, horizon, stop.signal);
      const pending = batches.next();
      stop.abort(reason);
      await assertAborts(batches, pending, reason);
      assert.equal(subject.budget.used(), 0);
    }
  },
};

export const disturbedLaws: readonly Law[] = [
  exactly('short pages and empty ones with a continuation lose nothing', [short(1), short(0), short(7), short(0), short(0), short(1)]),
  exactly('iterators that expire midway: what comes goes on exactly', [expire, short(3), expire, short(1), expire, expire, short(0), expire]),
  exactly('throttling slows and loses nothing', [throttle, short(3), throttle, throttle, throttle, short(3), throttle]),
  exactly('connections that break lose nothing, whether the answer was under way or not', [
    cutAfter,
    short(3),
    cutBefore,
    cutAfter,
    short(2),
    cutAfter,
    expire,
  ]),
  emptyIsNoEnd,
  reshardBetween,
  expiredLatest,
  duplicates,
  abortsWhileRefused,
];
