// The low watermark against a naive model: the highest position below which everything is acknowledged.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamRecord } from '../../src/types.ts';
import { createWatermark, type TrackedBatch } from '../../src/watermark/watermark.ts';
import { recordAt, records } from '../support/records.ts';

const at = (sequence: number) => ({ kind: 'sequence', sequence: String(sequence), subSequence: 0 });

test('nothing is acknowledged at first', () => {
  const watermark = createWatermark();
  watermark.track(records(1, 3));
  expect([watermark.position(), watermark.acknowledgedRecords(), watermark.openRecords()]).toEqual([undefined, 0, 3]);
});

test('the record of another batch changes nothing', () => {
  const watermark = createWatermark();
  const first = watermark.track(records(1, 2));
  first.acknowledge(recordAt(1));
  expect(watermark.position()).toBeUndefined();
});

test('the sub-sequence of the record is kept', () => {
  const watermark = createWatermark();
  const inside = { ...recordAt(7), subSequence: 3 };
  watermark.track([inside, recordAt(8)]).acknowledge(inside);
  expect(watermark.position()).toEqual({ kind: 'sequence', sequence: '7', subSequence: 3 });
});

test('a batch tells what is open of it, in order; the same list while nothing is acknowledged', () => {
  const given = records(1, 4);
  const batch = createWatermark().track(given);
  expect(batch.open(given)).toBe(given);
  batch.acknowledge(recordAtOf(given, 2));
  batch.acknowledge(recordAtOf(given, 0));
  expect(batch.open(given)).toEqual([given[1], given[3]]);
  expect(batch.open(given.slice(2))).toEqual([given[3]]);
  expect(batch.open([recordAt(1)]), 'none of this batch').toEqual([]);
  batch.complete();
  expect(batch.open(given)).toEqual([]);
});

function recordAtOf(given: readonly StreamRecord[], index: number): StreamRecord {
  const record = given[index];
  if (record === undefined) throw new Error('the test names no record');
  return record;
}

const arrived = (sequence: number, arrivalMs: number): StreamRecord => ({ ...recordAt(sequence), arrivalMs });

describe('until when the shard was read', () => {
  test('is not known before anything is acknowledged or a tip is seen', () => {
    const watermark = createWatermark();
    expect(watermark.readMs()).toBeUndefined();
    watermark.track([arrived(1, 500)]);
    expect(watermark.readMs()).toBeUndefined();
    const quiet = createWatermark();
    quiet.tipSeen(900);
    expect(quiet.readMs()).toBe(900);
  });

  test('is when the record at the watermark arrived', () => {
    const watermark = createWatermark();
    const given = [arrived(1, 500), arrived(2, 600), arrived(3, 700)];
    const batch = watermark.track(given);
    batch.acknowledge(recordAtOf(given, 2));
    expect(watermark.readMs()).toBeUndefined();
    batch.acknowledge(recordAtOf(given, 0));
    expect(watermark.readMs()).toBe(500);
    batch.complete();
    expect(watermark.readMs()).toBe(700);
  });

  test('is when the tip was asked for, once all that came before it is done; what comes after it does not take that back', () => {
    const watermark = createWatermark();
    const first = watermark.track([arrived(1, 500)]);
    watermark.tipSeen(900);
    expect(watermark.readMs()).toBeUndefined();
    const second = watermark.track([arrived(2, 800), arrived(3, 1_000)]);
    first.complete();
    expect(watermark.readMs()).toBe(900);
    second.complete();
    expect(watermark.readMs()).toBe(1_000);
  });
});

type Step =
  | { readonly kind: 'track'; readonly size: number; readonly arrivals: readonly number[] }
  | { readonly kind: 'acknowledge'; readonly which: number }
  | { readonly kind: 'complete' | 'complete-some'; readonly which: number }
  | { readonly kind: 'tip'; readonly atMs: number };

const ms = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('track' as const), size: fc.nat(4), arrivals: fc.array(ms, { minLength: 4, maxLength: 4 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), which: fc.nat(1_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('complete' as const, 'complete-some' as const), which: fc.nat(1_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tip' as const), atMs: ms }) },
);

interface Entry {
  readonly record: StreamRecord;
  readonly batch: number;
  done: boolean;
}

/** Everything there ever was, and what a plain look at it says. */
function naive() {
  const all: Entry[] = [];
  const tips: { readonly behind: number; readonly atMs: number }[] = [];
  let readMs: number | undefined;
  return {
    all,
    tips,
    look() {
      const firstOpen = all.findIndex((entry) => !entry.done);
      const below = firstOpen === -1 ? all.length : firstOpen;
      const lowest = all[below - 1]?.record;
      const times = [readMs, lowest?.arrivalMs, ...tips.filter(({ behind }) => behind <= below).map(({ atMs }) => atMs)];
      readMs = times.reduce((most, each) => (each === undefined || (most !== undefined && most > each) ? most : each), undefined);
      return { below, position: lowest === undefined ? undefined : at(Number(lowest.sequence)), readMs };
    },
  };
}

test('law: any order, empty batches, repetitions, tips: the highest contiguous record, and it never goes back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const watermark = createWatermark();
      const model = naive();
      const { all, tips } = model;
      const batches: TrackedBatch[] = [];
      let before = { acknowledged: 0, readMs: Number.NEGATIVE_INFINITY };
      for (const each of steps) {
        switch (each.kind) {
          case 'track': {
            const given = records(all.length + 1, all.length + each.size).map((record, index) => ({ ...record, arrivalMs: each.arrivals[index] ?? 0 }));
            for (const record of given) all.push({ record, batch: batches.length, done: false });
            batches.push(watermark.track(given));
            break;
          }
          case 'acknowledge': {
            const chosen = all[each.which % Math.max(1, all.length)];
            if (chosen === undefined) break;
            batches[chosen.batch]?.acknowledge(chosen.record);
            chosen.done = true;
            break;
          }
          case 'complete':
          case 'complete-some': {
            const index = each.which % Math.max(1, batches.length);
            const chosen = all.filter(({ batch }, place) => batch === index && (each.kind === 'complete' || place % 2 === 0));
            batches[index]?.complete(each.kind === 'complete' ? undefined : chosen.map(({ record }) => record));
            for (const entry of chosen) entry.done = true;
            break;
          }
          case 'tip':
            watermark.tipSeen(each.atMs);
            tips.push({ behind: all.length, atMs: each.atMs });
            break;
          default:
            each satisfies never;
        }
        const { below, position, readMs } = model.look();
        expect(watermark.position()).toEqual(position);
        expect(watermark.readMs()).toBe(readMs);
        expect(watermark.acknowledgedRecords()).toBe(below);
        expect(watermark.openRecords() === 0).toBe(below === all.length);
        expect(below).toBeGreaterThanOrEqual(before.acknowledged);
        expect(watermark.readMs() ?? before.readMs).toBeGreaterThanOrEqual(before.readMs);
        before = { acknowledged: below, readMs: watermark.readMs() ?? before.readMs };
      }
    }),
    { numRuns: 500 },
  );
});
