// Where a lease's reader begins, and what is missing before it.
import { describe, expect, test } from 'vitest';
import { type Opening, type OpeningInput, planOpening } from '../../src/shard/opening.ts';

const nowMs = 1_800_000_000_000;
const dayMs = 86_400_000;
const at = { kind: 'sequence', sequence: '7', subSequence: 3 } as const;
const input: OpeningInput = {
  lease: { position: at },
  start: { kind: 'trim-horizon' },
  retentionMs: dayMs,
  nowMs,
  timeOf: () => undefined,
};
const horizonMs = nowMs - dayMs;
const none = { isFirst: false, gap: undefined };

describe('where it begins', () => {
  test.each<[string, Partial<OpeningInput>, Opening]>([
    ['after a sequence number, or inside its aggregate', {}, { from: at, ...none }],
    ['at the horizon', { lease: { position: { kind: 'trim-horizon' } } }, { from: { kind: 'trim-horizon' }, ...none }],
    [
      'at the time that the configuration names',
      { lease: { position: { kind: 'at-timestamp' } }, start: { kind: 'timestamp', atMs: 5 } },
      { from: { kind: 'timestamp', atMs: 5 }, ...none },
    ],
    [
      'at the horizon where a lease says "at a time" and nobody knows which',
      { lease: { position: { kind: 'at-timestamp' } } },
      { from: { kind: 'trim-horizon' }, ...none },
    ],
    [
      'at the latest for the first time',
      { lease: { position: { kind: 'latest' } } },
      { from: { kind: 'latest', sinceMs: nowMs }, isFirst: true, gap: undefined },
    ],
    [
      'at the latest for the second time: when the first was, a little before',
      { lease: { position: { kind: 'latest' }, readMs: nowMs - 60_000 } },
      { from: { kind: 'timestamp', atMs: nowMs - 65_000 }, ...none },
    ],
    [
      'at the latest, where whoever wrote the moment had a clock that is fast: not in the future, which the service refuses',
      { lease: { position: { kind: 'latest' }, readMs: nowMs + 60_000 } },
      { from: { kind: 'timestamp', atMs: nowMs - 5_000 }, ...none },
    ],
  ])('%s', (_, change, opening) => {
    expect(planOpening({ ...input, ...change })).toEqual(opening);
  });
});

describe('what is missing', () => {
  const gapOf = (change: Partial<OpeningInput>) => planOpening({ ...input, ...change }).gap;
  test.each<[string, Partial<OpeningInput>, Opening['gap']]>([
    ['nothing, when it was read within the retention', { lease: { position: at, readMs: horizonMs + 1 } }, undefined],
    ['nothing, when clocks may differ by as much', { lease: { position: at, readMs: horizonMs - 5_000 } }, undefined],
    [
      'what arrived since it was read, up to what is still there',
      { lease: { position: at, readMs: horizonMs - 5_001 } },
      { fromMs: horizonMs - 5_001, toMs: horizonMs, certain: true },
    ],
    [
      'likewise at the latest',
      { lease: { position: { kind: 'latest' }, readMs: horizonMs - dayMs } },
      { fromMs: horizonMs - dayMs, toMs: horizonMs, certain: true },
    ],
    ['perhaps something, by the age of a Java worker’s position', { timeOf: () => 4_000 }, { fromMs: 4_000, toMs: horizonMs, certain: false }],
    ['nothing, by the age of the position', { timeOf: () => nowMs }, undefined],
    ['the time that was read counts more than the age of the position', { lease: { position: at, readMs: nowMs }, timeOf: () => 4_000 }, undefined],
    ['nothing that anybody could tell', {}, undefined],
    ['nothing that anybody could tell: the stream does not say how long it keeps', { lease: { position: at, readMs: 1 }, retentionMs: undefined }, undefined],
    ['nothing from the horizon on, where nobody has begun', { lease: { position: { kind: 'trim-horizon' } } }, undefined],
    [
      'what arrived since the horizon was found empty',
      { lease: { position: { kind: 'trim-horizon' }, readMs: 1 } },
      { fromMs: 1, toMs: horizonMs, certain: true },
    ],
    [
      'what arrived since nothing was found from a time on',
      { lease: { position: { kind: 'at-timestamp' }, readMs: 1 }, start: { kind: 'timestamp', atMs: 0 } },
      { fromMs: 1, toMs: horizonMs, certain: true },
    ],
  ])('%s', (_, change, gap) => {
    expect(gapOf(change)).toEqual(gap);
  });
});
