// The low watermark against a naive model: the highest position below which everything is acknowledged.
import fc from 'fast-check';
import { expect, test } from 'vitest';
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

type Step =
  | { readonly kind: 'track'; readonly size: number }
  | { readonly kind: 'acknowledge'; readonly which: number }
  | { readonly kind: 'complete'; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('track' as const), size: fc.nat(4) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), which: fc.nat(1_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('complete' as const), which: fc.nat(1_000) }) },
);

test('law: any order, empty batches, repetitions', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const watermark = createWatermark();
      const all: { readonly record: StreamRecord; readonly batch: TrackedBatch; done: boolean }[] = [];
      const batches: TrackedBatch[] = [];
      for (const each of steps) {
        if (each.kind === 'track') {
          const given = records(all.length + 1, all.length + each.size);
          const batch = watermark.track(given);
          batches.push(batch);
          for (const record of given) all.push({ record, batch, done: false });
        } else if (each.kind === 'acknowledge') {
          const chosen = all[each.which % Math.max(1, all.length)];
          if (chosen === undefined) continue;
          chosen.batch.acknowledge(chosen.record);
          chosen.done = true;
        } else {
          const chosen = batches[each.which % Math.max(1, batches.length)];
          chosen?.complete();
          for (const entry of all) if (entry.batch === chosen) entry.done = true;
        }
        const firstOpen = all.findIndex((entry) => !entry.done);
        const below = firstOpen === -1 ? all.length : firstOpen;
        expect(watermark.position()).toEqual(below === 0 ? undefined : at(below));
        expect(watermark.acknowledgedRecords()).toBe(below);
        expect(watermark.openRecords() === 0).toBe(below === all.length);
      }
    }),
    { numRuns: 300 },
  );
});
